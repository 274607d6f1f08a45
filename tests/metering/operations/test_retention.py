"""What need not be kept goes, in steps, each utility by its own rules; what was cut out of it stays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts.models import Household, Utility
from accounts.period import Period
from accounts.scope import utility_scope
from metering.models import ConsumptionMark, Device, Reading, RoomTemperature, StorageRules, TelemetryValue
from metering.operations.consumption import mark_everything
from metering.operations.retention import Pruned, prune
from tests.factories import a_household, a_utility
from tests.metering.cutting import HOUR, cut, everything, flag, readings
from tests.metering.factories import (
    NOON,
    a_controller,
    a_meter,
    a_reading,
    a_room_sensor,
    a_room_temperature,
    a_telemetry_value,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
# Midnight in Beijing of the 2nd of January 2023, 1,099 days before NOON's day: the bound of 1,099 days.
BOUND = datetime(2023, 1, 1, 16, tzinfo=UTC)
KEPT_DAYS = 1099


def nothing(_homes: Collection[int]) -> list[tuple[int, Period[date]]]:
    """No bill stands for any home."""
    return []


def hours_of(meter: Device) -> list[float]:
    """How many hours before or after the bound each reading lies."""
    return [
        (at - BOUND) / HOUR
        for at in Reading.objects.filter(device=meter)
        .order_by("measured_at")
        .values_list("measured_at", flat=True)
    ]


def an_old_meter(household: Household, *, hours: int = 96) -> Device:
    """A meter read every hour, half of the time before the bound and half after it."""
    start = BOUND - hours / 2 * HOUR
    meter = a_meter(household=household, starts_at=start)
    readings(meter, [1000 * n for n in range(hours)], start=start + HOUR / 3)
    return meter


def test_without_rules_everything_is_kept(household: Household) -> None:
    an_old_meter(household)

    assert prune(at=NOON, kept_of=nothing) == Pruned()
    StorageRules.objects.create()
    assert prune(at=NOON, kept_of=nothing) == Pruned()

    assert Reading.objects.count() == 96


def test_readings_before_the_bound_go_but_the_last_one(household: Household) -> None:
    meter = an_old_meter(household)
    StorageRules.objects.create(readings_days=KEPT_DAYS)

    assert prune(at=NOON, kept_of=nothing) == Pruned(readings=47)

    hours = hours_of(meter)
    assert (len(hours), round(hours[0], 3)) == (49, -0.667)
    assert StorageRules.objects.get().readings_kept_from == BOUND
    assert prune(at=NOON, kept_of=nothing) == Pruned()


def test_the_reading_that_is_kept_at_the_bound_is_one_that_counts(household: Household) -> None:
    meter = an_old_meter(household)
    flag(meter, BOUND - 2 * HOUR / 3)
    StorageRules.objects.create(readings_days=KEPT_DAYS)

    prune(at=NOON, kept_of=nothing)

    assert [round(hour, 3) for hour in hours_of(meter)[:2]] == [-1.667, -0.667]


def test_consumption_stays_whatever_is_marked_afterwards(household: Household) -> None:
    meter = an_old_meter(household)
    before = cut()
    StorageRules.objects.create(readings_days=KEPT_DAYS)

    assert prune(at=NOON, kept_of=nothing).readings == 47

    assert ConsumptionMark.objects.count() == 0
    assert everything() == before
    mark_everything()
    assert cut() == before
    # A reading that comes three years late finds its hours closed.
    a_reading(device=meter, measured_at=BOUND - 30 * HOUR, energy_wh=1)
    assert cut() == before


def test_what_was_not_yet_cut_is_cut_before_its_readings_go(household: Household) -> None:
    an_old_meter(household)
    StorageRules.objects.create(readings_days=KEPT_DAYS)
    assert ConsumptionMark.objects.exists()

    prune(at=NOON, kept_of=nothing)

    meters, _places = everything()
    assert len(meters) == 95 + 4 + 0  # hours, the days that have ended


def test_each_utility_keeps_by_its_own_rules(scoped: Utility, household: Household) -> None:
    mine = an_old_meter(household)
    StorageRules.objects.create(readings_days=KEPT_DAYS)
    other = a_utility(slug="other")
    with utility_scope(other):
        theirs = an_old_meter(a_household())
        StorageRules.objects.create(readings_days=KEPT_DAYS + 1)

    for utility, gone in ((scoped, 47), (other, 23)):
        with utility_scope(utility):
            assert prune(at=NOON, kept_of=nothing) == Pruned(readings=gone)
    assert len(hours_of(mine)) == 49
    with utility_scope(other):
        assert len(hours_of(theirs)) == 73


def test_the_days_of_a_bill_stay_with_the_readings_around_them(household: Household) -> None:
    meter = an_old_meter(household)
    StorageRules.objects.create(readings_days=KEPT_DAYS)
    billed = Period(date(2023, 1, 1), date(2023, 1, 2))

    # 48 hours before the bound: one day before the bill, and the billed day.
    gone = prune(at=NOON, kept_of=lambda homes: [(home, billed) for home in homes])

    assert gone == Pruned(readings=23)
    assert round(hours_of(meter)[0], 3) == -24.667


def test_days_of_a_bill_long_before_the_bound_stay_alone(household: Household) -> None:
    meter = an_old_meter(household, hours=240)
    StorageRules.objects.create(readings_days=KEPT_DAYS)
    billed = Period(date(2022, 12, 30), date(2022, 12, 31))

    prune(at=NOON, kept_of=lambda homes: [(home, billed) for home in homes])

    before = [round(hour, 3) for hour in hours_of(meter) if hour < 0]
    # The day is 72 to 48 hours before the bound.
    assert before == [round(-72.667 + n, 3) for n in range(26)] + [-0.667]


def test_a_run_killed_between_two_steps_is_continued(household: Household) -> None:
    meter = an_old_meter(household)
    before = cut()
    StorageRules.objects.create(readings_days=KEPT_DAYS)
    with connection.cursor() as cursor:
        # The database refuses the day before the bound, as if it went away in the middle of the run.
        cursor.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE 'gone away'; END$$;"
            "CREATE TRIGGER refuse BEFORE DELETE ON metering_reading FOR EACH ROW"
            f" WHEN (OLD.measured_at > '{(BOUND - DAY).isoformat()}') EXECUTE FUNCTION refuse()"
        )

    with pytest.raises(DatabaseError, match="gone away"):
        prune(at=NOON, kept_of=nothing, window=timedelta(hours=6))

    stopped = len(hours_of(meter))
    assert 49 < stopped < 96
    mark_everything()
    assert cut() == before
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER refuse ON metering_reading")
    assert prune(at=NOON, kept_of=nothing, window=timedelta(hours=6)) == Pruned(readings=stopped - 49)
    assert everything() == before


def test_rooms_and_telemetry_have_days_of_their_own(household: Household) -> None:
    sensor = a_room_sensor(household=household)
    controller = a_controller(substation=household.building.substation)
    for days in (59, 61, 99, 101):
        a_room_temperature(device=sensor, measured_at=NOON - days * DAY)
        a_telemetry_value(device=controller, tag="outdoor_c", value=-3.0, measured_at=NOON - days * DAY)
    StorageRules.objects.create(rooms_days=60, telemetry_days=100)

    assert prune(at=NOON, kept_of=nothing) == Pruned(rooms=3, telemetry=1)

    assert (RoomTemperature.objects.count(), TelemetryValue.objects.count()) == (1, 3)


@pytest.mark.parametrize(
    ("field", "days"),
    [("readings_days", 1097), ("rooms_days", 59), ("telemetry_days", 59), ("compress_after_days", 6)],
)
def test_rules_below_what_bills_and_steering_need_are_refused(
    scoped: Utility,  # noqa: ARG001 - the scope
    field: str,
    days: int,
) -> None:
    with pytest.raises(IntegrityError, match="metering_storagerules"), transaction.atomic():
        StorageRules.objects.create(**{field: days})
    StorageRules.objects.create(**{field: days + 1})
