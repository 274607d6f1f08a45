"""Which homes are under the minimum, judged by their own sensors; a statement each, however many homes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from accounts.scope import scoped_utility_id
from metering.enums import DeviceKind

# A home is cold when one of its rooms stayed under the minimum this long, without one value above it.
COLD_FOR: Final = timedelta(hours=2)
# Warm again: every room this far above, this long.
WARM_FOR: Final = timedelta(hours=1)
WARM_ABOVE_K: Final = 0.3
# The values must reach over this share of the window, be this many and this new to say anything.
SPANNED: Final = 0.75
LEAST_VALUES: Final = 4
NEWEST_WITHIN: Final = timedelta(minutes=45)
# After a day without a word nobody can say that it is still cold.
SILENT_AFTER: Final = timedelta(hours=24)
# How far back the beginning is looked for.
LOOKED_BACK: Final = timedelta(days=7)

# Believed: in the range of rooms, and no jump of over 2 K in a quarter of an hour, which is a window
# or a hand on the sensor and not the room.
BELIEVED: Final = """
SELECT * FROM (
    SELECT installed.household_id, installed.device_id, installed.utility_id, value.temperature_c,
        value.measured_at,
        lag(value.temperature_c) OVER sensor AS before_c, lag(value.measured_at) OVER sensor AS before_at
    FROM metering_installation installed
    JOIN metering_device device ON device.id = installed.device_id AND device.kind = %(kind)s
    JOIN metering_roomtemperature value ON value.device_id = installed.device_id
        AND value.measured_at >= installed.starts_at
        AND (installed.ends_at IS NULL OR value.measured_at < installed.ends_at)
    WHERE installed.household_id IS NOT NULL
        AND (installed.ends_at IS NULL OR installed.ends_at > %(at)s)
        AND value.measured_at > %(since)s AND value.measured_at <= %(at)s
        AND value.temperature_c BETWEEN 5 AND 35
        AND (%(homes)s::bigint[] IS NULL OR installed.household_id = ANY(%(homes)s))
        AND (%(wall)s::bigint IS NULL OR installed.utility_id = %(wall)s)
    WINDOW sensor AS (PARTITION BY installed.device_id ORDER BY value.measured_at)
) valued
WHERE before_c IS NULL OR measured_at - before_at > interval '15 minutes'
    OR abs(temperature_c - before_c) <= 2
"""
SENSORS: Final = f"""
SELECT household_id, device_id, count(*), min(temperature_c), avg(temperature_c), max(temperature_c),
    (array_agg(temperature_c ORDER BY measured_at DESC))[1], min(measured_at), max(measured_at)
FROM ({BELIEVED}) believed GROUP BY household_id, device_id
HAVING %(below)s::float IS NULL OR max(temperature_c) < %(below)s
ORDER BY household_id, min(temperature_c), device_id
"""  # noqa: S608 - two statements of ours, no value of anybody's
# The first value after the last one that was not below.
BEGAN: Final = """
SELECT sensor.id, (
    SELECT min(value.measured_at) FROM metering_roomtemperature value
    WHERE value.device_id = sensor.id AND value.measured_at <= %(at)s
        AND value.measured_at >= (SELECT max(hung.starts_at) FROM metering_installation hung
            WHERE hung.device_id = sensor.id AND hung.starts_at <= %(at)s)
        AND value.measured_at > COALESCE((
        SELECT max(warm.measured_at) FROM metering_roomtemperature warm
        WHERE warm.device_id = sensor.id AND warm.temperature_c >= %(below)s
            AND warm.measured_at > %(since)s AND warm.measured_at <= %(at)s
    ), %(since)s)
)
FROM unnest(%(sensors)s::bigint[]) AS sensor(id)
"""

Values = dict[str, int | float | str | datetime | list[int] | None]


@dataclass(frozen=True, slots=True)
class RoomSeen:
    """What one sensor of a home said in a window, as far as it can be believed."""

    household_id: int
    sensor_id: int
    values: int
    lowest_c: float
    mean_c: float
    highest_c: float
    newest_c: float
    first_at: datetime
    last_at: datetime


def rooms_seen(
    *,
    at: datetime,
    window: timedelta = COLD_FOR,
    household_ids: Collection[int] | None = None,
    below_c: float | None = None,
) -> list[RoomSeen]:
    """Every room sensor of these homes (of all) in the window up to ``at``, the coldest of a home first.

    With ``below_c`` only sensors that said nothing at or above it.
    """
    values: Values = {
        "kind": DeviceKind.ROOM_SENSOR,
        "at": at,
        "since": at - window,
        "homes": None if household_ids is None else list(household_ids),
        "below": below_c,
        "wall": scoped_utility_id(),
    }
    with connection.cursor() as cursor:
        cursor.execute(SENSORS, values)
        return [RoomSeen(*row) for row in cursor.fetchall()]


def cold_rooms(*, at: datetime, below_c: float) -> list[RoomSeen]:
    """The rooms that stayed below through the whole window, with values enough to say so."""
    return [
        seen
        for seen in rooms_seen(at=at, below_c=below_c)
        if seen.values >= LEAST_VALUES
        and seen.last_at - seen.first_at >= SPANNED * COLD_FOR
        and at - seen.last_at <= NEWEST_WITHIN
    ]


def warm_since(*, at: datetime, household_ids: Collection[int], minimum_c: float) -> dict[int, datetime]:
    """Since when those homes are warm all of whose speaking rooms were clearly above for the last hour."""
    seen = rooms_seen(at=at, window=WARM_FOR, household_ids=household_ids)
    cold = {room.household_id for room in seen if room.lowest_c < minimum_c + WARM_ABOVE_K}
    since: dict[int, datetime] = {}
    for room in seen:
        if room.household_id not in cold and room.last_at - room.first_at >= SPANNED * WARM_FOR:
            since[room.household_id] = max(room.first_at, since.get(room.household_id, room.first_at))
    return since


def last_words(*, at: datetime, household_ids: Collection[int]) -> dict[int, datetime]:
    """When each home was last heard of within two days; a home silent for longer is absent."""
    last: dict[int, datetime] = {}
    for room in rooms_seen(at=at, window=2 * SILENT_AFTER, household_ids=household_ids):
        last[room.household_id] = max(room.last_at, last.get(room.household_id, room.last_at))
    return last


def cold_since(*, at: datetime, sensor_ids: Collection[int], below_c: float) -> dict[int, datetime]:
    """Since when each of these sensors has said nothing but values below, a week back at most."""
    values: Values = {"at": at, "since": at - LOOKED_BACK, "below": below_c, "sensors": list(sensor_ids)}
    with connection.cursor() as cursor:
        cursor.execute(BEGAN, values)
        return {sensor: began for sensor, began in cursor.fetchall() if began is not None}
