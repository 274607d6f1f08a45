"""A home's facts become a bill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from billing.facts import Component, Home, Part
from billing.rating.charges import MissingFactError, charges_of, in_band
from billing.rating.lines import Adjustment, Charge, Charged, Line
from billing.terms import FRAMED, FRAMES, ComponentKind, TaxBasis


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a home's parts come to before minimum and cap; by kind of limit, its parts and what it frames."""

    charges: tuple[Charge, ...]
    limits: Mapping[ComponentKind, Sequence[Charge]]
    framed: Mapping[ComponentKind, Sequence[Charge]]


def rate(home: Home) -> Bill:
    """The bill of ``home``: by part, by component, then the minimum and the cap.

    Raises:
        NoReadingsError: metered heat is priced in a part without readings.
        RegisterRanBackwardsError: the metered heat of a part is negative.
        NoSeasonError: a price is seasonal and no season is known.
        MissingFactError: a price is for something nobody knows of this home, or no band fits it.
    """
    return limited(collect(home))


def collect(home: Home) -> Collected:
    """The charges of ``home``, and what its minimum and cap are made of; raises as ``rate`` does."""
    charges: list[Charge] = []
    limits: dict[ComponentKind, list[Charge]] = {kind: [] for kind in FRAMES}
    framed: dict[ComponentKind, list[Charge]] = {kind: [] for kind in FRAMES}
    for part in home.parts:
        lines = _charges(home, part, [c for c in part.tariff.components if c.kind not in FRAMES])
        charges += lines
        for kind in (ComponentKind.MINIMUM, ComponentKind.CAP):
            frame = [c for c in part.tariff.components if c.kind is kind]
            limits[kind] += _charges(home, part, frame)
            framed[kind] += [line for line in lines if line.kind in FRAMED] if frame else []
    return Collected(charges=tuple(charges), limits=limits, framed=framed)


def limited(collected: Collected) -> Bill:
    """The charges, raised to the minimum and lowered to the cap."""
    limits, framed = collected.limits, collected.framed
    least = _adjustments(limits[ComponentKind.MINIMUM], framed[ComponentKind.MINIMUM])
    # The cap last: nobody pays more than it, whatever the least would be.
    most = _adjustments(limits[ComponentKind.CAP], [*framed[ComponentKind.CAP], *least])
    return Bill(lines=(*collected.charges, *least, *most))


def advance(home: Home) -> Bill:
    """What is to be paid before the season, where the tariff asks for it.

    Raises:
        NoSeasonError: a price is seasonal and no season is known.
    """
    lines: list[Line] = []
    for part in home.parts:
        asked = [c for c in part.tariff.components if c.kind is ComponentKind.ADVANCE]
        lines += _charges(home, part, asked)
    return Bill(lines=tuple(lines))


def _charges(home: Home, part: Part, components: Sequence[Component]) -> list[Charge]:
    _refuse_unbanded(home, part, components)
    found: list[Charge] = []
    for component in components:
        found += charges_of(home, part, component)
    return found


def _refuse_unbanded(home: Home, part: Part, components: Sequence[Component]) -> None:
    bands = [component for component in components if component.is_band]
    for kind in {component.kind for component in bands}:
        # Whoever lies between two bands must not go free.
        if not any(in_band(home, part, component) for component in bands if component.kind is kind):
            raise MissingFactError(f"No band of {kind.value} is for this home.")


def _adjustments(limits: Sequence[Charge], framed: Sequence[Line]) -> list[Adjustment]:
    # A limit with tax in it says nothing about charges without: where the basis changes within a bill,
    # each is compared with its own.
    return [
        line
        for basis in TaxBasis
        for line in _of_one_basis(
            [limit for limit in limits if limit.tax_basis is basis],
            [line for line in framed if line.tax_basis is basis],
        )
    ]


def _of_one_basis(limits: Sequence[Charge], framed: Sequence[Line]) -> list[Adjustment]:
    if not limits:
        return []
    # One adjustment for each tax rate, or the tax of what is taken off would stay on the bill.
    by_rate: dict[Decimal, int] = defaultdict(int)
    for line in framed:
        by_rate[line.tax_rate] += line.rounded_minor
    # A minimum above nothing at all carries its own rate.
    rates = {rate: minor for rate, minor in by_rate.items() if minor} or {limits[-1].tax_rate: 0}
    charged = tuple(Charged(tax_rate=rate, minor=minor) for rate, minor in sorted(rates.items()))
    lines = [Adjustment(limits=tuple(limits), charged=charged, tax_rate=part.tax_rate) for part in charged]
    return [line for line in lines if line.rounded_minor]
