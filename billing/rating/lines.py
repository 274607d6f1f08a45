"""The two kinds of bill line, each holding all it is computed from: a charge, and a limit's adjustment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final, Protocol

from accounts.period import Period
from billing.facts import NO, ONE, Incentive, Index, Metered, Temperatures
from billing.rating.degrees import counted
from billing.rating.money import round_minor, split
from billing.rating.shares import Share
from billing.rating.slices import Edges
from billing.rating.units import SYMBOLS, metered_in
from billing.terms import ComponentKind, Per, Rounding, TaxBasis, Unit

# Only what was charged too much comes back.
SIGN: Final = {ComponentKind.OUTAGE: -1}


@dataclass(frozen=True, kw_only=True)
class Charge:
    """(Offset + quantity × price) × share of time × degrees, rounded once, and the tax on what was rounded.

    ``measure`` is a quantity that neither meter nor floor area tells: subscribed kW, or a sum of money.
    """

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
    measure: Decimal | None = None
    tax_basis: TaxBasis = TaxBasis.NET
    offset: Decimal = NO
    factor: Decimal = ONE
    incentive: Incentive | None = None
    temperatures: Temperatures | None = None
    index: Index | None = None
    edges: Edges | None = None

    @cached_property
    def exact_quantity(self) -> Fraction:
        """How many units, before any factor or share of time; of a slice, those within it."""
        whole = Fraction(self.whole_quantity)
        return whole if self.edges is None else self.edges.cut(whole)

    @cached_property
    def quantity(self) -> Decimal:
        """As ``exact_quantity``, to look at: a slice of a season's edge seldom has an end to its decimals."""
        if self.edges is None:
            return self.whole_quantity
        return Decimal(round(self.exact_quantity * 10**6)).scaleb(-6)

    @cached_property
    def whole_quantity(self) -> Decimal:
        """What was measured, all slices together."""
        if self.measure is not None:
            return self.measure
        if self.metered is not None:
            return metered_in(self.metered, self.unit)
        return Decimal(1) if self.floor_area_m2 is None else self.floor_area_m2

    @cached_property
    def degrees_c(self) -> Fraction | None:
        """The degrees that count, above zero for a bonus; None where none are counted at all."""
        if self.incentive is None:
            return None
        return counted(self.incentive, metered=self.metered, temperatures=self.temperatures)

    @cached_property
    def price_in_force(self) -> Decimal:
        """The price, or the bonus where it is one."""
        is_bonus = self.incentive is not None and (self.degrees_c or 0) > 0
        return self.incentive.bonus if self.incentive is not None and is_bonus else self.price

    @cached_property
    def exact_minor(self) -> Fraction:
        """The amount before its one rounding, in the tariff's own tax basis."""
        share = Fraction(1) if self.per is Per.QUANTITY else sum((s.exact for s in self.shares), Fraction())
        per_unit = Fraction(self.price_in_force) / (100 if self.unit is Unit.PERCENT else 1)
        charged = self.exact_quantity * Fraction(self.factor) * per_unit + Fraction(self.offset)
        degrees = Fraction(1) if self.degrees_c is None else -self.degrees_c
        # All in fractions: the exact amount has one rounding to go through, not a chain of them.
        sign = SIGN.get(self.kind, 1)
        return charged * share * degrees * sign * Fraction(10**self.minor_digits)

    @cached_property
    def rounded_minor(self) -> int:
        """The amount as the tariff's basis has it: before tax, or with it."""
        return round_minor(self.exact_minor, self.rounding)

    @property
    def net_minor(self) -> int:
        return net_of(self.rounded_minor, self)

    @property
    def tax_minor(self) -> int:
        return tax_of(self.rounded_minor, self)

    @property
    def quality(self) -> str:
        return "" if self.metered is None else self.metered.quality

    @property
    def formula(self) -> str:
        """The calculation in figures and symbols, the same in every language."""
        result = amount(self.rounded_minor, self.currency, self.minor_digits)
        return f"{charge_terms(self)} = {result}"


class Taxed(Protocol):
    """What decides about a line's tax."""

    @property
    def tax_rate(self) -> Decimal: ...

    @property
    def tax_basis(self) -> TaxBasis: ...

    @property
    def rounding(self) -> Rounding: ...


def tax_of(rounded_minor: int, line: Taxed) -> int:
    """The tax on a rounded amount, or in it; rounded the same way."""
    rate = Fraction(line.tax_rate)
    part = rate / (1 + rate) if line.tax_basis is TaxBasis.GROSS else rate
    return round_minor(rounded_minor * part, line.rounding)


def net_of(rounded_minor: int, line: Taxed) -> int:
    """A rounded amount without the tax that may be in it."""
    return rounded_minor - tax_of(rounded_minor, line) if line.tax_basis is TaxBasis.GROSS else rounded_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What the lines of one tax rate came to, in the tariff's tax basis."""

    tax_rate: Decimal
    minor: int


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """What a cap takes off the lines of one tax rate, or a minimum adds: its own line, never silent.

    ``limits`` are the components of the cap (or minimum) rated as charges, one for each part of the bill
    that has one; ``charged`` is what the lines came to, and ``tax_rate`` says whose share this line carries.
    """

    limits: tuple[Charge, ...]
    charged: tuple[Charged, ...]
    tax_rate: Decimal

    @cached_property
    def limit_minor(self) -> int:
        return sum(limit.rounded_minor for limit in self.limits)

    @cached_property
    def charged_minor(self) -> int:
        return sum(part.minor for part in self.charged)

    @cached_property
    def rounded_minor(self) -> int:
        """This line's part of the difference; zero where the limit does not bite."""
        difference = self.limit_minor - self.charged_minor
        bites = difference > 0 if self.last.kind is ComponentKind.MINIMUM else difference < 0
        if not bites or len(self.charged) == 1:
            return difference if bites else 0
        # By what was charged, so that no rate gives back more than it took.
        parts = split(difference, [part.minor for part in self.charged])
        return parts[[part.tax_rate for part in self.charged].index(self.tax_rate)]

    @property
    def net_minor(self) -> int:
        return net_of(self.rounded_minor, self)

    @property
    def tax_minor(self) -> int:
        """The tax that no longer falls due, or that does so too."""
        return tax_of(self.rounded_minor, self)

    @property
    def last(self) -> Charge:
        """The limit in force at the end of the bill: the one the line names."""
        return self.limits[-1]

    @property
    def tax_basis(self) -> TaxBasis:
        return self.last.tax_basis

    @property
    def rounding(self) -> Rounding:
        return self.last.rounding

    @property
    def formula(self) -> str:
        """The limit less what was charged; with several tax rates, this line's share of it."""
        digits, currency = self.last.minor_digits, self.last.currency
        limit = amount(self.limit_minor, currency, digits)
        result = amount(self.rounded_minor, currency, digits)
        share = ""
        if len(self.charged) > 1:
            own = next(part.minor for part in self.charged if part.tax_rate == self.tax_rate)
            share = f" × {amount(own, currency, digits)} / {amount(self.charged_minor, currency, digits)}"
        difference = f"{limit} − {amount(self.charged_minor, currency, digits)}"
        return f"({difference}){share} = {result}" if share else f"{difference} = {result}"


Line = Charge | Adjustment


def charge_terms(line: Charge) -> str:
    """The left side of a charge's formula."""
    before, after = around_quantity(line)
    return before if after is None else f"{before}{plain(line.quantity)}{after}"


def around_quantity(line: Charge) -> tuple[str, str | None]:
    """A formula's left side before and after its quantity; None after where no quantity is named."""
    factor = "" if line.factor == 1 else f" × {plain(line.factor)}"
    sign = "−" if SIGN.get(line.kind, 1) < 0 else ""
    opened, closed = (f"({plain(line.offset)} {line.currency} + ", ")") if line.offset else ("", "")
    tail = f"{closed}{_time(line.shares)}{_degrees(line.degrees_c)}"
    # A home is no measure; "1 home" would only be in the way.
    if line.unit is Unit.HOME:
        return f"{sign}{opened}{plain(line.price_in_force)} {line.currency}{factor}{tail}", None
    return f"{sign}{opened}", f"{_price(line, factor)}{tail}"


def _price(line: Charge, factor: str) -> str:
    if line.unit in {Unit.PERCENT, Unit.SUM}:
        percent = " %" if line.unit is Unit.PERCENT else ""
        return f" {line.currency}{factor} × {plain(line.price_in_force)}{percent}"
    unit = SYMBOLS.get(line.unit, line.unit.value)
    return f" {unit}{factor} × {plain(line.price_in_force)} {line.currency}/{unit}"


def _time(shares: Sequence[Share]) -> str:
    terms = [str(share) for share in shares]
    return f" × ({' + '.join(terms)})" if len(terms) > 1 else "".join(f" × {term}" for term in terms)


def _degrees(degrees_c: Fraction | None) -> str:
    # Four decimals to look at; what is computed with is the fraction.
    return "" if degrees_c is None else f" × {plain(Decimal(round(-degrees_c * 10_000)).scaleb(-4))} °C"


def plain(number: Decimal) -> str:
    """A decimal without trailing zeros and without an exponent."""
    return format(number.normalize(), "f")


def amount(minor: int, currency: str, digits: int) -> str:
    """Minor units as people read them: ``-24050`` fen are ``-240.50 CNY``."""
    whole, part = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}{f'.{part:0{digits}d}' if digits else ''} {currency}"
