"""The rooms of a home with what is measured in them now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from comfort.models import Room
from metering.queries.latest import RoomNow, latest_room_temperatures


@dataclass(frozen=True, slots=True)
class RoomView:
    """A room and its sensor's newest value; without a sensor or a value, those are None."""

    id: int
    name: str
    sensor_id: int | None
    sensor: str | None
    temperature_c: float | None
    measured_at: datetime | None


def rooms_now(household_id: int) -> list[RoomView]:
    """The rooms of the home by position; two statements."""
    rooms = list(
        Room.objects.filter(household_id=household_id).select_related("sensor").order_by("position", "pk")
    )
    sensors = [room.sensor_id for room in rooms if room.sensor_id is not None]
    # A sensor that hangs in another home by now speaks of that home.
    now = {
        value.device_id: value
        for value in (latest_room_temperatures(sensors) if sensors else [])
        if value.household_id == household_id
    }
    return [_view(room, now.get(room.sensor_id or 0)) for room in rooms]


def _view(room: Room, value: RoomNow | None) -> RoomView:
    return RoomView(
        id=room.pk,
        name=room.name,
        sensor_id=room.sensor_id,
        sensor=(room.sensor.identity or room.sensor.serial) if room.sensor else None,
        temperature_c=value.temperature_c if value else None,
        measured_at=value.measured_at if value else None,
    )
