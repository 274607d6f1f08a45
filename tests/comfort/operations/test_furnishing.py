"""Rooms are given to homes."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Household
from comfort.models import Room
from comfort.operations import furnish_room
from comfort.operations.rooms import NewRoom, furnish_rooms
from comfort.queries.rooms import rooms_now
from tests.factories import a_household
from tests.metering.factories import NOON, a_meter, a_room_sensor, a_room_temperature


def test_a_room_shows_the_newest_value_of_its_sensor(household: Household) -> None:
    sensor = a_room_sensor(household=household)
    room = furnish_room(household=household, name="Living room", sensor=sensor)
    furnish_room(household=household, name="Hall", position=1)
    a_room_temperature(device=sensor, temperature_c=21.4)

    living, hall = rooms_now(household.pk)

    assert (living.id, living.sensor_id, living.sensor) == (room.pk, sensor.pk, sensor.identity)
    assert (living.temperature_c, living.measured_at) == (21.4, NOON)
    assert (hall.sensor_id, hall.temperature_c, hall.measured_at) == (None, None, None)


def test_a_sensor_that_was_moved_to_another_home_is_silent_here(household: Household) -> None:
    sensor = a_room_sensor(household=a_household())
    furnish_room(household=household, name="Living room", sensor=sensor)
    a_room_temperature(device=sensor)

    assert [room.temperature_c for room in rooms_now(household.pk)] == [None]


def test_a_meter_measures_no_room(household: Household) -> None:
    with pytest.raises(ValidationError, match="measures no room"):
        furnish_room(household=household, name="Cellar", sensor=a_meter(household=household))

    assert not Room.objects.exists()


def test_a_home_has_no_two_rooms_of_one_name_and_no_nameless_one(household: Household) -> None:
    furnish_room(household=household, name="Kitchen")

    with pytest.raises(ValidationError):
        furnish_room(household=household, name="Kitchen")
    with pytest.raises(ValidationError):
        furnish_room(household=household, name="")

    assert Room.objects.count() == 1


def test_many_rooms_are_furnished_in_the_order_given(household: Household) -> None:
    sensor = a_room_sensor(household=household)
    living, hall = furnish_rooms(
        rooms=[
            NewRoom(household=household, name="Living room", sensor=sensor),
            NewRoom(household=household, name="Hall", position=1),
        ]
    )
    assert list(Room.objects.order_by("position")) == [living, hall]
    assert (living.sensor, hall.sensor) == (sensor, None)


def test_one_meter_among_the_sensors_refuses_all_rooms(household: Household) -> None:
    rooms = [
        NewRoom(household=household, name="Living room", sensor=a_room_sensor(household=household)),
        NewRoom(household=household, name="Cellar", sensor=a_meter(household=household)),
    ]
    with pytest.raises(ValidationError, match="measures no room"):
        furnish_rooms(rooms=rooms)
    assert not Room.objects.exists()
