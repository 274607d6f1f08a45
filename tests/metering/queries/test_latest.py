from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Household
from accounts.scope import NoUtilityInScopeError, across_utilities, utility_scope
from metering.enums import DeviceKind
from metering.models import Reading
from metering.queries.latest import (
    RoomNow,
    latest_readings,
    latest_room_temperatures,
    latest_telemetry,
    room_temperature_at,
    telemetry_at,
)
from metering.queries.now import DeviceNow, home_now, homes_now
from tests.factories import a_household, a_substation, a_utility
from tests.metering.factories import (
    NOON,
    a_controller,
    a_device,
    a_meter,
    a_reading,
    a_room_sensor,
    a_room_temperature,
    a_telemetry_value,
    an_installation,
)

HOUR = timedelta(hours=1)


def test_the_newest_reading_of_each_home(household: Household) -> None:
    other, unread = a_household(), a_household()
    meter = a_meter(household=household)
    a_reading(device=meter, measured_at=NOON - HOUR, energy_wh=1)
    a_reading(device=meter, measured_at=NOON, energy_wh=2)
    a_reading(device=a_meter(household=other), energy_wh=3)
    a_meter(household=unread)
    found = latest_readings([household.pk, other.pk, unread.pk])
    assert {home: reading.energy_wh for home, reading in found.items()} == {household.pk: 2, other.pk: 3}
    assert found[household.pk] == Reading.objects.get(device=meter, measured_at=NOON)
    assert (found[household.pk].utility_id, found[household.pk].supply_c) == (household.utility_id, 51.7)


def test_readings_from_before_or_after_a_meter_hung_here_are_not_the_homes(
    household: Household,
) -> None:
    meter = a_meter(household=household, starts_at=NOON - HOUR, ends_at=NOON + HOUR)
    for hours, energy_wh in ((-2, 1), (0, 2), (1, 3)):
        a_reading(device=meter, measured_at=NOON + hours * HOUR, energy_wh=energy_wh)
    assert latest_readings([household.pk])[household.pk].energy_wh == 2


def test_the_newest_temperature_of_each_room_and_where_it_is(household: Household) -> None:
    sensor = a_room_sensor(household=household)
    a_room_temperature(device=sensor, measured_at=NOON - HOUR, temperature_c=19.0)
    a_room_temperature(device=sensor, measured_at=NOON, temperature_c=21.4)
    stairs = a_device(kind=DeviceKind.ROOM_SENSOR)
    an_installation(device=stairs, building=household.building)
    a_room_temperature(device=stairs, temperature_c=16.0)
    building = household.building
    home = RoomNow(sensor.pk, household.pk, building.pk, building.substation_id, 21.4, NOON)
    hall = RoomNow(stairs.pk, None, building.pk, building.substation_id, 16.0, NOON)
    assert latest_room_temperatures() == [home, hall]
    assert latest_room_temperatures([stairs.pk]) == [hall]
    assert latest_room_temperatures([]) == []


@pytest.mark.usefixtures("scoped")
def test_the_newest_signals_of_a_station_that_are_not_too_old() -> None:
    substation = a_substation()
    controller = a_controller(substation=substation)
    a_telemetry_value(device=controller, tag="secondary_supply_c", value=45.0, measured_at=NOON - HOUR)
    a_telemetry_value(device=controller, tag="secondary_supply_c", value=47.2)
    a_telemetry_value(device=controller, tag="outdoor_c", value=-3.0, measured_at=NOON - 2 * HOUR)
    tags = ["secondary_supply_c", "outdoor_c", "pump_hz"]
    found = latest_telemetry([substation.pk], tags, NOON - HOUR)
    assert found == {(substation.pk, "secondary_supply_c"): (47.2, NOON)}


@pytest.mark.usefixtures("scoped")
def test_what_was_known_at_an_instant() -> None:
    substation, home = a_substation(), a_household()
    controller, sensor = a_controller(substation=substation), a_room_sensor(household=home)
    a_telemetry_value(device=controller, tag="outdoor_c", value=-3.0, measured_at=NOON - HOUR)
    a_telemetry_value(device=controller, tag="outdoor_c", value=-2.0, measured_at=NOON + HOUR)
    a_room_temperature(device=sensor, measured_at=NOON - HOUR, temperature_c=20.0)
    a_room_temperature(device=sensor, measured_at=NOON + HOUR, temperature_c=22.0)
    signal, room = telemetry_at(substation.pk, "outdoor_c", NOON), room_temperature_at(sensor.pk, NOON)
    assert signal is not None
    assert room is not None
    assert (signal.value, room.temperature_c) == (-3.0, 20.0)
    assert telemetry_at(substation.pk, "outdoor_c", NOON - 2 * HOUR) is None


def test_a_hand_written_statement_stands_behind_the_wall_too(household: Household) -> None:
    a_reading(device=a_meter(household=household))
    a_room_temperature(device=a_room_sensor(household=household))
    with utility_scope(a_utility()):
        assert latest_readings([household.pk]) == {}
        assert latest_room_temperatures() == []
    with across_utilities("a test"):
        assert set(latest_readings([household.pk])) == {household.pk}


def test_without_a_scope_nothing_is_answered() -> None:
    with pytest.raises(NoUtilityInScopeError):
        latest_readings([1])


def test_a_homes_devices_now(household: Household) -> None:
    meter, sensor = a_meter(household=household), a_room_sensor(household=household)
    a_reading(device=meter)
    a_room_temperature(device=sensor)
    room, heat = home_now(household.pk, at=NOON)
    assert room == DeviceNow("room", sensor.pk, NOON, {"temperature_c": 21.4})
    assert (heat.kind, heat.device, heat.values["energy_wh"]) == ("meter", meter.pk, 6_884_000)


@pytest.mark.parametrize("count", [1, 3])
def test_three_statements_whatever_the_number_of_homes(
    household: Household, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    homes = [a_household(building=household.building) for _ in range(count)]
    for home in homes:
        a_reading(device=a_meter(household=home))
        a_room_temperature(device=a_room_sensor(household=home))
    with django_assert_num_queries(3):
        found = homes_now([home.pk for home in homes], at=NOON)
    assert [len(found[home.pk]) for home in homes] == [2] * count
