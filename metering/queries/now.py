"""What a home's devices say now, as the live feed shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from accounts.period import at_instant
from metering.enums import DeviceKind
from metering.models import Installation
from metering.queries.latest import latest_readings, latest_room_temperatures

METER_VALUES: Final = ("energy_wh", "volume_l", "power_w", "flow_l_h", "supply_c", "return_c")


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """The newest values of one device."""

    kind: Literal["room", "meter"]
    device: int
    measured_at: datetime
    values: dict[str, float | int | None]


def home_now(household_id: int, *, at: datetime) -> list[DeviceNow]:
    """The newest values of the home's meter and of the room sensors installed at ``at``."""
    sensors = Installation.objects.filter(
        at_instant(at), household_id=household_id, device__kind=DeviceKind.ROOM_SENSOR
    )
    rooms = latest_room_temperatures(list(sensors.values_list("device_id", flat=True)))
    now = [
        DeviceNow("room", room.device_id, room.measured_at, {"temperature_c": room.temperature_c})
        for room in rooms
    ]
    for reading in latest_readings([household_id]).values():
        values = {name: getattr(reading, name) for name in METER_VALUES}
        now.append(DeviceNow("meter", reading.device_id, reading.measured_at, values))
    return now
