"""Cutting registers into hours, days and months: exact, in any order, once, and only what is new."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Building, Household, Utility
from accounts.period import local_midnight
from accounts.scope import utility_scope
from metering.enums import Finding, PlaceSum, Quality, Resolution
from metering.models import (
    ConsumptionCursor,
    ConsumptionMark,
    Device,
    Installation,
    MeterConsumption,
    PlaceConsumption,
    Reading,
    ReadingFlag,
)
from metering.operations.consumption import cut_consumption, mark_everything
from metering.operations.exchange import Slip, exchange_meter
from metering.tasks import cut_consumption_task
from tests.factories import a_building, a_household, a_substation, a_user, a_utility
from tests.metering.factories import NOON, a_device, a_meter, a_reading, an_installation

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)  # the 5th of January in Beijing
pytestmark = pytest.mark.django_db
FAST = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def readings(
    device: Device, energies_wh: Iterable[int], *, start: datetime = MIDNIGHT, step: timedelta = HOUR
) -> None:
    """One reading a step."""
    for n, energy_wh in enumerate(energies_wh):
        a_reading(device=device, measured_at=start + n * step, energy_wh=energy_wh)


def rows(resolution: Resolution = Resolution.HOUR, **where: Any) -> list[tuple[datetime, int, str]]:  # noqa: ANN401
    """What is stored: from when, how much, how good."""
    found = MeterConsumption.objects.filter(resolution=resolution, **where).order_by(
        "starts_at", "installation_id"
    )
    return list(found.values_list("starts_at", "energy_wh", "quality"))


def everything() -> tuple[list[Any], list[Any]]:
    """Both tables whole, in a fixed order."""
    meters = MeterConsumption.objects.order_by(
        "device_id", "resolution", "starts_at", "installation_id"
    ).values_list()
    places = PlaceConsumption.objects.order_by(
        "place_sum", "place_id", "resolution", "starts_at"
    ).values_list()
    return list(meters), list(places)


def cut() -> tuple[list[Any], list[Any]]:
    """Cut what is marked, and answer everything."""
    cut_consumption(at=NOON)
    return everything()


def cut_from_scratch() -> tuple[list[Any], list[Any]]:
    """Forget all consumption and cut it anew."""
    MeterConsumption.objects.all().delete()
    PlaceConsumption.objects.all().delete()
    mark_everything()
    return cut()


def flag(device: Device, at: datetime, *, carry_wh: int | None = None) -> ReadingFlag:
    """A reading nobody may cut at, or one that rolled over."""
    return ReadingFlag.objects.create(
        device=device,
        measured_at=at,
        finding=Finding.ROLLOVER if carry_wh else Finding.SPIKE,
        is_unusable=carry_wh is None,
        carry_wh=carry_wh,
        found_at=NOON,
    )


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


# --- laws -----------------------------------------------------------------------------------------

Said = tuple[int, int, int, Quality]  # meter, minutes, rise in Wh, quality


@st.composite
def histories(draw: st.DrawFn) -> list[list[Said]]:
    """Batches of what three meters said over five days, in any order, with repetitions."""
    said = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.integers(0, 5 * 24 * 60),
                st.integers(-500, 50_000),
                st.sampled_from([Quality.MEASURED, Quality.MEASURED, Quality.ESTIMATED, Quality.SUSPECT]),
            ),
            min_size=1,
            max_size=40,
        )
    )
    shuffled = draw(st.permutations([*said, *said[:5]]))
    size = draw(st.integers(1, 20))
    return [shuffled[n : n + size] for n in range(0, len(shuffled), size)]


def three_meters() -> list[Device]:
    """Two homes and the main meter of one building; the second meter is taken down on the 4th day."""
    building = a_building()
    flats = [a_household(building=building) for _ in range(2)]
    meters = [
        a_meter(household=flats[0]),
        a_meter(household=flats[1], ends_at=MIDNIGHT + timedelta(days=3, minutes=17)),
    ]
    main = a_device()
    an_installation(device=main, building=building)
    return [*meters, main]


def store(meters: Sequence[Device], batch: Sequence[Said]) -> None:
    """Store a batch; what is there stays."""
    Reading.objects.bulk_create(
        [
            Reading(
                device=meters[meter],
                measured_at=MIDNIGHT + timedelta(minutes=minutes),
                energy_wh=1_000_000 + 37 * minutes + rise_wh % 53,
                quality=quality,
                received_at=NOON,
            )
            for meter, minutes, rise_wh, quality in batch
        ],
        ignore_conflicts=True,
    )


@FAST
@given(batches=histories())
def test_any_order_and_any_repetition_come_to_what_a_recomputation_comes_to(
    batches: list[list[Said]],
) -> None:
    with transaction.atomic(), utility_scope(a_utility(time_zone="Europe/Stockholm")):
        meters = three_meters()
        for batch in batches:
            store(meters, batch)
            cut_consumption(at=NOON)
        found = everything()

        assert found == cut_from_scratch()
        transaction.set_rollback(True)


@FAST
@given(batches=histories())
def test_the_hours_of_a_meter_add_up_to_the_difference_of_its_registers(batches: list[list[Said]]) -> None:
    with transaction.atomic(), utility_scope(a_utility(time_zone="Europe/Stockholm")):
        meters = three_meters()
        for batch in batches:
            store(meters, batch)
        # A register beyond the last hour closes it.
        for meter in (meters[0], meters[2]):
            a_reading(device=meter, measured_at=MIDNIGHT + timedelta(days=40), energy_wh=9_000_000)
        cut_consumption(at=NOON)

        for meter in (meters[0], meters[2]):
            said = Reading.objects.filter(device=meter).order_by("measured_at")
            registers = list(said.values_list("energy_wh", flat=True))
            counted = sum(energy for _at, energy, _q in rows(device=meter))
            assert counted == (registers[-1] or 0) - (registers[0] or 0)
        transaction.set_rollback(True)


@FAST
@given(batches=histories())
def test_days_are_the_sums_of_their_hours_months_of_their_days_and_places_of_their_meters(
    batches: list[list[Said]],
) -> None:
    with transaction.atomic(), utility_scope(a_utility(time_zone="Europe/Stockholm")):
        meters = three_meters()
        for batch in batches:
            store(meters, batch)
            cut_consumption(at=NOON)

        for finer, wider in pairwise((Resolution.HOUR, Resolution.DAY, Resolution.MONTH)):
            for whole in MeterConsumption.objects.filter(resolution=wider):
                parts = MeterConsumption.objects.filter(
                    resolution=finer,
                    installation_id=whole.installation_id,
                    starts_at__gte=whole.starts_at,
                    starts_at__lt=whole.ends_at,
                )
                assert whole.energy_wh == sum(part.energy_wh for part in parts)
        sums: dict[tuple[str, datetime], list[int]] = defaultdict(lambda: [0, 0])
        for row in MeterConsumption.objects.exclude(household_id=None):
            one = sums[row.resolution, row.starts_at]
            one[0], one[1] = one[0] + row.energy_wh, one[1] + 1
        stored = PlaceConsumption.objects.filter(place_sum=PlaceSum.BUILDING_HOMES)
        assert {(row.resolution, row.starts_at): [row.energy_wh, row.meters] for row in stored} == sums
        transaction.set_rollback(True)


@FAST
@given(batches=histories(), seed=st.integers(0, 1000))
def test_flags_that_come_and_go_end_where_a_recomputation_ends(batches: list[list[Said]], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    with transaction.atomic(), utility_scope(a_utility(time_zone="Asia/Shanghai")):
        meters = three_meters()
        for batch in batches:
            store(meters, batch)
            cut_consumption(at=NOON)
            for meter, minutes, _rise, _quality in batch[:3]:
                at = MIDNIGHT + timedelta(minutes=minutes)
                known = ReadingFlag.objects.filter(device=meters[meter], measured_at=at, withdrawn_at=None)
                if known.update(withdrawn_at=NOON) == 0:
                    flag(meters[meter], at, carry_wh=chance.choice([None, 1_000_000]))
            cut_consumption(at=NOON)
        found = everything()

        assert found == cut_from_scratch()
        transaction.set_rollback(True)


def test_the_task_serves_every_utility_in_its_own_scope(utility: Utility) -> None:
    homes = []
    for each in (utility, a_utility()):
        with utility_scope(each):
            readings(a_meter(household=a_household()), [0, 1000])
            homes.append(each)

    cut_consumption_task()

    for each in homes:
        with utility_scope(each):
            assert [energy for _at, energy, _q in rows()] == [1000]
