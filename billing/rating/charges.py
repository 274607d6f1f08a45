"""One component on one part of a bill: what it is a price of, on which days, and the lines that follow."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from accounts.period import Period, days
from billing.facts import Component, Home, Metered, Part
from billing.rating.lines import Charge
from billing.rating.shares import Share, shares, without
from billing.rating.slices import Edges
from billing.terms import INCENTIVES, Banding, ComponentKind, During, EdgeOf, Per, Unit


class NoReadingsError(ValueError):
    """Metered heat is to be charged, and nobody knows how much it was."""


class RegisterRanBackwardsError(ValueError):
    """A meter's register is lower at the end than at the start; nobody is billed by a guess."""


class MissingFactError(ValueError):
    """A price is for something that nobody knows of this home."""


def charges_of(home: Home, part: Part, component: Component) -> list[Charge]:
    """The lines of one component: mostly one; none where nothing of it applies; one for each overdue sum.

    Raises:
        NoReadingsError, RegisterRanBackwardsError, MissingFactError: the quantity is not known.
        NoSeasonError: the price is seasonal and the season is not known.
    """
    if component.is_band and not in_band(home, part, component):
        return []
    if component.kind is ComponentKind.LATE:
        return _late(home, part, component)
    if component.per is not Per.QUANTITY:
        time = _time(home, part, component)
        # A seasonal fee outside the season is no line at all, not a line of zero.
        return _unless_empty(_charge(home, part, component, time=time)) if time else []
    if component.kind in INCENTIVES:
        return _incentive(home, part, component)
    metered = _heat_of(part, component.months)
    if metered is not None and metered.volume_l is None and component.unit is Unit.M3:
        raise MissingFactError(f"Nobody knows how much water ran from {part.period.start}.")
    return [] if metered is None else _unless_empty(_charge(home, part, component, metered=metered))


def in_band(home: Home, part: Part, component: Component) -> bool:
    """Whether the home's subscribed power, or else its area, lies in the component's band."""
    measured = _power(home, part) if component.unit is Unit.KW else home.area_in(part)
    return component.above < measured and (component.up_to is None or measured <= component.up_to)


def _unless_empty(line: Charge) -> list[Charge]:
    # Nothing reached this slice; a line of zero for each further block would only be in the way.
    return [line] if line.edges is None or line.exact_quantity else []


def _charge(
    home: Home,
    part: Part,
    component: Component,
    *,
    time: tuple[Share, ...] = (),
    metered: Metered | None = None,
    measure: Decimal | None = None,
) -> Charge:
    return Charge(
        component_id=component.id,
        tariff_id=part.tariff.id,
        tariff=part.tariff.name,
        kind=component.kind,
        description=component.name,
        period=part.period,
        unit=component.unit,
        per=component.per,
        price=component.price,
        tax_rate=component.tax_rate,
        tax_basis=component.tax_basis,
        rounding=part.tariff.rounding,
        currency=home.currency,
        minor_digits=home.minor_digits,
        shares=time,
        floor_area_m2=home.area_in(part) if component.unit is Unit.M2 else None,
        metered=metered,
        measure=_power(home, part) if component.unit is Unit.KW else measure,
        offset=component.offset,
        factor=component.factor,
        incentive=component.incentive,
        temperatures=part.temperatures if component.kind is ComponentKind.RETURN else None,
        index=component.index,
        edges=_edges(home, part, component),
    )


def _edges(home: Home, part: Part, component: Component) -> Edges | None:
    if component.banding is not Banding.SLICE:
        return None
    per = component.edge_per
    within = None
    if per is not Per.QUANTITY:
        months = component.months if per in {Per.MONTH, Per.DAY} else ()
        within = tuple(shares(part.period, per, seasons=home.seasons, months=months))
    return Edges(
        above=component.above,
        up_to=component.up_to,
        area_m2=home.area_in(part) if component.edge_of is EdgeOf.M2 else None,
        shares=within,
    )


def _power(home: Home, part: Part) -> Decimal:
    power_kw = home.power_in(part)
    if power_kw is None:
        raise MissingFactError(f"The home's subscribed power is not known from {part.period.start}.")
    return power_kw


def _time(home: Home, part: Part, component: Component) -> tuple[Share, ...]:
    """The share of time of a component, over all stretches of the part in which it is charged."""
    found: list[Share] = []
    for stretch, ratio in _stretches(home, part, component):
        found += shares(stretch, component.per, seasons=home.seasons, months=component.months, ratio=ratio)
    return tuple(found)


def _stretches(home: Home, part: Part, component: Component) -> list[tuple[Period[date], Decimal]]:
    if component.kind is ComponentKind.OUTAGE:
        failed = ((failure.period & part.period, failure.ratio) for failure in home.failures)
        return [(period, ratio) for period, ratio in failed if period is not None]
    during = component.during
    if during is During.ALWAYS:
        return [(part.period, Decimal(1))]
    suspended = [period for hole in home.suspended if (period := hole & part.period) is not None]
    periods = suspended if during is During.SUSPENDED else without(part.period, suspended)
    return [(period, Decimal(1)) for period in periods]


def _late(home: Home, part: Part, component: Component) -> list[Charge]:
    found = []
    for overdue in home.overdue:
        period = overdue.period & part.period
        if period is not None:
            time = tuple(shares(period, component.per, seasons=home.seasons))
            found.append(_charge(home, part, component, time=time, measure=overdue.amount))
    return found


def _incentive(home: Home, part: Part, component: Component) -> list[Charge]:
    terms = component.incentive
    if terms is None:
        raise MissingFactError(f"{component.name} does not say how its degrees are counted.")
    # A yearly mean of a short stay is no mean of a year.
    if days(part.period) < terms.min_days:
        return []
    metered = _heat_of(part, component.months)
    if metered is None:
        return []
    if component.kind is ComponentKind.RETURN and part.temperatures is None:
        raise MissingFactError(f"Nobody knows how warm supply and return were from {part.period.start}.")
    if component.kind is ComponentKind.COOLING and metered.volume_l is None:
        raise MissingFactError(f"Nobody knows how much water ran from {part.period.start}.")
    measure = _heat_price(home, part) if component.unit is Unit.PERCENT else None
    line = _charge(home, part, component, metered=metered, measure=measure)
    return [line] if line.degrees_c else []


def _heat_price(home: Home, part: Part) -> Decimal:
    """What the part's metered heat came to, in major units: what a percentage is taken of."""
    priced = [c for c in part.tariff.components if c.kind is ComponentKind.ENERGY]
    minor = sum(line.rounded_minor for c in priced for line in charges_of(home, part, c))
    return Decimal(minor).scaleb(-home.minor_digits)


def _heat_of(part: Part, months: tuple[int, ...]) -> Metered | None:
    """The meters' runs of the part, or of its days in some months; None where it has no such day."""
    metered = part.metered
    if months:
        known = {one.months: one.metered for one in part.in_months}
        if months not in known:
            raise NoReadingsError(f"No register is known for the months of {part.period.start}.")
        metered = known[months]
        if metered is None:
            return None
    if metered is None:
        raise NoReadingsError(f"No register is known for {part.period.start} to {part.period.end}.")
    for meter in metered.meters:
        if meter.closing.energy_wh < meter.opening.energy_wh:
            raise RegisterRanBackwardsError(
                f"Meter {meter.serial} stood at {meter.opening.energy_wh} Wh on {part.period.start} "
                f"and at {meter.closing.energy_wh} Wh on {part.period.end}."
            )
    return metered
