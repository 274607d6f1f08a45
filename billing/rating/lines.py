"""The two kinds of bill line, each holding all it is computed from: a charge, and the cap's adjustment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

from accounts.period import Period
from billing.facts import Metered
from billing.rating.money import round_minor, split
from billing.rating.shares import Share
from billing.rating.units import SYMBOLS, as_decimal, energy_in
from billing.terms import ComponentKind, Per, Rounding, Unit


@dataclass(frozen=True, kw_only=True)
class Charge:
    """Quantity × price × share of time, rounded once, and the tax on what was rounded."""

    component_id: int
    tariff_id: int
    tariff: str
    kind: ComponentKind
    description: str
    period: Period[date]
    unit: Unit
    per: Per
    price: Decimal
    tax_rate: Decimal
    rounding: Rounding
    currency: str
    minor_digits: int
    shares: tuple[Share, ...] = ()
    floor_area_m2: Decimal | None = None
    metered: Metered | None = None

    @cached_property
    def quantity(self) -> Decimal:
        """How many units, before any share of time."""
        if self.metered is not None:
            return as_decimal(energy_in(self.metered.energy_wh, self.unit))
        return Decimal(1) if self.floor_area_m2 is None else self.floor_area_m2

    @cached_property
    def exact_minor(self) -> Fraction:
        """The amount before its one rounding."""
        share = Fraction(1) if self.per is Per.QUANTITY else sum((s.exact for s in self.shares), Fraction())
        # All in fractions: the exact amount has one rounding to go through, not a chain of them.
        minor_per_major = 10**self.minor_digits
        return Fraction(self.quantity) * Fraction(self.price) * share * Fraction(minor_per_major)

    @cached_property
    def net_minor(self) -> int:
        return round_minor(self.exact_minor, self.rounding)

    @cached_property
    def tax_minor(self) -> int:
        """The tax on the rounded charge."""
        return round_minor(self.net_minor * Fraction(self.tax_rate), self.rounding)

    @property
    def quality(self) -> str:
        return "" if self.metered is None else self.metered.quality

    @property
    def formula(self) -> str:
        """The calculation in figures and symbols, the same in every language."""
        unit = SYMBOLS.get(self.unit, self.unit.value)
        price = f"{plain(self.price)} {self.currency}"
        result = amount(self.net_minor, self.currency, self.minor_digits)
        # A home is no measure; "1 home" would only be in the way.
        if self.unit is Unit.HOME:
            return f"{price}{self._time} = {result}"
        return f"{plain(self.quantity)} {unit} × {price}/{unit}{self._time} = {result}"

    @property
    def _time(self) -> str:
        terms = [f"{share.days} d / {share.of} d" for share in self.shares]
        return f" × ({' + '.join(terms)})" if len(terms) > 1 else "".join(f" × {term}" for term in terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What the capped lines of one tax rate came to, before tax."""

    tax_rate: Decimal
    net_minor: int


@dataclass(frozen=True, kw_only=True)
class CapAdjustment:
    """What the cap takes off the lines of one tax rate: its own negative line, never a silent minimum.

    ``limits`` are the cap's components rated as charges, one for each capped part of the bill;
    ``charged`` is what the capped lines came to, and ``tax_rate`` says whose share this line carries.
    """

    limits: tuple[Charge, ...]
    charged: tuple[Charged, ...]
    tax_rate: Decimal

    @cached_property
    def limit_minor(self) -> int:
        return sum(limit.net_minor for limit in self.limits)

    @cached_property
    def net_minor(self) -> int:
        over = max(0, sum(part.net_minor for part in self.charged) - self.limit_minor)
        if not over:
            return 0
        # By what was charged, so that no rate gives back more than it took.
        parts = split(-over, [part.net_minor for part in self.charged])
        return parts[[part.tax_rate for part in self.charged].index(self.tax_rate)]

    @cached_property
    def tax_minor(self) -> int:
        """The tax that no longer falls due, zero or negative."""
        return round_minor(self.net_minor * Fraction(self.tax_rate), self.last.rounding)

    @property
    def last(self) -> Charge:
        """The cap in force at the end of the bill: the one the line names."""
        return self.limits[-1]

    @property
    def formula(self) -> str:
        """The limit less what was charged; with several tax rates, this line's share of it."""
        digits, currency = self.last.minor_digits, self.last.currency
        charged = sum(part.net_minor for part in self.charged)
        limit = amount(self.limit_minor, currency, digits)
        result = amount(self.net_minor, currency, digits)
        share = ""
        if len(self.charged) > 1:
            own = next(part.net_minor for part in self.charged if part.tax_rate == self.tax_rate)
            share = f" × {amount(own, currency, digits)} / {amount(charged, currency, digits)}"
        difference = f"{limit} − {amount(charged, currency, digits)}"
        return f"({difference}){share} = {result}" if share else f"{difference} = {result}"


Line = Charge | CapAdjustment


def plain(number: Decimal) -> str:
    """A decimal without trailing zeros and without an exponent."""
    return format(number.normalize(), "f")


def amount(minor: int, currency: str, digits: int) -> str:
    """Minor units as people read them: ``-24050`` fen are ``-240.50 CNY``."""
    return f"{Decimal(minor).scaleb(-digits):.{digits}f} {currency}"
