"""A home's facts become a bill."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from billing.facts import Component, Home, Metered, Part
from billing.rating.lines import CapAdjustment, Charge, Charged, Line
from billing.rating.shares import shares
from billing.terms import ComponentKind, Per


class NoReadingsError(ValueError):
    """Metered heat is to be charged, and nobody knows how much it was."""


class RegisterRanBackwardsError(ValueError):
    """A meter's register is lower at the end than at the start; nobody is billed by a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """The lines, and their sums; there is no other way to a total."""

    lines: tuple[Line, ...]

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        # Never a tax on the sum: credited line by line, it would not add up again.
        return sum(line.tax_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor


def rate(home: Home) -> Bill:
    """The bill of ``home``: by part, by component, and the cap last.

    Raises:
        NoReadingsError: metered heat is priced in a part without readings.
        RegisterRanBackwardsError: the metered heat of a part is negative.
        NoSeasonError: a price is seasonal and no season is known.
    """
    charges: list[Charge] = []
    limits: list[Charge] = []
    capped: list[Charge] = []
    for part in home.parts:
        lines = _charges(home, part, cap=False)
        caps = _charges(home, part, cap=True)
        charges += lines
        limits += caps
        capped += lines if _is_capped(part) else []
    return Bill(lines=(*charges, *_adjustments(limits, capped)))


def _is_capped(part: Part) -> bool:
    return any(component.kind is ComponentKind.CAP for component in part.tariff.components)


def _charges(home: Home, part: Part, *, cap: bool) -> list[Charge]:
    wanted = [c for c in part.tariff.components if (c.kind is ComponentKind.CAP) == cap]
    lines = [_charge(home, part, component) for component in wanted]
    # A seasonal fee outside the season is no line at all, not a line of zero.
    return [line for line in lines if line.shares or line.per is Per.QUANTITY]


def _charge(home: Home, part: Part, component: Component) -> Charge:
    is_area = component.kind in {ComponentKind.AREA, ComponentKind.CAP}
    timed = component.per is not Per.QUANTITY
    metered = None if timed else _heat_of(part)
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
        rounding=part.tariff.rounding,
        currency=home.currency,
        minor_digits=home.minor_digits,
        shares=tuple(shares(part.period, component.per, seasons=home.seasons)) if timed else (),
        floor_area_m2=home.floor_area_m2 if is_area else None,
        metered=metered,
    )


def _heat_of(part: Part) -> Metered:
    if part.metered is None:
        raise NoReadingsError(f"No register is known for {part.period.start} to {part.period.end}.")
    for meter in part.metered.meters:
        if meter.closing.energy_wh < meter.opening.energy_wh:
            raise RegisterRanBackwardsError(
                f"Meter {meter.serial} stood at {meter.opening.energy_wh} Wh on {part.period.start} "
                f"and at {meter.closing.energy_wh} Wh on {part.period.end}."
            )
    return part.metered


def _adjustments(limits: list[Charge], capped: list[Charge]) -> list[CapAdjustment]:
    if not limits:
        return []
    # One adjustment for each tax rate, or the tax of what is taken off would stay on the bill.
    by_rate: dict[Decimal, int] = defaultdict(int)
    for line in capped:
        by_rate[line.tax_rate] += line.net_minor
    charged = tuple(Charged(tax_rate=rate, net_minor=net) for rate, net in sorted(by_rate.items()))
    lines = [CapAdjustment(limits=tuple(limits), charged=charged, tax_rate=part.tax_rate) for part in charged]
    return [line for line in lines if line.net_minor]
