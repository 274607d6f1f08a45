"""The freshest values, and the values at an instant; one statement whatever the number of homes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from accounts.scope import scoped_utility_id
from metering.enums import DeviceKind
from metering.models import Reading, RoomTemperature, TelemetryValue

# One index probe a meter: the newest row inside the installation, the newest installation first.
LATEST_READINGS: Final = """
SELECT DISTINCT ON (installed.household_id) installed.household_id AS household, {columns}
FROM metering_installation installed
JOIN metering_device device ON device.id = installed.device_id AND device.kind = %s
CROSS JOIN LATERAL (
    SELECT * FROM metering_reading reading
    WHERE reading.device_id = installed.device_id AND reading.measured_at >= installed.starts_at
      AND (installed.ends_at IS NULL OR reading.measured_at < installed.ends_at)
    ORDER BY reading.measured_at DESC LIMIT 1
) newest
WHERE installed.household_id = ANY(%s) AND (%s::bigint IS NULL OR installed.utility_id = %s)
ORDER BY installed.household_id, newest.measured_at DESC
"""

# A room belongs to a home, and by it to a building and a station; a staircase to the latter two.
LATEST_ROOMS: Final = """
SELECT DISTINCT ON (installed.device_id)
    installed.device_id, installed.household_id,
    COALESCE(installed.building_id, household.building_id) AS building_id,
    COALESCE(installed.substation_id, building.substation_id) AS substation_id,
    newest.temperature_c, newest.measured_at
FROM metering_installation installed
JOIN metering_device device ON device.id = installed.device_id AND device.kind = %s
LEFT JOIN accounts_household household ON household.id = installed.household_id
LEFT JOIN accounts_building building ON building.id = COALESCE(installed.building_id, household.building_id)
CROSS JOIN LATERAL (
    SELECT temperature_c, measured_at FROM metering_roomtemperature room
    WHERE room.device_id = installed.device_id AND room.measured_at >= installed.starts_at
      AND (installed.ends_at IS NULL OR room.measured_at < installed.ends_at)
    ORDER BY room.measured_at DESC LIMIT 1
) newest
WHERE (%s::bigint[] IS NULL OR installed.device_id = ANY(%s))
  AND (%s::bigint IS NULL OR installed.utility_id = %s)
ORDER BY installed.device_id, newest.measured_at DESC
"""

# One probe a station and signal; `since` keeps it from walking into last winter's chunks.
LATEST_TELEMETRY: Final = """
SELECT DISTINCT ON (installed.substation_id, tag.id)
    installed.substation_id, tag.name, newest.value, newest.measured_at
FROM metering_installation installed
CROSS JOIN metering_telemetrytag tag
CROSS JOIN LATERAL (
    SELECT value, measured_at FROM metering_telemetryvalue telemetry
    WHERE telemetry.device_id = installed.device_id AND telemetry.tag_id = tag.id
      AND telemetry.measured_at >= GREATEST(installed.starts_at, %s)
      AND telemetry.measured_at <= COALESCE(%s::timestamptz, 'infinity')
      AND (installed.ends_at IS NULL OR telemetry.measured_at < installed.ends_at)
    ORDER BY telemetry.measured_at DESC LIMIT 1
) newest
WHERE installed.substation_id = ANY(%s) AND tag.name = ANY(%s)
  AND (%s::bigint IS NULL OR installed.utility_id = %s)
ORDER BY installed.substation_id, tag.id, newest.measured_at DESC
"""


@dataclass(frozen=True, slots=True)
class RoomNow:
    """A room sensor's newest value and where the sensor hangs."""

    device_id: int
    household_id: int | None
    building_id: int | None
    substation_id: int | None
    temperature_c: float
    measured_at: datetime


def latest_readings(household_ids: Collection[int]) -> dict[int, Reading]:
    """The newest reading of each home that has one, by household; what it holds ``raw`` is deferred."""
    wall = scoped_utility_id()
    # `from_db` takes the values in the order of the fields; `raw` would need its field's own parser.
    names = [field.attname for field in Reading._meta.concrete_fields if field.attname != "raw"]
    statement = LATEST_READINGS.format(columns=", ".join(f"newest.{name}" for name in names))
    with connection.cursor() as cursor:
        cursor.execute(statement, [DeviceKind.HEAT_METER, list(household_ids), wall, wall])
        # Not `objects.raw`: it does not know composite primary keys.
        return {
            household: Reading.from_db(connection.alias, names, values)
            for household, *values in cursor.fetchall()
        }


def latest_room_temperatures(device_ids: Collection[int] | None = None) -> list[RoomNow]:
    """The newest value of each installed room sensor, or of those named, by device."""
    wall, named = scoped_utility_id(), None if device_ids is None else list(device_ids)
    with connection.cursor() as cursor:
        cursor.execute(LATEST_ROOMS, [DeviceKind.ROOM_SENSOR, named, named, wall, wall])
        return [RoomNow(*row) for row in cursor.fetchall()]


def latest_telemetry(
    substation_ids: Collection[int], tags: Sequence[str], since: datetime, until: datetime | None = None
) -> dict[tuple[int, str], tuple[float, datetime]]:
    """The newest value and instant of each named signal of each substation from ``since`` (to ``until``)."""
    wall = scoped_utility_id()
    with connection.cursor() as cursor:
        cursor.execute(LATEST_TELEMETRY, [since, until, list(substation_ids), list(tags), wall, wall])
        return {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}


def room_temperature_at(device_id: int, at: datetime) -> RoomTemperature | None:
    """What the sensor had last measured at the instant ``at``."""
    rows = RoomTemperature.objects.filter(device_id=device_id, measured_at__lte=at)
    return rows.order_by("-measured_at").first()


def telemetry_at(substation_id: int, tag: str, at: datetime) -> TelemetryValue | None:
    """What the substation's controller had last said of the signal ``tag`` at the instant ``at``."""
    rows = TelemetryValue.objects.filter(
        device__installations__substation_id=substation_id, tag__name=tag, measured_at__lte=at
    )
    return rows.order_by("-measured_at").first()
