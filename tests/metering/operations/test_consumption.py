"""Cutting registers into hours, days and months: exact, in any order, once, and only what is new."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction

from accounts.models import Building, Household, Utility
from accounts.period import local_midnight
from accounts.scope import utility_scope
from metering.enums import PlaceSum, Quality, Resolution
from metering.models import (
    ConsumptionCursor,
    ConsumptionMark,
    Installation,
    MeterConsumption,
    PlaceConsumption,
)
from metering.operations.consumption import Cut, cut_consumption, cut_in_turn
from metering.operations.exchange import Slip, exchange_meter
from metering.tasks import cut_consumption_task
from tests.factories import a_building, a_household, a_substation, a_user, a_utility
from tests.metering.cutting import HOUR, MIDNIGHT, cut, cut_from_scratch, everything, flag, readings, rows
from tests.metering.factories import NOON, a_device, a_meter, a_reading, an_installation

pytestmark = pytest.mark.django_db


def test_an_hour_is_the_difference_of_its_registers(household: Household) -> None:
    readings(a_meter(household=household), [1000, 3000, 3500])

    cut()

    assert rows() == [
        (MIDNIGHT, 2000, Quality.MEASURED),
        (MIDNIGHT + HOUR, 500, Quality.MEASURED),
    ]
    assert rows(Resolution.DAY) == []  # the day has not ended
    assert ConsumptionMark.objects.count() == 0
    assert ConsumptionCursor.objects.get().cut_at == NOON


def test_between_readings_the_register_is_on_a_line_and_nothing_is_lost_to_rounding(
    household: Household,
) -> None:
    readings(a_meter(household=household), [0, 1001], start=MIDNIGHT - timedelta(minutes=20), step=3 * HOUR)

    cut()

    assert [energy for _at, energy, _quality in rows()] == [111, 333, 334]
    assert {quality for _at, _energy, quality in rows()} == {Quality.ESTIMATED}


def test_the_first_hour_counts_from_the_first_register(household: Household) -> None:
    first = MIDNIGHT + timedelta(minutes=20)
    meter = a_meter(household=household, starts_at=first - timedelta(minutes=5))
    readings(meter, [100, 400], start=first, step=timedelta(minutes=40))

    cut()

    assert rows() == [(MIDNIGHT, 300, Quality.MEASURED)]


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 1, 5), 24)])
def test_a_day_has_the_hours_of_the_utilitys_clock(day: tuple[int, int, int], hours: int) -> None:
    zone = ZoneInfo("Europe/Stockholm")
    with utility_scope(a_utility(time_zone=zone.key)):
        meter = a_meter(household=a_household(), starts_at=datetime(2025, 1, 1, tzinfo=UTC))
        start = local_midnight(datetime(*day).date(), zone).astimezone(UTC)  # noqa: DTZ001 - only the date
        readings(meter, range(0, 1000 * (hours + 2), 1000), start=start)

        cut()

        assert [energy for _at, energy, _q in rows()] == [1000] * (hours + 1)
        assert rows(Resolution.DAY) == [(start, 1000 * hours, Quality.MEASURED)]


def test_a_month_is_the_sum_of_its_days(household: Household) -> None:
    first = datetime(2026, 1, 31, 16, tzinfo=UTC)  # the 1st of February in Beijing
    readings(a_meter(household=household), range(0, 29_000, 1000), start=first, step=timedelta(days=1))

    cut()

    assert rows(Resolution.MONTH) == [(first, 28_000, Quality.MEASURED)]
    assert len(rows(Resolution.DAY)) == 28


def test_a_zone_of_half_hours_is_cut_at_its_own_hours() -> None:
    with utility_scope(a_utility(time_zone="Asia/Kolkata")):
        readings(
            a_meter(household=a_household()),
            [0, 500, 1500, 2500],
            start=MIDNIGHT,
            step=timedelta(minutes=30),
        )

        cut()

        assert rows() == [
            (MIDNIGHT - HOUR / 2, 500, Quality.ESTIMATED),
            (MIDNIGHT + HOUR / 2, 2000, Quality.MEASURED),
        ]


def test_a_late_reading_reopens_only_the_hours_it_lies_between(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, [0, 1000, 2000])
    readings(meter, [8000, 9000], start=MIDNIGHT + 8 * HOUR)
    cut()
    assert [energy for _at, energy, _q in rows()] == [1000] * 9
    assert [q for _at, _e, q in rows()][2:8] == [Quality.ESTIMATED] * 6

    a_reading(device=meter, measured_at=MIDNIGHT + 5 * HOUR, energy_wh=2600)
    changed = cut_consumption(at=NOON)

    assert [energy for _at, energy, _q in rows()] == [1000, 1000, 200, 200, 200, 1800, 1800, 1800, 1000]
    assert (changed.marks, changed.rows) == (1, 6)


def test_a_reading_between_two_that_stand_on_the_hour_changes_nothing(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, [0, 1000, 2000])
    before = cut()

    a_reading(device=meter, measured_at=MIDNIGHT + HOUR / 2, energy_wh=900)

    assert cut_consumption(at=NOON) == Cut(marks=1, rows=0)
    assert everything() == before == cut_from_scratch()


def test_a_flag_takes_a_reading_out_and_withdrawn_puts_it_back(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, [0, 1000, 900_000, 3000, 4000])
    before = cut()

    spike = flag(meter, MIDNIGHT + 2 * HOUR)
    cut()
    assert [energy for _at, energy, _q in rows()] == [1000, 1000, 1000, 1000]
    spike.withdrawn_at = NOON
    spike.save()

    assert cut() == before


def test_a_roll_over_loses_nothing(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, [999_999_000, 500, 1500])
    flag(meter, MIDNIGHT + HOUR, carry_wh=1_000_000_000)

    cut()

    assert [energy for _at, energy, _q in rows()] == [1500, 1000]


def test_an_exchange_in_mid_hour_neither_loses_nor_invents(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    at = MIDNIGHT + timedelta(hours=1, minutes=30)
    readings(old, [5000, 6000])
    exchange_meter(
        slip=Slip(
            installation=Installation.objects.get(device=old),
            new_device=new,
            exchanged_at=at,
            final_wh=6700,
            initial_wh=12,
            reason="worn out",
            made_by=a_user(),
        ),
        at=NOON,
    )
    readings(new, [312, 1312], start=MIDNIGHT + 2 * HOUR)

    cut()

    assert rows() == [
        (MIDNIGHT, 1000, Quality.MEASURED),
        (MIDNIGHT + HOUR, 700, Quality.MEASURED),
        (MIDNIGHT + HOUR, 300, Quality.MEASURED),
        (MIDNIGHT + 2 * HOUR, 1000, Quality.MEASURED),
    ]
    hour = PlaceConsumption.objects.get(
        place_sum=PlaceSum.BUILDING_HOMES, resolution=Resolution.HOUR, starts_at=MIDNIGHT + HOUR
    )
    assert (hour.energy_wh, hour.meters) == (1000, 2)


def test_an_estimated_register_makes_estimates_and_a_suspect_one_suspects(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, [0, 1000])
    a_reading(device=meter, measured_at=MIDNIGHT + 2 * HOUR, energy_wh=2000, quality=Quality.ESTIMATED)
    a_reading(device=meter, measured_at=MIDNIGHT + 3 * HOUR, energy_wh=3000)
    a_reading(device=meter, measured_at=MIDNIGHT + 4 * HOUR, energy_wh=4000, quality=Quality.SUSPECT)

    cut()

    assert [quality for _at, _energy, quality in rows()] == [
        *(Quality.MEASURED, Quality.ESTIMATED, Quality.ESTIMATED, Quality.SUSPECT)
    ]


def test_a_falling_register_is_negative_and_suspect(household: Household) -> None:
    readings(a_meter(household=household), [5000, 4000])

    cut()

    assert rows() == [(MIDNIGHT, -1000, Quality.SUSPECT)]


def test_a_meter_taken_down_stands_where_it_stood(household: Household) -> None:
    end = MIDNIGHT + timedelta(hours=3, minutes=20)
    readings(a_meter(household=household, ends_at=end), [0, 1000, 1500])

    cut()

    assert [energy for _at, energy, _q in rows()] == [1000, 500, 0, 0]
    assert [quality for _at, _e, quality in rows()] == [Quality.MEASURED] * 4
    assert rows(Resolution.DAY) == [(MIDNIGHT, 1500, Quality.MEASURED)]


def test_a_removal_entered_later_closes_the_day_and_taken_back_opens_it(household: Household) -> None:
    meter = a_meter(household=household)
    readings(meter, [0, 1000, 1500])
    before = cut()
    hung = Installation.objects.get(device=meter)

    hung.ends_at = MIDNIGHT + 2 * HOUR
    hung.save()
    cut()
    assert rows(Resolution.DAY) == [(MIDNIGHT, 1500, Quality.MEASURED)]
    hung.ends_at = None
    hung.save()

    assert cut() == before


def test_a_meter_hung_elsewhere_takes_its_heat_along(household: Household) -> None:
    meter, other = a_meter(household=household), a_household()
    readings(meter, [0, 1000, 1500])
    cut()

    Installation.objects.filter(device=meter).update(household=other)
    cut()

    assert {row.household_id for row in MeterConsumption.objects.all()} == {other.pk}
    homes = PlaceConsumption.objects.filter(place_sum=PlaceSum.BUILDING_HOMES)
    assert {row.place_id for row in homes} == {other.building_id}


def test_a_deleted_installation_leaves_nothing_behind(household: Household) -> None:
    readings(a_meter(household=household), [0, 1000, 1500])
    cut()

    Installation.objects.all().delete()

    assert cut() == ([], [])


def test_a_building_on_another_station_and_a_utility_on_another_clock_are_cut_anew(
    household: Household,
) -> None:
    meter = a_meter(household=household)
    readings(meter, range(0, 50_000, 1000))
    cut()
    elsewhere = a_substation()

    Building.objects.filter(pk=household.building_id).update(substation=elsewhere)
    Utility.objects.filter(pk=household.utility_id).update(time_zone="Asia/Tokyo")
    found = cut()

    assert found == cut_from_scratch()
    assert rows(Resolution.DAY)[0][0] == MIDNIGHT - HOUR
    places = PlaceConsumption.objects.filter(place_sum=PlaceSum.SUBSTATION_HOMES)
    assert {row.place_id for row in places} == {elsewhere.pk}


def test_places_are_the_sums_of_what_hangs_in_them(household: Household) -> None:
    building = household.building
    station = building.substation
    main, own = a_device(), a_device()
    an_installation(device=main, building=building)
    an_installation(device=own, substation=station)
    flats = [a_meter(household=household), a_meter(household=a_household(building=building))]
    for meter, step in zip((main, own, *flats), (1000, 1500, 300, 500), strict=True):
        readings(meter, [0, step])
    elsewhere = a_building(substation=station)
    readings(a_meter(household=a_household(building=elsewhere)), [0, 77])

    cut()

    hour = PlaceConsumption.objects.filter(resolution=Resolution.HOUR)
    assert set(hour.values_list("place_sum", "place_id", "energy_wh", "meters")) == {
        (PlaceSum.BUILDING, building.pk, 1000, 1),
        (PlaceSum.BUILDING_HOMES, building.pk, 800, 2),
        (PlaceSum.BUILDING_HOMES, elsewhere.pk, 77, 1),
        (PlaceSum.SUBSTATION, station.pk, 1500, 1),
        (PlaceSum.SUBSTATION_BUILDINGS, station.pk, 1000, 1),
        (PlaceSum.SUBSTATION_HOMES, station.pk, 877, 3),
    }


def test_nothing_marked_is_nothing_done(household: Household) -> None:
    readings(a_meter(household=household), [0, 1000])
    cut()

    again = cut_consumption(at=NOON)

    assert (again.marks, again.rows) == (0, 0)


def test_a_run_that_dies_leaves_its_marks(household: Household) -> None:
    readings(a_meter(household=household), [0, 1000, 2000])
    marks = set(ConsumptionMark.objects.values_list("pk", flat=True))

    class KilledError(Exception):
        """As good as kill -9: nothing is committed."""

    def die() -> None:
        with transaction.atomic():
            cut_consumption(at=NOON)
            assert len(rows()) == 2
            raise KilledError

    with pytest.raises(KilledError):
        die()

    assert rows() == []
    assert set(ConsumptionMark.objects.values_list("pk", flat=True)) == marks
    cut()
    assert len(rows()) == 2


def test_small_slices_come_to_the_same(household: Household) -> None:
    for _ in range(3):
        readings(a_meter(household=a_household(building=household.building)), range(0, 60_000, 1000))
    cut_consumption(at=NOON, slice_hours=1)

    assert everything() == cut_from_scratch()


def test_a_run_in_turn_leaves_the_slices_above_its_number_to_the_next(household: Household) -> None:
    for _ in range(3):
        readings(a_meter(household=a_household(building=household.building)), [0, 1000])
    marks = ConsumptionMark.objects.count()

    assert cut_in_turn(at=NOON, slice_hours=1, most_slices=2).marks == 2

    assert ConsumptionMark.objects.count() == marks - 2
    cut_in_turn(at=NOON)
    assert ConsumptionMark.objects.count() == 0
    assert everything() == cut_from_scratch()


@pytest.mark.django_db(transaction=True)
def test_a_run_in_turn_does_not_wait_for_another(household: Household) -> None:
    readings(a_meter(household=household), [0, 1000])
    ConsumptionCursor.objects.create(utility=household.utility)
    marks = ConsumptionMark.objects.count()
    another = connection.copy()
    another.set_autocommit(False)
    try:
        with another.cursor() as cursor:
            cursor.execute("SELECT FROM metering_consumptioncursor FOR UPDATE")

        assert cut_in_turn(at=NOON) == Cut()

        assert ConsumptionMark.objects.count() == marks > 0
    finally:
        another.rollback()
        another.close()

    assert cut_in_turn(at=NOON).marks == marks


def test_a_run_stays_within_its_utility(household: Household) -> None:
    with utility_scope(a_utility()):
        readings(a_meter(household=a_household()), [0, 1000])
    readings(a_meter(household=household), [0, 1000])

    cut()

    with utility_scope(household.utility):
        assert len(rows()) == 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM metering_meterconsumption")
        assert cursor.fetchone() == (1,)


def test_the_task_serves_every_utility_in_its_own_scope(utility: Utility) -> None:
    homes = [utility, a_utility()]
    for each in homes:
        with utility_scope(each):
            readings(a_meter(household=a_household()), [0, 1000])

    cut_consumption_task()
    for each in homes:
        with utility_scope(each):
            assert [energy for _at, energy, _q in rows()] == [1000]
