"""What a home's devices say now, as the live feed and the API show it."""

from __future__ import annotations

from collections.abc import Collection
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


def homes_now(household_ids: Collection[int], *, at: datetime) -> dict[int, list[DeviceNow]]:
    """The newest values of each home's meter, and of the room sensors installed at ``at``.

    Three statements, however many homes.
    """
    sensors = Installation.objects.filter(
        at_instant(at), household_id__in=household_ids, device__kind=DeviceKind.ROOM_SENSOR
    )
    now: dict[int, list[DeviceNow]] = {household_id: [] for household_id in household_ids}
    for room in latest_room_temperatures(list(sensors.values_list("device_id", flat=True))):
        if room.household_id in now:
            values: dict[str, float | int | None] = {"temperature_c": room.temperature_c}
            now[room.household_id].append(DeviceNow("room", room.device_id, room.measured_at, values))
    for household_id, reading in latest_readings(household_ids).items():
        values = {name: getattr(reading, name) for name in METER_VALUES}
        now[household_id].append(DeviceNow("meter", reading.device_id, reading.measured_at, values))
    return now


def home_now(household_id: int, *, at: datetime) -> list[DeviceNow]:
    """`homes_now` of one home."""
    return homes_now([household_id], at=at)[household_id]
