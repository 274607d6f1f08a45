"""What rating has to know, and nothing else: frozen, hashable, free of the database.

Queries gather these, `billing.rating` turns them into lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from accounts.period import Period
from billing.terms import (
    MEASURED,
    Banding,
    ComponentKind,
    DeadBand,
    During,
    EdgeOf,
    Per,
    Rounding,
    TaxBasis,
    Unit,
)

NO: Final = Decimal(0)
ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incentive:
    """How degrees are counted for a bonus or a surcharge; the component's price is the surcharge's.

    Cooling is energy in ``unit`` per m³ × ``factor``; its target is ``target_c``. The return's target
    follows the supply along ``curve``, (supply, return) in °C, straight between points and level beyond.
    """

    target_c: Decimal = NO
    curve: tuple[tuple[Decimal, Decimal], ...] = ()
    band_c: Decimal = NO
    counts: DeadBand = DeadBand.EDGE
    unit: Unit = Unit.MWH
    factor: Decimal = Decimal(860)
    bonus: Decimal = NO
    min_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexTerm:
    """``weight`` × ``value`` / ``base`` of a published index."""

    name: str
    weight: Decimal
    base: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A price that follows indices: ``base_price`` × the sum of the terms, rounded to ``digits``.

    The share of the price that no index moves is a term whose value is its base. ``floor`` and ``ceiling``
    are limits of the result, where there are some.
    """

    base_price: Decimal
    digits: int
    terms: tuple[IndexTerm, ...]
    floor: Decimal | None = None
    ceiling: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One price of a tariff version; ``price`` in major units, per ``unit`` and ``per``.

    ``offset`` is added to quantity × price. A band is for quantities in (``above``, ``up_to``]; a slice
    for what of the quantity lies there, edges counted as ``edge_of`` and ``edge_per`` say.
    """

    id: int
    kind: ComponentKind
    name: str
    unit: Unit
    per: Per
    price: Decimal
    tax_rate: Decimal
    tax_basis: TaxBasis = TaxBasis.NET
    offset: Decimal = NO
    factor: Decimal = ONE
    above: Decimal = NO
    up_to: Decimal | None = None
    banding: Banding = Banding.CHOOSE
    edge_of: EdgeOf = EdgeOf.HOME
    edge_per: Per = Per.QUANTITY
    months: tuple[int, ...] = ()
    during: During = During.HEATED
    incentive: Incentive | None = None
    index: Index | None = None

    @property
    def is_band(self) -> bool:
        return self.banding is Banding.CHOOSE and self.has_edges

    @property
    def has_edges(self) -> bool:
        return bool(self.above) or self.up_to is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """One tariff version, its components in the order of the bill."""

    id: int
    name: str
    valid: Period[date]
    components: tuple[Component, ...]
    rounding: Rounding

    @property
    def schedules(self) -> set[tuple[int, ...]]:
        """The months in which what the meters count has a price; () for a price of all days."""
        return {component.months for component in self.components if component.kind in MEASURED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """What a meter's register stood at.

    ``between`` are the instants and registers, in Wh, of the two readings it was cut out from between;
    empty where the meter was read at ``at`` itself.
    """

    at: datetime
    energy_wh: int
    quality: str
    volume_l: int | None = None
    between: tuple[tuple[datetime, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRun:
    """What one meter counted while it hung in the home during a part of a bill."""

    serial: str
    opening: Register
    closing: Register


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """The heat of one part of a bill: the meters in the order they hung, and the worst quality of all."""

    meters: tuple[MeterRun, ...]
    quality: str

    @property
    def energy_wh(self) -> int:
        """The sum over the meters, so that an exchange loses nothing."""
        return sum(meter.closing.energy_wh - meter.opening.energy_wh for meter in self.meters)

    @property
    def volume_l(self) -> int | None:
        """The water of all meters, or None where one of them does not say."""
        total = 0
        for meter in self.meters:
            if meter.opening.volume_l is None or meter.closing.volume_l is None:
                return None
            total += meter.closing.volume_l - meter.opening.volume_l
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class InMonths:
    """The heat of a part's days in some calendar months; None where it has no such day."""

    months: tuple[int, ...]
    metered: Metered | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperatures:
    """The mean temperatures of a part, by volume."""

    supply_c: Decimal
    return_c: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The days of a bill that one tariff version rates; ``metered`` is None where nothing of it is needed.

    ``floor_area_m2`` and ``power_kw`` only where they changed within the bill; else they are the home's.
    """

    period: Period[date]
    tariff: Tariff
    metered: Metered | None
    in_months: tuple[InMonths, ...] = ()
    temperatures: Temperatures | None = None
    floor_area_m2: Decimal | None = None
    power_kw: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Days on which heat was owed and not, or not fully, delivered; ``ratio`` of the fee comes back."""

    period: Period[date]
    ratio: Decimal = ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """An amount that nobody paid in time, and the days it was overdue within the bill."""

    period: Period[date]
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """All facts for one bill: a contract's days, its area, and a part for each tariff version.

    ``suspended`` periods do not overlap each other.
    """

    currency: str
    minor_digits: int
    floor_area_m2: Decimal
    seasons: tuple[Period[date], ...]
    parts: tuple[Part, ...]
    power_kw: Decimal | None = None
    suspended: tuple[Period[date], ...] = ()
    failures: tuple[Failure, ...] = ()
    overdue: tuple[Overdue, ...] = ()

    @property
    def period(self) -> Period[date]:
        """All days of the bill."""
        return Period(self.parts[0].period.start, self.parts[-1].period.end)

    def area_in(self, part: Part) -> Decimal:
        """The floor area that is billed on the part's days."""
        return self.floor_area_m2 if part.floor_area_m2 is None else part.floor_area_m2

    def power_in(self, part: Part) -> Decimal | None:
        """The subscribed power on the part's days, where anybody knows it."""
        return self.power_kw if part.power_kw is None else part.power_kw
