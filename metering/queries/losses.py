"""What was delivered against what was used: a main meter and the homes or houses behind it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from accounts.period import Period
from accounts.scope import current_utility_id
from metering.enums import PlaceSum, Resolution

# The parts that hang on a place's own meter: the homes of a building, the main meters of a station.
PARTS: Final = {
    PlaceSum.BUILDING: PlaceSum.BUILDING_HOMES,
    PlaceSum.SUBSTATION: PlaceSum.SUBSTATION_BUILDINGS,
}
OF_BUILDING: Final = """
    SELECT household.building_id AS place_id, household.id AS part_id, installed.id AS installation_id,
           installed.device_id
    FROM accounts_household household
    LEFT JOIN metering_installation installed ON installed.household_id = household.id
    WHERE household.building_id = ANY(%(places)s) AND household.utility_id = %(utility)s"""
OF_SUBSTATION: Final = """
    SELECT building.substation_id AS place_id, building.id AS part_id, installed.id AS installation_id,
           installed.device_id
    FROM accounts_building building
    LEFT JOIN metering_installation installed ON installed.building_id = building.id
    WHERE building.substation_id = ANY(%(places)s) AND building.utility_id = %(utility)s"""
# A part counts as read where all meters that hung in it then are known; one without a meter never does.
BALANCES: Final = """
WITH parts AS ({parts}), buckets AS (
    SELECT place_id, starts_at, ends_at, max(energy_wh) FILTER (WHERE place_sum = %(own)s) AS delivered_wh,
           COALESCE(max(meters) FILTER (WHERE place_sum = %(own)s), 0) AS own_meters,
           max(energy_wh) FILTER (WHERE place_sum = %(sum)s) AS used_wh,
           COALESCE(sum(estimated + suspect), 0) AS doubtful
    FROM metering_placeconsumption
    WHERE utility_id = %(utility)s AND place_id = ANY(%(places)s) AND place_sum IN (%(own)s, %(sum)s)
      AND resolution = %(resolution)s AND starts_at >= %(start)s AND starts_at < %(end)s
    GROUP BY place_id, starts_at, ends_at
), read AS (
    SELECT place_id, starts_at, count(*)::int AS parts FROM (
        SELECT buckets.place_id, buckets.starts_at, parts.part_id
        FROM buckets JOIN parts ON parts.place_id = buckets.place_id
        JOIN metering_installation installed ON installed.id = parts.installation_id
          AND installed.starts_at < buckets.ends_at
          AND COALESCE(installed.ends_at, 'infinity') > buckets.starts_at
        JOIN metering_device device ON device.id = installed.device_id AND device.kind = 'heat_meter'
        LEFT JOIN metering_meterconsumption cut ON cut.device_id = parts.device_id
          AND cut.installation_id = parts.installation_id AND cut.resolution = %(resolution)s
          AND cut.starts_at = buckets.starts_at
        GROUP BY buckets.place_id, buckets.starts_at, parts.part_id
        HAVING bool_and(cut.device_id IS NOT NULL)
    ) part GROUP BY place_id, starts_at
)
SELECT buckets.place_id, buckets.starts_at, buckets.ends_at,
       CASE WHEN buckets.own_meters > 0 AND buckets.own_meters >= own.hung THEN buckets.delivered_wh END,
       buckets.used_wh, buckets.doubtful > 0, COALESCE(read.parts, 0), COALESCE(total.parts, 0)
FROM buckets
LEFT JOIN read ON read.place_id = buckets.place_id AND read.starts_at = buckets.starts_at
LEFT JOIN (SELECT place_id, count(DISTINCT part_id)::int AS parts FROM parts GROUP BY place_id) total
  ON total.place_id = buckets.place_id
CROSS JOIN LATERAL (
    SELECT count(*) AS hung FROM metering_installation installed
    JOIN metering_device device ON device.id = installed.device_id AND device.kind = 'heat_meter'
    WHERE installed.{place_column} = buckets.place_id AND installed.starts_at < buckets.ends_at
      AND COALESCE(installed.ends_at, 'infinity') > buckets.starts_at
) own
ORDER BY buckets.place_id, buckets.starts_at
"""


@dataclass(frozen=True, slots=True)
class Balance:
    """One interval of a place: what its own meter counted, what its parts used, how many of them were read.

    ``delivered_wh`` is None where the place has no meter of its own that is known, ``used_wh`` where no
    part is. ``is_doubtful`` where a meter's share is an estimate or suspect.
    """

    start: datetime
    end: datetime
    delivered_wh: int | None
    used_wh: int | None
    is_doubtful: bool
    read: int
    parts: int

    @property
    def missing(self) -> int:
        """Parts without a reading; their heat is in the difference."""
        return self.parts - self.read

    @property
    def loss_wh(self) -> int | None:
        """Delivered less used; with parts missing it is a loss and their heat together."""
        if self.delivered_wh is None or self.used_wh is None:
            return None
        return self.delivered_wh - self.used_wh

    @property
    def loss_pct(self) -> float | None:
        """The loss as a share of what was delivered; only where every part was read."""
        if self.loss_wh is None or self.missing or not self.delivered_wh:
            return None
        return 100 * self.loss_wh / self.delivered_wh


def balances(
    own: PlaceSum, place_ids: Collection[int], *, period: Period[datetime], resolution: Resolution
) -> dict[int, list[Balance]]:
    """The balances of buildings or of substations, ``own`` saying which, by place and instant.

    Of the intervals that begin in ``period``; those in which neither a place nor a part was read are left
    out. One statement, however many places.

    Raises:
        NoUtilityInScopeError: a place is a utility's own.
    """
    is_building = own == PlaceSum.BUILDING
    statement = BALANCES.format(
        parts=OF_BUILDING if is_building else OF_SUBSTATION,
        place_column="building_id" if is_building else "substation_id",
    )
    values: dict[str, Any] = {
        "own": own.value,
        "sum": PARTS[own].value,
        "places": list(place_ids),
        "utility": current_utility_id(),
        "resolution": resolution.value,
        "start": period.start,
        "end": period.end,
    }
    found: dict[int, list[Balance]] = {place_id: [] for place_id in place_ids}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        for place_id, *row in cursor.fetchall():
            found[place_id].append(Balance(*row))
    return found


def total(rows: Sequence[Balance]) -> Balance | None:
    """The intervals in which the own meter and all parts are known, as one; None where there are none."""
    whole = [row for row in rows if row.loss_pct is not None]
    if not whole:
        return None
    return Balance(
        start=whole[0].start,
        end=whole[-1].end,
        delivered_wh=sum(row.delivered_wh or 0 for row in whole),
        used_wh=sum(row.used_wh or 0 for row in whole),
        is_doubtful=any(row.is_doubtful for row in whole),
        read=min(row.read for row in whole),
        parts=max(row.parts for row in whole),
    )
