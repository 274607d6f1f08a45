"""The temperature of a room over time, in at most two thousand points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.period import Period
from accounts.scope import scoped_utility_id
from metering.queries.cuts import MAX_POINTS, TooManyPointsError

# Sensors report every few minutes; a longer silence is a gap.
GAP: Final = timedelta(hours=1)
# A month is never shorter: enough to know beforehand how many points there can be.
SHORTEST: Final = {
    "hour": timedelta(hours=1),
    "day": timedelta(hours=23),
    "month": timedelta(days=28),
}

# Only while the sensor hung in this home: before and after, it spoke of others.
VALUES: Final = """
SELECT room.measured_at, room.temperature_c
FROM metering_roomtemperature room
JOIN metering_installation installed ON installed.device_id = room.device_id
    AND installed.household_id = %(household)s AND room.measured_at >= installed.starts_at
    AND (installed.ends_at IS NULL OR room.measured_at < installed.ends_at)
WHERE room.device_id = %(sensor)s AND room.measured_at >= %(start)s AND room.measured_at < %(end)s
    AND (%(wall)s::bigint IS NULL OR room.utility_id = %(wall)s)
"""
RAW: Final = """
SELECT measured_at, temperature_c, temperature_c, temperature_c FROM ({values}) value ORDER BY 1 LIMIT {limit}
"""
BUCKETS: Final = """
SELECT date_trunc(%(resolution)s, measured_at, %(zone)s) AS start,
    avg(temperature_c), min(temperature_c), max(temperature_c)
FROM ({values}) value GROUP BY 1 ORDER BY 1
"""
GAPS: Final = """
SELECT before, measured_at, last FROM (
    SELECT measured_at, lag(measured_at, 1, %(start)s) OVER (ORDER BY measured_at) AS before,
        max(measured_at) OVER () AS last
    FROM ({values}) value
) step WHERE measured_at - before > %(gap)s * interval '1 second' OR measured_at = last ORDER BY 1
"""

Values = Mapping[str, int | float | str | datetime | None]


@dataclass(frozen=True, slots=True)
class TemperaturePoint:
    """A value, or the mean of a bucket that begins at ``start`` with its extremes."""

    start: datetime
    temperature_c: float
    lowest_c: float
    highest_c: float


@dataclass(frozen=True, slots=True)
class TemperatureSeries:
    """Points in order, silences of over an hour, and the last instant of which anything is known."""

    points: list[TemperaturePoint]
    gaps: list[Period[datetime]]
    complete_until: datetime | None


def room_temperatures(
    *, household_id: int, sensor_id: int, period: Period[datetime], resolution: str, zone: ZoneInfo
) -> TemperatureSeries:
    """What ``sensor_id`` measured in the home during the closed ``period``.

    ``resolution`` is ``raw``, ``hour``, ``day`` or ``month``; days and months are those of ``zone``.

    Raises:
        TooManyPointsError: a coarser resolution or a shorter period is needed.
    """
    if period.end is None:
        raise ValueError("A series needs a period with an end.")
    if resolution != "raw" and (period.end - period.start) / SHORTEST[resolution] > MAX_POINTS:
        raise TooManyPointsError(f"More than {MAX_POINTS} points by {resolution}.")
    values: Values = {
        "household": household_id,
        "sensor": sensor_id,
        "start": period.start,
        "end": period.end,
        "wall": scoped_utility_id(),
        "resolution": resolution,
        "zone": zone.key,
        "gap": GAP.total_seconds(),
    }
    rows = _rows(RAW if resolution == "raw" else BUCKETS, values)
    if len(rows) > MAX_POINTS:
        raise TooManyPointsError(f"More than {MAX_POINTS} raw points.")
    gaps, last = _gaps(_rows(GAPS, values), period.start, period.end)
    return TemperatureSeries(points=[TemperaturePoint(*row) for row in rows], gaps=gaps, complete_until=last)


def _rows(query: str, values: Values) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query.format(values=VALUES, limit=MAX_POINTS + 1), values)
        return list(cursor.fetchall())


def _gaps(
    rows: list[tuple[datetime, datetime, datetime]], start: datetime, end: datetime
) -> tuple[list[Period[datetime]], datetime | None]:
    """Silences before the first value, between values and after the last, and when the last was."""
    if not rows:
        return [Period(start, end)], None
    last = rows[0][2]
    silences = [Period(before, after) for before, after, _last in rows if after - before > GAP]
    return ([*silences, Period(last, end)] if end - last > GAP else silences), last
