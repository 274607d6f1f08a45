"""Where a series is cut: at the utility's local hours, days and months, or at the readings themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from accounts.period import Period, day_starts, local_midnight
from metering.enums import DeviceKind, Resolution
from metering.models import Reading, ReadingFlag

MAX_POINTS: Final = 2000
SHORTEST: Final = {
    Resolution.HOUR: timedelta(hours=1),
    Resolution.DAY: timedelta(hours=23),
    Resolution.MONTH: timedelta(days=27),
}


class TooManyPointsError(ValueError):
    """A series would have more points than anybody can look at."""


class OpenPeriodError(ValueError):
    """A series or a bill needs a period that ends."""


def cut_instants(
    household_id: int, *, period: Period[datetime], resolution: Resolution, zone: ZoneInfo
) -> list[datetime]:
    """The instants between which a series is cut, ascending; one more than it has points.

    Raises:
        OpenPeriodError: the period has no end.
        TooManyPointsError: more than MAX_POINTS points.
    """
    if period.end is None:
        raise OpenPeriodError(
            f"The period from {period.start} has no end, so it cannot be cut into a series."
        )
    if resolution == Resolution.RAW:
        grid = _reading_instants(household_id, start=period.start, end=period.end)
    else:
        if (period.end - period.start) / SHORTEST[resolution] > MAX_POINTS + 2:
            raise TooManyPointsError(_too_many(resolution))
        local = Period(period.start.astimezone(zone), period.end.astimezone(zone))
        # In UTC again: two instants of one zone would be subtracted by the clock on the wall.
        grid = [at.astimezone(UTC) for at in _calendar(local, resolution=resolution, zone=zone)]
    if len(grid) - 1 > MAX_POINTS:
        raise TooManyPointsError(_too_many(resolution))
    return grid


def _too_many(resolution: Resolution) -> str:
    return f"The period has more than {MAX_POINTS} points at the resolution '{resolution.value}'."


def _reading_instants(household_id: int, *, start: datetime, end: datetime) -> list[datetime]:
    rows = Reading.objects.filter(
        device__installations__household_id=household_id,
        device__kind=DeviceKind.HEAT_METER,
        measured_at__gte=start,
        measured_at__lte=end,
        energy_wh__isnull=False,
    )
    unusable = ReadingFlag.objects.filter(
        device_id=OuterRef("device_id"),
        measured_at=OuterRef("measured_at"),
        is_unusable=True,
        withdrawn_at=None,
    )
    rows = rows.exclude(Exists(unusable))
    return list(
        rows.values_list("measured_at", flat=True).distinct().order_by("measured_at")[: MAX_POINTS + 2]
    )


def _calendar(period: Period[datetime], *, resolution: Resolution, zone: ZoneInfo) -> list[datetime]:
    start, end = period.start, period.end or period.start
    if resolution == Resolution.HOUR:
        first = start.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
        hours = -((first - end) // timedelta(hours=1))
        return [first + timedelta(hours=n) for n in range(hours + 1)]
    last_day = (end - timedelta(microseconds=1)).date()
    if resolution == Resolution.DAY:
        return day_starts(Period(start.date(), last_day + timedelta(days=1)), zone)
    count = (last_day.year - start.year) * 12 + last_day.month - start.month + 1
    months = [divmod(start.year * 12 + start.month - 1 + n, 12) for n in range(count + 1)]
    return [local_midnight(date(year, month + 1, 1), zone) for year, month in months]
