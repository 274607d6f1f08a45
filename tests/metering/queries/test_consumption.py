"""Consumption is cut out of registers: it adds up to them exactly, on the utility's own calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from accounts.models import Household, Utility
from accounts.period import Period, local_midnight
from accounts.scope import NoUtilityInScopeError, utility_scope
from metering.enums import Quality, Resolution
from metering.models import Device, Reading
from metering.operations.consumption import cut_consumption
from metering.queries import consumption as queries
from metering.queries.consumption import ConsumptionSeries, metered_energy
from metering.queries.cuts import OpenPeriodError, TooManyPointsError
from metering.queries.registers import Bracket, registers
from tests.factories import a_household, a_utility
from tests.metering.factories import LONG_AGO, a_gateway, a_meter, a_reading

BEIJING = ZoneInfo("Asia/Shanghai")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EVEN = [100 * n for n in range(24 * 4)]
MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)  # of 5 January in Beijing


def consumption(
    household_id: int,
    period: Period[datetime],
    resolution: Resolution,
    within: Period[datetime] | None = None,
) -> ConsumptionSeries:
    """What the query answers once everything is cut."""
    cut_consumption(at=MIDNIGHT)
    return queries.consumption(household_id, period, resolution, within=within)


def readings(meter: Device, *, start: datetime, step: timedelta, energies_wh: list[int]) -> None:
    """One reading a step."""
    Reading.objects.bulk_create(
        Reading(device=meter, measured_at=start + n * step, energy_wh=energy_wh, received_at=start + n * step)
        for n, energy_wh in enumerate(energies_wh)
    )


def test_hours_are_the_differences_of_the_registers_on_the_hour(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, start=MIDNIGHT, step=HOUR, energies_wh=[1000, 1500, 2700, 2700])
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 3 * HOUR), Resolution.HOUR)
    assert series.starts == [MIDNIGHT, MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR]
    assert series.ends == [MIDNIGHT + HOUR, MIDNIGHT + 2 * HOUR, MIDNIGHT + 3 * HOUR]
    assert series.energy_wh.tolist() == [500, 1200, 0]
    assert series.quality == [Quality.MEASURED] * 3
    assert series.complete_until == MIDNIGHT + 3 * HOUR
    assert series.gaps == []


def test_readings_off_the_hour_are_joined_by_a_line(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, start=MIDNIGHT - HOUR / 2, step=HOUR, energies_wh=[0, 1001, 2000])
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + HOUR), Resolution.HOUR)
    # 500.5 and 1500.5, both rounded down: what the one lacks the other has.
    assert series.energy_wh.tolist() == [1000]
    assert series.quality == [Quality.MEASURED]


def test_an_interval_that_is_not_complete_is_left_out(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, start=MIDNIGHT, step=HOUR / 2, energies_wh=[0, 100, 200, 300])
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 5 * HOUR), Resolution.HOUR)
    assert series.energy_wh.tolist() == [200]
    assert series.complete_until == MIDNIGHT + 1.5 * HOUR


def test_a_gap_keeps_its_sum_and_says_that_the_split_is_estimated(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, start=MIDNIGHT, step=HOUR, energies_wh=[0, 100])
    readings(meter, start=MIDNIGHT + 6 * HOUR, step=HOUR, energies_wh=[1100, 1200])
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 7 * HOUR), Resolution.HOUR)
    assert series.energy_wh.tolist() == [100, 200, 200, 200, 200, 200, 100]
    assert series.quality == [Quality.MEASURED, *[Quality.ESTIMATED] * 5, Quality.MEASURED]
    assert series.gaps == [Period(MIDNIGHT + HOUR, MIDNIGHT + 6 * HOUR)]


def test_a_falling_register_is_suspect_and_still_adds_up(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, start=MIDNIGHT, step=HOUR, energies_wh=[5000, 1000, 1100])
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 2 * HOUR), Resolution.HOUR)
    assert series.energy_wh.tolist() == [-4000, 100]
    assert series.quality == [Quality.SUSPECT, Quality.MEASURED]


def test_a_register_the_meter_itself_doubts_is_suspect(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, start=MIDNIGHT, step=HOUR, energies_wh=[0])
    a_reading(device=meter, measured_at=MIDNIGHT + HOUR, energy_wh=10, quality=Quality.SUSPECT)
    a_reading(
        device=meter,
        measured_at=MIDNIGHT + 2 * HOUR,
        energy_wh=20,
        quality=Quality.SUSPECT,
        doubts="energy_wh",
    )
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 2 * HOUR), Resolution.HOUR)
    assert series.quality == [Quality.SUSPECT, Quality.SUSPECT]


def test_a_register_beside_a_gauge_that_the_meter_doubts_is_measured(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, start=MIDNIGHT, step=HOUR, energies_wh=[0])
    for n in (1, 2):
        at, wh = MIDNIGHT + n * HOUR, 10 * n
        a_reading(
            device=meter, measured_at=at, energy_wh=wh, quality=Quality.SUSPECT, doubts="flow_l_h return_c"
        )
    # On the hour, and on a line between two readings.
    for start in (MIDNIGHT, MIDNIGHT + HOUR / 2):
        series = consumption(household.pk, Period(start, start + HOUR), Resolution.HOUR)
        assert set(series.quality) == {Quality.MEASURED}


def test_a_meter_exchange_in_the_middle_of_an_hour_loses_nothing(household: Household) -> None:
    exchange = MIDNIGHT + 1.5 * HOUR
    old = a_meter(household=household, ends_at=exchange)
    new = a_meter(household=household, starts_at=exchange)
    readings(old, start=MIDNIGHT, step=HOUR / 2, energies_wh=[9000, 9100, 9200, 9350])
    readings(new, start=exchange, step=HOUR / 2, energies_wh=[7, 107, 207, 307])
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 3 * HOUR), Resolution.HOUR)
    assert series.energy_wh.tolist() == [200, 150 + 100, 200]
    assert series.quality == [Quality.MEASURED] * 3


def test_two_meters_of_a_home_are_added(household: Household) -> None:
    for energies_wh in ([0, 100, 300], [50, 60, 70]):
        readings(a_meter(household=household), start=MIDNIGHT, step=HOUR, energies_wh=energies_wh)
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 2 * HOUR), Resolution.HOUR)
    assert series.energy_wh.tolist() == [110, 210]


def test_while_no_meter_hung_there_is_no_consumption_rather_than_none_used(household: Household) -> None:
    meter = a_meter(household=household, starts_at=MIDNIGHT + HOUR)
    readings(meter, start=MIDNIGHT + HOUR, step=HOUR, energies_wh=[0, 100])
    series = consumption(household.pk, Period(MIDNIGHT - 5 * HOUR, MIDNIGHT + 2 * HOUR), Resolution.HOUR)
    assert series.starts == [MIDNIGHT + HOUR]


def test_a_meter_nobody_has_heard_of_makes_an_empty_series(household: Household) -> None:
    a_meter(household=household)
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + DAY), Resolution.DAY)
    assert (series.starts, series.energy_wh.tolist(), series.complete_until) == ([], [], None)


def test_the_time_before_the_first_reading_is_a_gap(household: Household) -> None:
    meter = a_meter(household=household, starts_at=MIDNIGHT)
    readings(meter, start=MIDNIGHT + 5 * HOUR, step=HOUR, energies_wh=[0, 100])
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 6 * HOUR), Resolution.HOUR)
    # The meter began at its first register, so the first hour that is known begins there.
    assert series.starts == [MIDNIGHT + 5 * HOUR]
    assert series.gaps == [Period(MIDNIGHT, MIDNIGHT + 5 * HOUR)]


@pytest.mark.django_db
def test_days_are_the_utilitys_own_of_23_and_25_hours() -> None:
    copenhagen = ZoneInfo("Europe/Copenhagen")
    with utility_scope(a_utility(time_zone="Europe/Copenhagen")):
        household = a_household()
        meter = a_meter(household=household, starts_at=datetime(2025, 1, 1, tzinfo=UTC))
        start = local_midnight(date(2025, 3, 29), copenhagen)
        readings(meter, start=start.astimezone(UTC), step=HOUR, energies_wh=EVEN)
        spring = consumption(household.pk, Period(start, start + 3 * DAY), Resolution.DAY)
        start = local_midnight(date(2025, 10, 25), copenhagen)
        readings(meter, start=start.astimezone(UTC), step=HOUR, energies_wh=EVEN)
        autumn = consumption(household.pk, Period(start, start + 2 * DAY), Resolution.DAY)
    assert [(e - s) / HOUR for s, e in zip(spring.starts, spring.ends, strict=True)] == [24, 23, 24]
    assert spring.energy_wh.tolist() == [2400, 2300, 2400]
    assert [(e - s) / HOUR for s, e in zip(autumn.starts, autumn.ends, strict=True)] == [24, 25]
    assert autumn.energy_wh.tolist() == [2400, 2500]


def test_months_begin_at_local_midnight_and_raw_is_as_it_was_read(household: Household) -> None:
    meter = a_meter(household=household)
    start = local_midnight(date(2025, 12, 1), BEIJING)
    readings(meter, start=start, step=DAY, energies_wh=[n * 1000 for n in range(65)])
    months = consumption(household.pk, Period(start, start + 62 * DAY), Resolution.MONTH)
    assert months.starts == [start, local_midnight(date(2026, 1, 1), BEIJING)]
    assert months.energy_wh.tolist() == [31_000, 31_000]
    raw = consumption(household.pk, Period(start, start + 2 * DAY), Resolution.RAW)
    assert (raw.starts, raw.energy_wh.tolist()) == ([start, start + DAY], [1000, 1000])


def test_the_month_somebody_moved_in_begins_on_that_day_and_ends_when_they_leave(
    household: Household,
) -> None:
    start = local_midnight(date(2025, 12, 1), BEIJING)
    meter = a_meter(household=household)
    readings(meter, start=start, step=DAY, energies_wh=[n * n * 100 for n in range(70)])
    in_at, out_at = start + 14 * DAY, start + 40 * DAY
    asked = Period(start, start + 62 * DAY)

    months = consumption(household.pk, asked, Resolution.MONTH, within=Period(in_at, out_at))

    assert (months.starts, months.ends) == ([in_at, start + 31 * DAY], [start + 31 * DAY, out_at])
    assert months.energy_wh.tolist() == [(31**2 - 14**2) * 100, (40**2 - 31**2) * 100]
    days = consumption(household.pk, asked, Resolution.DAY, within=Period(in_at, out_at))
    assert (days.starts[0], days.ends[-1]) == (in_at, out_at)
    assert days.energy_wh.sum() == months.energy_wh.sum()


def test_a_month_cut_off_where_a_day_is_missing_is_left_out(household: Household) -> None:
    start = local_midnight(date(2025, 12, 1), BEIJING)
    readings(a_meter(household=household), start=start, step=DAY, energies_wh=[0, 1000, 2000, 3000])

    months = consumption(
        household.pk, Period(start, start + 31 * DAY), Resolution.MONTH, within=Period(start + DAY)
    )

    assert months.starts == []


@pytest.mark.parametrize("resolution", [Resolution.HOUR, Resolution.DAY, Resolution.MONTH])
@pytest.mark.parametrize("count", [1, 3])
def test_the_statements_do_not_grow_with_meters_and_hours(
    household: Household,
    resolution: Resolution,
    count: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(count):
        readings(a_meter(household=household), start=MIDNIGHT, step=HOUR, energies_wh=list(range(30 * count)))
    cut_consumption(at=MIDNIGHT)

    with django_assert_num_queries(3):  # the calendar, the meters, the intervals
        queries.consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + count * DAY), resolution)


def test_what_was_cut_is_what_is_billed(household: Household) -> None:
    start = local_midnight(date(2026, 1, 1), BEIJING)
    meter = a_meter(household=household)
    readings(
        meter, start=start - 7 * HOUR / 2, step=HOUR, energies_wh=[777 * n + n * n for n in range(24 * 33)]
    )

    billed = metered_energy([household.pk], Period(date(2026, 1, 1), date(2026, 2, 1)))[household.pk]

    for resolution in (Resolution.HOUR, Resolution.DAY, Resolution.MONTH):
        shown = consumption(household.pk, Period(start, start + 31 * DAY), resolution)
        assert shown.energy_wh.sum() == billed.energy_wh


def test_a_series_nobody_can_look_at_is_refused(household: Household) -> None:
    with pytest.raises(TooManyPointsError):
        consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 2001 * HOUR), Resolution.HOUR)
    a_reading(device=a_meter(household=household), measured_at=MIDNIGHT)
    assert consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 2000 * HOUR), Resolution.HOUR).starts == []
    with pytest.raises(OpenPeriodError):
        consumption(household.pk, Period(MIDNIGHT), Resolution.DAY)


def test_another_utilitys_home_is_not_there(household: Household) -> None:
    a_reading(device=a_meter(household=household))
    with utility_scope(a_utility()):
        assert metered_energy([household.pk], Period(date(2026, 1, 1), date(2026, 2, 1))) == {}
        with pytest.raises(Household.DoesNotExist):
            consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + DAY), Resolution.DAY)


def test_a_bill_needs_to_know_whose_calendar(utility: Utility) -> None:
    del utility
    with pytest.raises(NoUtilityInScopeError):
        metered_energy([1], Period(date(2026, 1, 1), date(2026, 2, 1)))


def test_a_billing_period_is_cut_at_local_midnight_and_says_where_it_was_read(household: Household) -> None:
    meter = a_meter(household=household, serial="58496405")
    start = local_midnight(date(2026, 1, 1), BEIJING)
    readings(meter, start=start, step=HOUR, energies_wh=[500 * n for n in range(24 * 31 + 2)])
    found = metered_energy([household.pk], Period(date(2026, 1, 1), date(2026, 2, 1)))[household.pk]
    assert found.energy_wh == 500 * 24 * 31
    assert [one.serial for one in found.meters] == ["58496405"]
    assert (found.opening.at, found.opening.energy_wh, found.opening.quality) == (start, 0, Quality.MEASURED)
    assert (found.closing.at, found.closing.quality) == (start + 31 * DAY, Quality.MEASURED)


def test_a_bill_without_a_reading_at_its_end_says_that_it_is_estimated(household: Household) -> None:
    meter = a_meter(household=household)
    start = local_midnight(date(2026, 1, 1), BEIJING)
    readings(meter, start=start, step=DAY, energies_wh=[0, 1000, 2000])
    found = metered_energy([household.pk], Period(date(2026, 1, 1), date(2026, 2, 1)))[household.pk]
    assert found.energy_wh == 2000
    assert (found.closing.at, found.closing.quality) == (start + 2 * DAY, Quality.ESTIMATED)


def test_a_bill_across_a_gap_splits_it_and_says_so(household: Household) -> None:
    meter = a_meter(household=household)
    start = local_midnight(date(2026, 1, 1), BEIJING)
    readings(meter, start=start - DAY, step=2 * DAY, energies_wh=[0, 1000])
    found = metered_energy([household.pk], Period(date(2026, 1, 1), date(2026, 1, 2)))[household.pk]
    assert (found.opening.energy_wh, found.opening.quality) == (500, Quality.ESTIMATED)
    assert found.energy_wh == 500


def test_a_bill_over_an_exchange_names_both_meters(household: Household) -> None:
    start = local_midnight(date(2026, 1, 1), BEIJING)
    exchange = start + 10 * DAY
    old = a_meter(household=household, serial="OLD", ends_at=exchange)
    new = a_meter(household=household, serial="NEW", starts_at=exchange)
    readings(old, start=start, step=DAY, energies_wh=[1000 * n for n in range(11)])
    readings(new, start=exchange, step=DAY, energies_wh=[3 + 2000 * n for n in range(30)])
    found = metered_energy([household.pk], Period(date(2026, 1, 1), date(2026, 2, 1)))[household.pk]
    assert [(one.serial, one.energy_wh) for one in found.meters] == [("OLD", 10_000), ("NEW", 42_000)]
    assert found.energy_wh == 52_000
    assert [one.closing.quality for one in found.meters] == [Quality.MEASURED, Quality.MEASURED]


def test_a_meter_on_a_shelf_costs_nobody_anything(household: Household) -> None:
    a_gateway()
    a_meter(household=household)
    assert metered_energy([household.pk], Period(date(2026, 1, 1), date(2026, 2, 1))) == {}


@pytest.mark.parametrize("count", [1, 3])
def test_one_statement_bills_any_number_of_homes(
    household: Household, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    homes = [a_household(building=household.building) for _ in range(count)]
    for home in homes:
        readings(a_meter(household=home), start=MIDNIGHT, step=DAY, energies_wh=[0, 1000])
    with django_assert_num_queries(2):  # the utility's calendar, and the registers
        found = metered_energy([home.pk for home in homes], Period(date(2026, 1, 5), date(2026, 1, 6)))
    assert {home_id: metered.energy_wh for home_id, metered in found.items()} == {
        home.pk: 1000 for home in homes
    }


@settings(deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(1, 10**6), st.integers(-(10**6), 10**8)), min_size=2, max_size=12),
    cuts=st.lists(st.integers(-(10**5), 10**7), min_size=2, max_size=12, unique=True),
)
def test_whatever_is_cut_out_of_a_register_adds_up_to_it(
    steps: list[tuple[int, int]], cuts: list[int]
) -> None:
    """Telescoping, for any readings and any cuts, and never outside of the two registers around a cut."""
    times, energies_wh = [0], [0]
    for seconds, energy_wh in steps:
        times.append(times[-1] + seconds)
        energies_wh.append(energies_wh[-1] + energy_wh)
    instants = [LONG_AGO + timedelta(seconds=cut) for cut in sorted(cuts)]
    rows = [_bracket(n, cut, times, energies_wh) for n, cut in enumerate(sorted(cuts), start=1)]
    found = registers(rows, instants).tolist()
    assert sum(b - a for a, b in pairwise(found)) == found[-1] - found[0]
    for row, register in zip(rows, found, strict=True):
        around = [wh for wh in (row.before_wh, row.after_wh) if wh is not None]
        assert min(around) <= register <= max(around)


def _bracket(n: int, cut: int, times: list[int], energies_wh: list[int]) -> Bracket:
    before = [k for k, at in enumerate(times) if at <= cut]
    after = [k for k, at in enumerate(times) if at > cut]
    return Bracket(
        n=n,
        installation_id=1,
        household_id=1,
        serial="",
        starts_at=LONG_AGO,
        ends_at=None,
        before_at=LONG_AGO + timedelta(seconds=times[before[-1]]) if before else None,
        before_wh=energies_wh[before[-1]] if before else None,
        before_quality=Quality.MEASURED if before else None,
        after_at=LONG_AGO + timedelta(seconds=times[after[0]]) if after else None,
        after_wh=energies_wh[after[0]] if after else None,
        after_quality=Quality.MEASURED if after else None,
    )
