"""Many homes at once: those rated alike share every term, and only whole numbers are left to compute.

`billing.rating.bill.rate` says what a bill is. Homes with the same versions on the same days, and nothing
special about them, have the same charges but for floor area, power and registers; each amount is then a
straight line of its quantity. The line's slope and start are asked of the charge itself, once for all homes,
and the rest is integers in numpy. What does not fit goes through ``rate``, so there is one definition of an
amount, and `tests/billing/rating/test_alike.py` holds the two ways to be equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from typing import Final

import numpy as np

from billing.facts import Home, Metered, Part, Tariff
from billing.formulas import Json
from billing.rating.bill import Collected, collect, rate
from billing.rating.charges import (
    MissingFactError,
    NoReadingsError,
    RegisterRanBackwardsError,
    in_band,
)
from billing.rating.lines import Charge, amount, around_quantity
from billing.rating.money import Integers, round_all
from billing.rating.shares import NoSeasonError
from billing.rating.trace import measures_json, terms_json
from billing.rating.units import LITRES_IN_M3, WH_IN, decimal_texts
from billing.rating.written import Written, terms_of, write
from billing.terms import INCENTIVES, Banding, ComponentKind, TaxBasis, Unit

Fault = MissingFactError | NoReadingsError | NoSeasonError | RegisterRanBackwardsError
FAULTS: Final = (MissingFactError, NoReadingsError, NoSeasonError, RegisterRanBackwardsError)
Outcome = list[Written] | Fault
# Areas and power as whole numbers; more digits than these are rated one by one.
THOUSAND: Final = 1000
# Fewer homes are quicker one by one.
FEW: Final = 4


def rate_all(homes: Sequence[Home]) -> list[Outcome]:
    """The lines of every home in the order given, or why it has none: ``write`` of ``rate``, but faster."""
    outcomes: dict[int, Outcome] = {}
    for places in _alike(homes):
        if len(places) >= FEW:
            outcomes |= zip(places, _cohort([homes[n] for n in places]), strict=True)
    return [outcomes[n] if n in outcomes else _one(home) for n, home in enumerate(homes)]


def _one(home: Home) -> Outcome:
    # One home's faulty facts must not keep the others from their bills.
    try:
        return [write(line) for line in rate(home).lines]
    except FAULTS as fault:
        return fault


def _alike(homes: Sequence[Home]) -> Iterator[list[int]]:
    """The places of homes that are rated alike; homes with anything special are in none of the lists."""
    straight: dict[int, bool] = {}
    alike: dict[Hashable, list[int]] = defaultdict(list)
    for n, home in enumerate(homes):
        for part in home.parts:
            if id(part.tariff) not in straight:
                straight[id(part.tariff)] = _is_straight(part.tariff)
        if (
            not _is_special(home)
            and all(straight[id(part.tariff)] for part in home.parts)
            and _is_countable(home)
        ):
            alike[_key(home)].append(n)
    yield from alike.values()


def _is_special(home: Home) -> bool:
    """Whether anything but measures of the whole bill tells this home from its neighbours."""
    changes = (part.floor_area_m2 is not None or part.power_kw is not None for part in home.parts)
    return bool(home.suspended or home.failures or home.overdue) or any(changes)


def _is_straight(tariff: Tariff) -> bool:
    """Whether every amount is a straight line of its quantity: degrees and slices are not."""
    return all(
        c.kind not in INCENTIVES and c.kind is not ComponentKind.LATE and c.banding is not Banding.SLICE
        for c in tariff.components
    )


def _is_countable(home: Home) -> bool:
    measures = (home.floor_area_m2 * THOUSAND, (home.power_kw or 0) * THOUSAND)
    heats = (heat for part in home.parts for heat in _heats(part) if heat is not None)
    return all(measure == int(measure) for measure in measures) and all(
        meter.closing.energy_wh >= meter.opening.energy_wh for heat in heats for meter in heat.meters
    )


def _heats(part: Part) -> list[Metered | None]:
    return [part.metered, *(one.metered for one in part.in_months)]


def _key(home: Home) -> Hashable:
    """Equal where the same components charge on the same days, by quantities of the same kind.

    Versions and seasons by identity: whoever gathers facts makes each once, and comparing them would cost
    more than rating.
    """
    parts = tuple(
        (
            id(part.tariff),
            part.period,
            # A home without heat or water is a case, or a fault, of its own.
            tuple(heat and heat.volume_l is None for heat in _heats(part)),
            _bands(home, part),
        )
        for part in home.parts
    )
    return id(home.seasons), home.currency, home.minor_digits, home.power_kw is None, parts


def _bands(home: Home, part: Part) -> Hashable:
    bands = [component for component in part.tariff.components if component.is_band]
    if bands and home.power_kw is None:
        # Whether an area's band fits or a power is missing, `rate` knows.
        return home.floor_area_m2
    return tuple(in_band(home, part, component) for component in bands)


@dataclass(frozen=True, slots=True)
class _Quantity:
    """What a charge is a price of: a number for each home, ``scale`` of it a unit; and as it is written."""

    numbers: Integers
    scale: Fraction
    texts: Sequence[str]
    traces: Sequence[Json]
    qualities: Sequence[str]

    @property
    def words(self) -> tuple[Sequence[str], Sequence[Json], Sequence[str]]:
        return self.texts, self.traces, self.qualities


def _cohort(homes: Sequence[Home]) -> Sequence[Outcome]:
    try:
        collected = collect(homes[0])
    except FAULTS:
        return [_one(home) for home in homes]
    quantities = _Quantities(homes)
    rounded = {id(charge): _rounded(charge, quantities.of(charge)) for charge in _all(collected)}
    columns = [_column(charge, rounded[id(charge)], quantities.of(charge)) for charge in collected.charges]
    bites = _bites(collected, rounded, count=len(homes))
    # Few homes reach the cap or the minimum: their lines are made one by one.
    return [
        _one(home) if is_bitten else list(lines)
        for home, is_bitten, lines in zip(homes, bites, _rows(columns, len(homes)), strict=True)
    ]


def _rows(columns: Sequence[Sequence[Written]], count: int) -> Iterator[tuple[Written, ...]]:
    return zip(*columns, strict=True) if columns else iter([()] * count)


def _all(collected: Collected) -> Iterator[Charge]:
    yield from collected.charges
    for limits in collected.limits.values():
        yield from limits


def _rounded(charge: Charge, quantity: _Quantity) -> Integers:
    """The charge's rounded amount for every home."""
    # Asked of the charge itself: nothing here knows how an amount is made.
    none, one = (replace(charge, measure=Decimal(n)).exact_minor for n in (0, 1))
    return round_all(quantity.numbers, (one - none) * quantity.scale, none, charge.rounding)


def _bites(collected: Collected, rounded: Mapping[int, Integers], *, count: int) -> Sequence[bool]:
    bitten = np.zeros(count, dtype=bool)
    for (kind, limits), basis in product(collected.limits.items(), TaxBasis):
        of_basis = [rounded[id(charge)] for charge in limits if charge.tax_basis is basis]
        if not of_basis:
            continue
        framed = (charge for charge in collected.framed[kind] if charge.tax_basis is basis)
        charged = sum((rounded[id(charge)] for charge in framed), np.zeros(count, np.int64))
        limit = sum(of_basis)
        bitten |= (limit > charged) if kind is ComponentKind.MINIMUM else (limit < charged)
    flags: list[bool] = bitten.tolist()
    return flags


def _column(charge: Charge, rounded: Integers, quantity: _Quantity) -> list[Written]:
    """One component's line for every home."""
    rate_of_tax = Fraction(charge.tax_rate)
    is_gross = charge.tax_basis is TaxBasis.GROSS
    part = rate_of_tax / (1 + rate_of_tax) if is_gross else rate_of_tax
    tax = round_all(rounded, part, Fraction(), charge.rounding)
    terms = terms_of(charge)
    before, after = around_quantity(charge)
    head = terms_json(charge)
    named = [f"{before}{text}{after}" for text in quantity.texts] if after is not None else None
    return [
        Written(
            terms,
            text,
            gross - tax_minor if is_gross else gross,
            tax_minor,
            quality,
            f"{named[n] if named else before} = {amount(gross, charge.currency, charge.minor_digits)}",
            {**head, **trace},
        )
        for n, (gross, tax_minor, text, trace, quality) in enumerate(
            zip(
                rounded.tolist(),
                tax.tolist(),
                quantity.texts,
                quantity.traces,
                quantity.qualities,
                strict=True,
            )
        )
    ]


class _Quantities:
    """The quantities of a cohort, each made once however many components it is priced by."""

    def __init__(self, homes: Sequence[Home]) -> None:
        self._homes = homes
        self._made: dict[Hashable, _Quantity] = {}
        # Where in each home the heat of a charge stands: the charges are those of the first home.
        self._slots = {
            id(heat): (n, k)
            for n, part in enumerate(homes[0].parts)
            for k, heat in enumerate(_heats(part))
            if heat is not None
        }
        self._traces: dict[tuple[int, int], list[Json]] = {}

    def of(self, charge: Charge) -> _Quantity:
        """What the charge, one of the first home's, is a price of in every home."""
        key = (charge.unit, None if charge.metered is None else self._slots[id(charge.metered)])
        if key not in self._made:
            self._made[key] = self._make(charge)
        return self._made[key]

    def _make(self, charge: Charge) -> _Quantity:
        if charge.metered is not None:
            return self._metered(charge.unit, self._slots[id(charge.metered)])
        if charge.unit is Unit.KW:
            power = [home.power_kw or Decimal() for home in self._homes]
            return _measured(power, [measures_json(measure=kw) for kw in power])
        if charge.unit is Unit.M2:
            areas = [home.floor_area_m2 for home in self._homes]
            return _measured(areas, [measures_json(floor_area_m2=area) for area in areas])
        homes = [Decimal(1)] * len(self._homes)
        return _measured(homes, [measures_json()] * len(homes))

    def _metered(self, unit: Unit, slot: tuple[int, int]) -> _Quantity:
        n, k = slot
        heats = [heat for home in self._homes if (heat := _heats(home.parts[n])[k]) is not None]
        numbers = [heat.volume_l or 0 if unit is Unit.M3 else heat.energy_wh for heat in heats]
        scale = Fraction(1, LITRES_IN_M3) if unit is Unit.M3 else 1 / WH_IN[unit]
        if slot not in self._traces:
            # The same registers stand behind the price of the heat and that of the water.
            self._traces[slot] = [measures_json(metered=heat) for heat in heats]
        return _Quantity(
            numbers=np.array(numbers),
            scale=scale,
            texts=decimal_texts(numbers, scale),
            traces=self._traces[slot],
            qualities=[heat.quality for heat in heats],
        )


def _measured(measures: Sequence[Decimal], traces: Sequence[Json]) -> _Quantity:
    numbers = [int(measure * THOUSAND) for measure in measures]
    scale = Fraction(1, THOUSAND)
    texts = decimal_texts(numbers, scale)
    return _Quantity(
        numbers=np.array(numbers), scale=scale, texts=texts, traces=traces, qualities=[""] * len(texts)
    )
