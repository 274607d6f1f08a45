"""A home's consumption as it was cut: whole local hours, days and months, added up over its meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from accounts.period import Period
from accounts.scope import scoped_utility_id
from metering.enums import Quality, Resolution

HOME: Final = """
SELECT cut.starts_at, cut.ends_at, sum(cut.energy_wh)::bigint, count(*)::int,
       bool_or(cut.quality = 'estimated'), bool_or(cut.quality = 'suspect')
FROM metering_installation installed
JOIN metering_meterconsumption cut ON cut.device_id = installed.device_id
  AND cut.installation_id = installed.id AND cut.resolution = %(resolution)s
  AND cut.starts_at >= %(start)s AND cut.starts_at < %(end)s
WHERE installed.household_id = %(household)s AND (%(wall)s::bigint IS NULL OR installed.utility_id = %(wall)s)
GROUP BY cut.starts_at, cut.ends_at ORDER BY cut.starts_at
"""


@dataclass(frozen=True, slots=True)
class Interval:
    """What some meters counted between two local hours, days or months."""

    start: datetime
    end: datetime
    energy_wh: int
    meters: int
    quality: Quality


def intervals_of(household_id: int, period: Period[datetime], resolution: Resolution) -> list[Interval]:
    """The intervals that begin in ``period``, each as soon as one of the home's meters is known in it.

    One statement.
    """
    values: dict[str, Any] = {
        "household": household_id,
        "resolution": resolution.value,
        "start": period.start,
        "end": period.end,
        "wall": scoped_utility_id(),
    }
    with connection.cursor() as cursor:
        cursor.execute(HOME, values)
        return [
            Interval(start, end, energy_wh, meters, worst(is_estimated=is_estimated, is_suspect=is_suspect))
            for start, end, energy_wh, meters, is_estimated, is_suspect in cursor.fetchall()
        ]


def worst(*, is_estimated: bool, is_suspect: bool) -> Quality:
    """A sum is trusted as far as the least of what is in it."""
    if is_suspect:
        return Quality.SUSPECT
    return Quality.ESTIMATED if is_estimated else Quality.MEASURED


def joined(parts: Sequence[Interval], whole: Period[datetime]) -> Interval | None:
    """The parts as one interval; None unless they follow each other from one end to the other."""
    ends = [whole.start, *(part.end for part in parts)]
    if [part.start for part in parts] != ends[:-1] or ends[-1] != whole.end:
        return None
    qualities = {part.quality for part in parts}
    return Interval(
        whole.start,
        ends[-1],
        sum(part.energy_wh for part in parts),
        max(part.meters for part in parts),
        worst(is_estimated=Quality.ESTIMATED in qualities, is_suspect=Quality.SUSPECT in qualities),
    )
