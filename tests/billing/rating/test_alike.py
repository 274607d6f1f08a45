"""Rating many homes at once is rating each of them: the same lines, to the byte of their traces."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.period import Period
from billing.facts import Component, Failure, Home, InMonths, Metered, MeterRun, Overdue, Part, Tariff
from billing.rating import alike
from billing.rating.alike import rate_all
from billing.rating.bill import rate
from billing.rating.money import round_all, round_minor
from billing.rating.units import decimal_texts
from billing.rating.written import Written, write
from billing.terms import INCENTIVES, ComponentKind, Per, Rounding, TaxBasis, Unit
from tests.billing.rating import homes
from tests.billing.rating.tariffs import BEIJING, BODEN_2024, HELEN_2024, LOJT

SEASONS = (homes.SEASON,)
FIRST, LAST = homes.SEASON.start, date(2026, 3, 15)
prices = st.decimals("0", "999999", places=6)
rates = st.sampled_from([Decimal(0), Decimal("0.09"), Decimal("0.25")])


def _one_by_one(home: Home) -> list[Written] | Exception:
    try:
        return [write(line) for line in rate(home).lines]
    except alike.FAULTS as fault:
        return fault


def _assert_same(town: list[Home]) -> None:
    for home, together in zip(town, rate_all(town), strict=True):
        alone = _one_by_one(home)
        if isinstance(alone, list):
            assert together == alone
        else:
            assert (type(together), str(together)) == (type(alone), str(alone))


@given(
    numbers=st.lists(st.integers(-(10**15), 10**15), max_size=8),
    scale=st.fractions(),
    offset=st.fractions(),
    mode=st.sampled_from(Rounding),
)
def test_rounding_all_is_rounding_each(
    numbers: list[int], scale: Fraction, offset: Fraction, mode: Rounding
) -> None:
    got = round_all(np.array(numbers, dtype=np.int64), scale, offset, mode)
    assert got.tolist() == [round_minor(number * scale + offset, mode) for number in numbers]


@given(number=st.integers(0, 10**15), unit=st.sampled_from(["0.001", "0.000001", "0.0000036", "1", "100"]))
def test_a_number_is_written_as_its_decimal(number: int, unit: str) -> None:
    (text,) = decimal_texts([number], Fraction(unit))
    assert Decimal(text) == number * Decimal(unit)
    assert "." not in text or not text.endswith("0")


@st.composite
def _component(draw: st.DrawFn) -> Component:
    kind = draw(st.sampled_from([kind for kind in ComponentKind if kind not in INCENTIVES]))
    units = {
        ComponentKind.FIXED: [Unit.HOME],
        ComponentKind.ENERGY: [Unit.KWH, Unit.MWH, Unit.GJ],
        ComponentKind.FLOW: [Unit.M3],
        ComponentKind.POWER: [Unit.KW],
        ComponentKind.LATE: [Unit.SUM],
        ComponentKind.MINIMUM: [Unit.HOME, Unit.M2, Unit.KW],
    }.get(kind, [Unit.M2])
    by_quantity = kind in {ComponentKind.ENERGY, ComponentKind.FLOW}
    pers = [Per.QUANTITY] if by_quantity else [Per.SEASON, Per.YEAR, Per.MONTH, Per.DAY]
    unit = draw(st.sampled_from(units))
    is_band = unit in {Unit.KW, Unit.M2} and draw(st.booleans())
    return Component(
        id=draw(st.integers(1, 99)),
        kind=kind,
        name="A price of „heat“\t\\",
        unit=unit,
        per=Per.DAY if kind is ComponentKind.LATE else draw(st.sampled_from(pers)),
        price=draw(prices),
        tax_rate=draw(rates),
        tax_basis=draw(st.sampled_from(TaxBasis)),
        offset=draw(st.sampled_from([Decimal(0), Decimal("11.25")])),
        factor=draw(st.sampled_from([Decimal(1), Decimal("0.86")])),
        months=(1, 2) if by_quantity and draw(st.booleans()) else (),
        above=Decimal(50) if is_band else Decimal(0),
    )


@st.composite
def _heat(draw: st.DrawFn, *, is_odd: bool) -> Metered | None:
    if is_odd and draw(st.booleans()):
        return None
    runs: tuple[MeterRun, ...] = ()
    for energy_wh in draw(st.lists(st.integers(-5 if is_odd else 0, 10**9), min_size=1, max_size=3)):
        volume_l = None if is_odd and draw(st.booleans()) else draw(st.integers(0, 10**6))
        runs += homes.metered(energy_wh, opening_wh=10, volume_l=volume_l).meters
    return Metered(meters=runs, quality=draw(st.sampled_from(["measured", "estimated"])))


@st.composite
def _home(draw: st.DrawFn, *, versions: list[Tariff], cut: date) -> Home:
    is_odd = draw(st.integers(0, 5)) == 0
    parts = tuple(
        Part(
            period=period,
            tariff=version,
            metered=draw(_heat(is_odd=is_odd)),
            in_months=(InMonths(months=(1, 2), metered=draw(_heat(is_odd=is_odd))),),
        )
        for period, version in zip((Period(FIRST, cut), Period(cut, LAST)), versions, strict=True)
    )
    home = replace(
        homes.home(*parts),
        seasons=SEASONS,
        floor_area_m2=draw(st.decimals("0.5", "400", places=2)),
        power_kw=draw(st.decimals("51", "99", places=3)),
    )
    if not is_odd:
        return home
    return replace(
        home,
        power_kw=draw(st.sampled_from([None, Decimal("7.5"), Decimal("0.0001")])),
        suspended=draw(st.sampled_from([(), (Period(FIRST, cut),)])),
        failures=draw(st.sampled_from([(), (Failure(period=Period(cut, LAST)),)])),
        overdue=draw(st.sampled_from([(), (Overdue(period=Period(cut, LAST), amount=Decimal(100)),)])),
    )


@st.composite
def _town(draw: st.DrawFn) -> list[Home]:
    """Homes of two versions, most of them alike, each with its own measures, some with a fault."""
    versions = [
        Tariff(
            id=n,
            name=str(n),
            valid=Period(FIRST),
            components=tuple(draw(st.lists(_component(), min_size=1, max_size=4))),
            rounding=draw(st.sampled_from(Rounding)),
        )
        for n in (1, 2)
    ]
    cut = FIRST + timedelta(days=draw(st.integers(1, 119)))
    return draw(st.lists(_home(versions=versions, cut=cut), min_size=5, max_size=12))


@settings(max_examples=300, deadline=None)
@given(_town())
def test_a_town_is_rated_as_its_homes_are(town: list[Home]) -> None:
    _assert_same(town)


@pytest.mark.parametrize("components", [BEIJING, BODEN_2024, HELEN_2024, LOJT])
def test_a_published_tariff_rates_a_street_as_its_homes(components: tuple[Component, ...]) -> None:
    tariff = homes.tariff(*components)
    months = {component.months for component in components if component.months}
    street = []
    for n in range(20):
        heat = homes.metered(1_234_567 * n + n, volume_l=17 * n)
        part = Part(
            period=homes.SEASON,
            tariff=tariff,
            metered=heat,
            in_months=tuple(InMonths(months=m, metered=heat) for m in sorted(months)),
        )
        home = homes.home(part, area_m2=f"{40 + n}.5", power_kw=Decimal(7 + 13 * n))
        street.append(replace(home, seasons=SEASONS))

    assert any(isinstance(lines, list) and lines for lines in rate_all(street))
    _assert_same(street)


def test_most_homes_of_a_street_are_rated_together(monkeypatch: pytest.MonkeyPatch) -> None:
    alone: list[Home] = []
    one = alike._one

    def counted(home: Home) -> alike.Outcome:
        alone.append(home)
        return one(home)

    monkeypatch.setattr(alike, "_one", counted)
    tariff = homes.tariff(*BEIJING)
    street = [
        replace(homes.home(homes.part(of=tariff, energy_wh=n * 100_000)), seasons=SEASONS) for n in range(100)
    ]
    rate_all(street)

    # 75 kWh per m² are the cap of Beijing: those who reach it, and nobody else, are rated alone.
    assert len(alone) == len([n for n in range(100) if n * 100 > 7_500])
