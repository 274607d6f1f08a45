"""What a home's own devices say that its people should know: a leak, frost, more heat than usual.

One statement each for a whole utility, wider than anybody's own limit: who is told is decided by theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection

from accounts.enums import NoticeKind
from accounts.notice_rules import RULES
from accounts.scope import current_utility_id
from metering.enums import DeviceKind, Resolution

FRESH: Final = timedelta(hours=2)
# Water that comes back as warm as it went gave no heat.
SAME_K: Final = 2.0
# A day with fewer readings says nothing of all its hours.
LEAST_READINGS: Final = 12

LEAKS: Final = """
SELECT household_id, min(status) FILTER (WHERE reports) AS status,
    CASE WHEN count(flow_l_h) >= %(least)s AND bool_and(flow_l_h IS NULL OR is_idle) THEN min(flow_l_h) END
FROM (
    SELECT installed.household_id, reading.status, reading.flow_l_h,
        (reading.status ~* 'leak|burst' AND reading.measured_at > %(fresh)s) AS reports,
        COALESCE(reading.flow_l_h > 0 AND reading.supply_c - reading.return_c < %(same)s, FALSE) AS is_idle
    FROM metering_installation installed
    JOIN metering_device device ON device.id = installed.device_id AND device.kind = %(meter)s
    JOIN metering_reading reading ON reading.device_id = installed.device_id
        AND reading.measured_at > %(since)s AND reading.measured_at <= %(at)s
        AND reading.measured_at >= installed.starts_at
        AND (installed.ends_at IS NULL OR reading.measured_at < installed.ends_at)
    WHERE installed.utility_id = %(utility)s AND installed.household_id IS NOT NULL
) said
GROUP BY household_id
HAVING bool_or(reports)
    OR (count(flow_l_h) >= %(least)s AND bool_and(flow_l_h IS NULL OR is_idle) AND min(flow_l_h) >= %(floor)s)
ORDER BY household_id
"""

FROST: Final = """
SELECT household_id, min(temperature_c) FROM (
    SELECT DISTINCT ON (installed.device_id) installed.household_id, value.temperature_c
    FROM metering_installation installed
    JOIN metering_device device ON device.id = installed.device_id AND device.kind = %(sensor)s
    JOIN metering_roomtemperature value ON value.device_id = installed.device_id
        AND value.measured_at > %(fresh)s AND value.measured_at <= %(at)s
    WHERE installed.utility_id = %(utility)s AND installed.household_id IS NOT NULL
        AND installed.starts_at <= %(at)s AND (installed.ends_at IS NULL OR installed.ends_at > %(at)s)
    ORDER BY installed.device_id, value.measured_at DESC
) newest
GROUP BY household_id HAVING min(temperature_c) <= %(ceiling)s ORDER BY household_id
"""

# The weather is the same for all who live in one building: what the others did too is not unusual.
USE: Final = """
WITH weeks AS (
    SELECT household_id, building_id,
        sum(energy_wh) FILTER (WHERE starts_at >= %(week)s) AS now_wh,
        sum(energy_wh) FILTER (WHERE starts_at < %(week)s) AS before_wh,
        count(DISTINCT starts_at) FILTER (WHERE starts_at >= %(week)s) AS days,
        count(DISTINCT starts_at) FILTER (WHERE starts_at < %(week)s) AS days_before
    FROM metering_meterconsumption
    WHERE utility_id = %(utility)s AND resolution = %(day)s AND household_id IS NOT NULL
        AND starts_at >= %(month)s AND starts_at < %(at)s AND quality = 'measured'
    GROUP BY household_id, building_id
), known AS (
    SELECT * FROM weeks WHERE days >= 6 AND days_before >= 21 AND before_wh > 0
), measured AS (
    SELECT household_id, now_wh::float / before_wh AS ratio,
        sum(now_wh) OVER building - now_wh AS others_now_wh,
        sum(before_wh) OVER building - before_wh AS others_before_wh
    FROM known WINDOW building AS (PARTITION BY building_id)
)
SELECT household_id, (ratio / (others_now_wh::float / others_before_wh) - 1) * 100 AS percent
FROM measured
WHERE others_now_wh > 0 AND others_before_wh > 0
    AND (ratio / (others_now_wh::float / others_before_wh) - 1) * 100 >= %(least)s
ORDER BY household_id
"""


@dataclass(frozen=True, slots=True)
class Leak:
    """What the meter reports, or the least flow of a day in which no heat was given; or both."""

    household_id: int
    status: str | None
    flow_l_h: float | None


def leaks(*, at: datetime) -> list[Leak]:
    """Homes of the utility in scope whose meter reports a leak, or has let cold water pass for a day."""
    values = {
        "fresh": at - FRESH,
        "since": at - timedelta(days=1),
        "same": SAME_K,
        "least": LEAST_READINGS,
        "floor": RULES[NoticeKind.LEAK].least,
        "meter": DeviceKind.HEAT_METER,
    }
    return [Leak(*row) for row in _rows(LEAKS, values, at=at)]


def coldest_rooms(*, at: datetime) -> list[tuple[int, float]]:
    """Homes with a room colder than any limit, and that room's temperature."""
    ceiling = RULES[NoticeKind.FROST].most
    values = {"fresh": at - FRESH, "sensor": DeviceKind.ROOM_SENSOR, "ceiling": ceiling}
    return [(home, value) for home, value in _rows(FROST, values, at=at)]


def unusual_use(*, monday: datetime) -> list[tuple[int, float]]:
    """Homes that used more in the week before ``monday`` than in the four before it, beyond their building.

    The figure is per cent above what the building's other homes did.
    """
    values = {
        "week": monday - timedelta(days=7),
        "month": monday - timedelta(days=35),
        "day": Resolution.DAY.value,
        "least": RULES[NoticeKind.USE].least,
    }
    return [(home, percent) for home, percent in _rows(USE, values, at=monday)]


def _rows(statement: str, values: dict[str, Any], *, at: datetime) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**values, "at": at, "utility": current_utility_id()})
        return list(cursor.fetchall())
