"""How warm each building was over some days: distribution, spread, degree-hours, complaints; set-based."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from accounts.models import Building, Utility
from accounts.period import Period, end_of
from accounts.scope import current_utility_id

# Hourly means of each room first, so that a sensor that speaks more often does not count more.
REPORT = """
WITH hourly AS (
    SELECT home.building_id, installed.household_id, value.device_id,
        date_trunc('hour', value.measured_at) AS hour, avg(value.temperature_c) AS degrees
    FROM metering_roomtemperature value
    JOIN metering_installation installed ON installed.device_id = value.device_id
        AND value.measured_at >= installed.starts_at
        AND (installed.ends_at IS NULL OR value.measured_at < installed.ends_at)
    JOIN accounts_household home ON home.id = installed.household_id
    WHERE value.utility_id = %(utility)s AND value.measured_at >= %(start)s AND value.measured_at < %(end)s
        AND value.temperature_c BETWEEN 5 AND 35
    GROUP BY 1, 2, 3, 4
), warmth AS (
    SELECT building_id, count(DISTINCT household_id) AS homes, count(*) AS room_hours, avg(degrees) AS mean,
        percentile_cont(ARRAY[0.05, 0.5, 0.95]) WITHIN GROUP (ORDER BY degrees) AS shares,
        sum(GREATEST(%(minimum)s - degrees, 0)) AS under, sum(GREATEST(degrees - 24, 0)) AS over
    FROM hourly GROUP BY building_id
), voted AS (
    SELECT home.building_id, count(*) FILTER (WHERE vote.sensation < 0) AS cold,
        count(*) FILTER (WHERE vote.sensation = 0) AS fine,
        count(*) FILTER (WHERE vote.sensation > 0) AS warm
    FROM comfort_feedback vote JOIN accounts_household home ON home.id = vote.household_id
    WHERE vote.utility_id = %(utility)s AND vote.given_at >= %(start)s AND vote.given_at < %(end)s
    GROUP BY 1
), failed AS (
    SELECT home.building_id, count(*) AS spells
    FROM comfort_coldspell spell JOIN accounts_household home ON home.id = spell.household_id
    WHERE spell.utility_id = %(utility)s AND spell.starts_at < %(end)s
        AND (spell.ends_at IS NULL OR spell.ends_at > %(start)s)
    GROUP BY 1
)
SELECT building.id, COALESCE(homes, 0), COALESCE(room_hours, 0), mean, shares[1], shares[2], shares[3],
    under, over, COALESCE(cold, 0), COALESCE(fine, 0), COALESCE(warm, 0), COALESCE(spells, 0)
FROM accounts_building building
LEFT JOIN warmth ON warmth.building_id = building.id
LEFT JOIN voted ON voted.building_id = building.id
LEFT JOIN failed ON failed.building_id = building.id
WHERE building.utility_id = %(utility)s
ORDER BY under DESC NULLS LAST, building.name
"""


@dataclass(frozen=True, slots=True)
class BuildingComfort:
    """One building over the period; temperatures are None where nothing was measured.

    ``low_c`` and ``high_c`` are the 5 and 95 % quantiles of the rooms' hourly means, ``spread_k`` lies
    between them. ``under_k_h`` is the area below the minimum, ``over_k_h`` above 24 °C, over all rooms.
    """

    building: Building
    homes: int
    room_hours: int
    mean_c: float | None
    low_c: float | None
    middle_c: float | None
    high_c: float | None
    under_k_h: float | None
    over_k_h: float | None
    votes_cold: int
    votes_fine: int
    votes_warm: int
    cold_spells: int

    @property
    def spread_k(self) -> float | None:
        """How far the rooms lie apart."""
        return None if self.low_c is None or self.high_c is None else self.high_c - self.low_c


def comfort_report(period: Period[datetime]) -> list[BuildingComfort]:
    """Every building of the utility in scope, the one with most degree-hours under the minimum first.

    Raises:
        EmptyPeriodError: the period has no end.
    """
    utility = Utility.objects.get(pk=current_utility_id())
    values: dict[str, Any] = {
        "utility": utility.pk,
        "start": period.start,
        "end": end_of(period),
        "minimum": float(utility.minimum_room_c),
    }
    with connection.cursor() as cursor:
        cursor.execute(REPORT, values)
        rows = cursor.fetchall()
    buildings = Building.objects.select_related("substation").in_bulk([row[0] for row in rows])
    return [BuildingComfort(buildings[row[0]], *row[1:]) for row in rows]
