"""What a home's own devices say: leaks, frost, unusual use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from accounts.models import Household, Notice, User, Utility
from metering.enums import Quality, Resolution
from metering.models import Device, Installation, MeterConsumption
from metering.operations.alerts import tell_of_danger, tell_of_use
from metering.queries.alerts import coldest_rooms, leaks, unusual_use
from tests.factories import a_household
from tests.metering.factories import a_meter, a_reading, a_room_sensor, a_room_temperature

AT = datetime(2026, 1, 10, 4, tzinfo=UTC)
MONDAY = datetime(2026, 1, 4, 16, tzinfo=UTC)  # the 5th begins in Beijing


def a_day_of(meter: Device, *, flow_l_h: float, cooling_k: float) -> None:
    for hour in range(24):
        a_reading(
            device=meter,
            measured_at=AT - timedelta(hours=hour),
            energy_wh=1_000 - hour,
            flow_l_h=flow_l_h,
            supply_c=40.0,
            return_c=40.0 - cooling_k,
        )


def test_water_that_passes_for_a_day_without_heat_is_a_leak(household: Household) -> None:
    a_day_of(a_meter(household=household), flow_l_h=25.0, cooling_k=0.5)

    (leak,) = leaks(at=AT)
    assert (leak.household_id, leak.status, leak.flow_l_h) == (household.pk, None, 25.0)


def test_water_that_heats_is_none(household: Household) -> None:
    a_day_of(a_meter(household=household), flow_l_h=25.0, cooling_k=15.0)

    assert leaks(at=AT) == []


def test_a_meter_may_report_a_leak_itself_but_not_for_ever(household: Household) -> None:
    meter = a_meter(household=household)
    a_reading(device=meter, measured_at=AT - timedelta(hours=1), energy_wh=1, status="LEAKAGE_IN_SYSTEM")

    assert [leak.status for leak in leaks(at=AT)] == ["LEAKAGE_IN_SYSTEM"]
    assert leaks(at=AT + timedelta(hours=3)) == []


def test_the_newest_value_of_the_coldest_room_counts(household: Household) -> None:
    cold, warm = (a_room_sensor(household=household) for _ in range(2))
    a_room_temperature(device=cold, measured_at=AT - timedelta(hours=1), temperature_c=4.0)
    a_room_temperature(device=cold, measured_at=AT - timedelta(minutes=5), temperature_c=7.0)
    a_room_temperature(device=warm, measured_at=AT - timedelta(minutes=5), temperature_c=20.0)

    assert coldest_rooms(at=AT) == [(household.pk, 7.0)]


def test_frost_is_told_once_a_day(household: Household, resident: User) -> None:
    sensor = a_room_sensor(household=household)
    a_room_temperature(device=sensor, measured_at=AT - timedelta(minutes=5), temperature_c=6.0)

    assert [tell_of_danger(at=AT), tell_of_danger(at=AT + timedelta(minutes=10))] == [1, 0]
    assert Notice.objects.get().user == resident


def five_weeks(household: Household, *, daily_wh: int, last_week_wh: int, utility: Utility) -> None:
    meter = a_meter(household=household)
    hung = Installation.objects.get(device=meter)
    MeterConsumption.objects.bulk_create(
        MeterConsumption(
            utility=utility,
            device=meter,
            installation=hung,
            resolution=Resolution.DAY,
            starts_at=MONDAY - timedelta(days=day + 1),
            ends_at=MONDAY - timedelta(days=day),
            energy_wh=last_week_wh if day < 7 else daily_wh,
            quality=Quality.MEASURED,
            start_gap_s=0,
            end_gap_s=0,
            household_id=household.pk,
            building_id=household.building_id,
        )
        for day in range(35)
    )


def test_a_cold_week_is_usual_and_an_open_window_is_not(
    household: Household, resident: User, scoped: Utility
) -> None:
    five_weeks(household, daily_wh=10_000, last_week_wh=30_000, utility=scoped)
    for _neighbour in range(2):
        neighbour = a_household(building=household.building)
        five_weeks(neighbour, daily_wh=10_000, last_week_wh=20_000, utility=scoped)

    ((home, percent),) = unusual_use(monday=MONDAY)
    assert (home, round(percent)) == (household.pk, 50)
    assert [tell_of_use(at=MONDAY + timedelta(hours=12)), tell_of_use(at=MONDAY + timedelta(days=2))] == [
        1,
        0,
    ]
    assert Notice.objects.get().user == resident


def test_a_home_alone_in_its_building_is_compared_with_nobody(household: Household, scoped: Utility) -> None:
    five_weeks(household, daily_wh=10_000, last_week_wh=90_000, utility=scoped)

    assert unusual_use(monday=MONDAY) == []
