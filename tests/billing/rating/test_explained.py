"""A bill beside the one of a year before: worked splits, and the laws that hold for every split."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.period import Period
from billing.facts import Failure, Home, InMonths, Overdue
from billing.rating.bill import rate
from billing.rating.charges import MissingFactError
from billing.rating.explained import Explained, explained
from billing.rating.mixed import Billed, mixed
from billing.terms import ComponentKind, Factor, Per, Unit
from tests.billing.rating import homes
from tests.billing.rating.tariffs import HELEN_2024

LAST = Period(date(2025, 1, 1), date(2025, 2, 1))
THIS = Period(date(2026, 1, 1), date(2026, 2, 1))
SEASONS = (Period(date(2024, 11, 15), date(2025, 3, 15)), homes.SEASON)
OLD, NEW = "0.16", "0.20"


def a_home(
    days: Period[date],
    *,
    energy_wh: int = 1_000_000,
    price: str = OLD,
    area_m2: str = "100",
    cap: str = "",
    tax_rate: str = "0",
) -> Home:
    """A month of Beijing's two parts."""
    components = [homes.area("12", tax_rate=tax_rate), homes.energy(price, tax_rate=tax_rate)]
    tariff = homes.tariff(*components, *([homes.cap(cap)] if cap else []), name=price)
    part = homes.part(of=tariff, period=days, energy_wh=energy_wh)
    return homes.home(part, area_m2=area_m2, seasons=SEASONS)


def billed(home: Home, *, cold: str | None = "600", agreed: int = 0) -> Billed:
    """As it was billed; ``agreed`` is what was credited beside."""
    return Billed(
        home=home,
        kelvin_days=None if cold is None else Decimal(cold),
        charged_minor=rate(home).total_minor - agreed,
    )


def parts(split: Explained) -> dict[Factor, int]:
    """The parts that are not nothing."""
    return {factor: minor for factor in Factor if (minor := split.part_minor(factor))}


def test_a_dearer_unit_is_price_alone() -> None:
    split = explained(billed(a_home(LAST)), billed(a_home(THIS, price=NEW)))

    assert (split.difference_minor, parts(split)) == (4_000, {Factor.PRICE: 4_000})
    assert split.by_kind[Factor.PRICE] == {ComponentKind.ENERGY: 4_000}


def test_heat_in_proportion_to_the_cold_is_weather_alone() -> None:
    now = billed(a_home(THIS, energy_wh=1_200_000), cold="720")

    assert parts(explained(billed(a_home(LAST)), now)) == {Factor.WEATHER: 3_200}


def test_heat_saved_in_a_colder_month_is_shared_between_weather_and_behaviour() -> None:
    # 600 to 720 degree days; 1,000 kWh became 1,080 where 1,200 had been expected.
    split = explained(billed(a_home(LAST)), billed(a_home(THIS, energy_wh=1_080_000), cold="720"))

    # Weather: half of 1,200 - 1,000 and half of 1,080 - 900, at 0.16; the saving is the rest.
    assert parts(split) == {Factor.WEATHER: 3_040, Factor.BEHAVIOUR: -1_760}
    assert split.difference_minor == 1_280


def test_without_degree_days_all_heat_is_behaviour() -> None:
    now = billed(a_home(THIS, energy_wh=1_200_000), cold=None)

    assert parts(explained(billed(a_home(LAST)), now)) == {Factor.BEHAVIOUR: 3_200}


def test_a_larger_area_is_base_and_credits_are_corrections() -> None:
    now = billed(a_home(THIS, area_m2="120"), agreed=1_000)
    split = explained(billed(a_home(LAST)), now)

    assert parts(split) == {Factor.BASE: 6_200, Factor.CORRECTION: -1_000}
    assert (split.unrated_minor, split.by_kind[Factor.CORRECTION]) == (-1_000, {})


def test_a_late_fee_and_a_refund_are_corrections() -> None:
    tariff = homes.tariff(
        homes.area("12"),
        homes.priced(ComponentKind.LATE, "0.002", unit=Unit.SUM, per=Per.DAY),
        homes.priced(ComponentKind.OUTAGE, "12", unit=Unit.M2, per=Per.SEASON),
    )
    before = homes.home(homes.part(of=tariff, period=LAST), seasons=SEASONS)
    now = homes.home(
        homes.part(of=tariff, period=THIS),
        seasons=SEASONS,
        failures=(Failure(period=Period(date(2026, 1, 3), date(2026, 1, 5))),),
        overdue=(Overdue(period=Period(date(2026, 1, 1), date(2026, 1, 11)), amount=Decimal(500)),),
    )
    split = explained(billed(before), billed(now))

    assert split.by_kind[Factor.CORRECTION] == {ComponentKind.LATE: 1_000, ComponentKind.OUTAGE: -2_000}
    assert parts(split) == {Factor.CORRECTION: -1_000}


def test_what_the_cap_takes_off_is_taken_off_the_factors_that_reached_it() -> None:
    before = billed(a_home(LAST, cap="24"))
    now = billed(a_home(THIS, energy_wh=5_000_000, cap="24"))
    split = explained(before, now)

    assert split.by_kind[Factor.BEHAVIOUR] == {ComponentKind.ENERGY: 64_000, ComponentKind.CAP: -49_000}
    assert parts(split) == {Factor.BEHAVIOUR: 15_000}


def test_a_price_that_changed_within_the_month_counts_on_its_days() -> None:
    first, rest = Period(THIS.start, date(2026, 1, 11)), Period(date(2026, 1, 11), THIS.end)
    old, new = (homes.tariff(homes.energy(price)) for price in (OLD, NEW))
    before = homes.home(homes.part(of=old, period=LAST, energy_wh=1_000_000))
    now = homes.home(
        homes.part(of=old, period=first, energy_wh=400_000),
        homes.part(of=new, period=rest, energy_wh=600_000),
    )
    split = explained(billed(before), billed(now))

    # 600 kWh at the new price: 24.00 yuan dearer. Of last year's heat, even by days, 677.4 kWh: 27.10.
    assert parts(split) == {Factor.PRICE: 2_555, Factor.BEHAVIOUR: -155}


def test_prices_by_month_meet_the_heat_of_the_same_months_of_a_leap_year() -> None:
    tariff = homes.tariff(*HELEN_2024)
    years = Period(date(2024, 1, 1), date(2025, 1, 1)), Period(date(2025, 1, 1), date(2026, 1, 1))
    before, now = (
        homes.home(
            replace(
                homes.part(of=tariff, period=year, energy_wh=12_000_000),
                metered=None,
                in_months=tuple(
                    InMonths(months=(month,), metered=homes.metered(1_000_000)) for month in range(1, 13)
                ),
            ),
            currency="EUR",
        )
        for year in years
    )

    assert parts(explained(billed(before), billed(now))) == {}


def test_a_price_of_heat_that_nobody_measured_cannot_be_compared_with() -> None:
    flat = homes.tariff(homes.area("12"))
    before = homes.home(replace(homes.part(of=flat, period=LAST), metered=None), seasons=SEASONS)

    with pytest.raises(MissingFactError, match="Nobody knows the heat of 2025-01-01 to 2025-02-01"):
        explained(billed(before), billed(a_home(THIS)))


wh = st.integers(min_value=0, max_value=10**7)
a_price = st.decimals(min_value=0, max_value=3, places=4).map(str)
an_area = st.decimals(min_value=10, max_value=300, places=2).map(str)
colds = st.one_of(st.none(), st.decimals(min_value=0, max_value=900, places=1).map(str))
caps = st.sampled_from(["", "12.5", "24"])
agreed = st.integers(min_value=-10_000, max_value=10_000)


@st.composite
def bills(draw: st.DrawFn, days: Period[date]) -> Billed:
    home = a_home(
        days,
        energy_wh=draw(wh),
        price=draw(a_price),
        area_m2=draw(an_area),
        cap=draw(caps),
        tax_rate=draw(st.sampled_from(["0", "0.09"])),
    )
    return billed(home, cold=draw(colds), agreed=draw(agreed))


@given(bills(LAST), bills(THIS))
def test_the_parts_sum_to_the_difference_to_the_unit(before: Billed, now: Billed) -> None:
    split = explained(before, now)

    assert split.difference_minor == now.charged_minor - before.charged_minor
    assert sum(split.part_minor(factor) for factor in Factor) == split.difference_minor


@given(bills(THIS))
def test_a_bill_beside_itself_has_no_parts(bill: Billed) -> None:
    split = explained(bill, bill)

    assert parts(split) == {}
    assert all(not kinds for kinds in split.by_kind.values())


@given(bills(LAST), bills(THIS))
def test_no_factor_is_the_home_of_before_and_all_are_that_of_now(before: Billed, now: Billed) -> None:
    assert mixed(before, now, ()) == before.home
    assert mixed(before, now, tuple(Factor)) == now.home


@given(bills(LAST), bills(THIS), st.sets(st.sampled_from(Factor)))
def test_a_factor_that_did_not_change_has_no_part(before: Billed, now: Billed, same: set[Factor]) -> None:
    kept, cold, heat = now.home, now.kelvin_days, now.home.parts[0].metered
    (then,) = before.home.parts
    if Factor.PRICE in same:
        kept = replace(kept, parts=(replace(kept.parts[0], tariff=then.tariff),))
    if Factor.BASE in same:
        kept = replace(kept, floor_area_m2=before.home.floor_area_m2)
    if same & {Factor.WEATHER, Factor.BEHAVIOUR}:
        # The same behaviour is only the same heat where the cold is the same too.
        cold, heat = before.kelvin_days, then.metered if Factor.BEHAVIOUR in same else heat
    kept = replace(kept, parts=(replace(kept.parts[0], metered=heat),))
    other = Billed(home=kept, kelvin_days=cold, charged_minor=rate(kept).total_minor)
    before = replace(before, charged_minor=rate(before.home).total_minor)
    split = explained(before, other)

    unchanged = same | {Factor.CORRECTION}
    assert {factor: split.part_minor(factor) for factor in unchanged} == dict.fromkeys(unchanged, 0)


@given(bills(LAST), bills(THIS))
def test_the_order_of_the_two_turns_every_part_but_for_a_unit_a_line(before: Billed, now: Billed) -> None:
    there, back = explained(before, now), explained(now, before)

    assert there.difference_minor == -back.difference_minor
    for factor in Factor:
        # Three kinds of line, each rounded once on either way.
        assert abs(there.part_minor(factor) + back.part_minor(factor)) <= 2 * 3


def test_every_mixture_of_a_month_can_be_rated() -> None:
    before, now = billed(a_home(LAST, cap="24")), billed(a_home(THIS, price=NEW, energy_wh=9_999_999))
    every = chain.from_iterable(combinations(Factor, size) for size in range(len(Factor) + 1))

    assert all(rate(mixed(before, now, taken)).lines for taken in every)
