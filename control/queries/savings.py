"""Savings per station from hourly loads, stored weather and room sensors; one statement for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np
from django.db import connection

from accounts.models import Substation, Utility
from accounts.period import local_midnight, on_day
from accounts.scope import current_utility_id
from control.enums import FactorKind
from control.models import EnergyFactor, RolloutStage
from control.saving.signature import Days, NotEnoughError, Saving, beside, saving

# A day with fewer measured hours is left out, not filled up.
LEAST_HOURS: Final = 20
GJ_PER_KWH: Final = 0.0036

# One row a station and local day, where heat and weather are both known.
DAYS: Final = """
SELECT load.substation_id, load.day, load.mean_w * 24 / 1000, weather.mean_c, room.mean_c
FROM (
    SELECT substation_id, (hour AT TIME ZONE %(zone)s)::date AS day, avg(load_w) AS mean_w
    FROM control_loadhour WHERE utility_id = %(utility)s AND hour >= %(start)s AND hour < %(end)s
    GROUP BY 1, 2 HAVING count(*) >= %(least)s
) load
JOIN (
    SELECT substation_id, (valid_at AT TIME ZONE %(zone)s)::date AS day, avg(outdoor_c) AS mean_c
    FROM control_outdoorforecast
    WHERE utility_id = %(utility)s AND valid_at >= %(start)s AND valid_at < %(end)s
    GROUP BY 1, 2 HAVING count(*) >= %(least)s
) weather USING (substation_id, day)
LEFT JOIN (
    SELECT building.substation_id, (value.measured_at AT TIME ZONE %(zone)s)::date AS day,
        avg(value.temperature_c) AS mean_c
    FROM metering_roomtemperature value
    JOIN metering_installation installed ON installed.device_id = value.device_id
        AND value.measured_at >= installed.starts_at
        AND (installed.ends_at IS NULL OR value.measured_at < installed.ends_at)
    JOIN accounts_household home ON home.id = installed.household_id
    JOIN accounts_building building ON building.id = home.building_id
    WHERE value.utility_id = %(utility)s AND value.measured_at >= %(start)s AND value.measured_at < %(end)s
        AND value.temperature_c BETWEEN 5 AND 35
    GROUP BY 1, 2
) room USING (substation_id, day)
ORDER BY load.substation_id, load.day
"""


@dataclass(frozen=True, slots=True)
class StationSaving:
    """One station: its baseline and reporting days, and the saving, or the code of why there is none.

    ``share``, ``low`` and ``high`` are beside the stations to compare with, where there are any.
    """

    substation: Substation
    baseline_from: date
    starts_on: date | None
    baseline: Days
    reporting: Days
    saving: Saving | None
    why_not: str
    share: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def saved_gj(self) -> float:
        """The heat behind ``share``."""
        return 0.0 if self.saving is None else self.share * self.saving.expected_kwh * GJ_PER_KWH


def station_savings(*, at: datetime) -> list[StationSaving]:
    """Every station of the roll-out, by name: steered ones beside those to compare with."""
    stages = list(RolloutStage.objects.select_related("substation").order_by("substation__name"))
    if not stages:
        return []
    utility = Utility.objects.get(pk=current_utility_id())
    today = utility.local_date(at)
    begin = min(stage.baseline_from for stage in stages)
    rows = _days(utility, start=local_midnight(begin, utility.zone), end=local_midnight(today, utility.zone))
    steered = [stage for stage in stages if stage.starts_on is not None]
    controls = [stage for stage in stages if stage.starts_on is None]
    found = [
        _against(stage, stage.starts_on, rows, controls=controls) for stage in steered if stage.starts_on
    ]
    return [*found, *(_plain(stage, None, rows) for stage in controls)]


def factors(day: date) -> Mapping[str, EnergyFactor]:
    """The factors that hold on ``day``, by kind."""
    return {row.kind: row for row in EnergyFactor.objects.filter(on_day(day))}


def _against(
    stage: RolloutStage,
    starts_on: date,
    rows: Mapping[int, list[tuple[date, float, float, float]]],
    *,
    controls: list[RolloutStage],
) -> StationSaving:
    """A steered station; the others are judged over the same days."""
    own = _plain(stage, starts_on, rows)
    if own.saving is None:
        return own
    others = [_plain(control, starts_on, rows).saving for control in controls]
    share, low, high = beside(own.saving, [each for each in others if each is not None])
    return StationSaving(
        substation=own.substation,
        baseline_from=own.baseline_from,
        starts_on=starts_on,
        baseline=own.baseline,
        reporting=own.reporting,
        saving=own.saving,
        why_not="",
        share=share,
        low=low,
        high=high,
    )


def _plain(
    stage: RolloutStage,
    starts_on: date | None,
    rows: Mapping[int, list[tuple[date, float, float, float]]],
) -> StationSaving:
    days = [row for row in rows.get(stage.substation_id, []) if row[0] >= stage.baseline_from]
    before = _columns([row for row in days if starts_on is None or row[0] < starts_on])
    after = _columns([row for row in days if starts_on is not None and row[0] >= starts_on])
    found, why_not = None, "" if starts_on else "control"
    if starts_on is not None:
        try:
            found = saving(before, after)
        except NotEnoughError as error:
            why_not = error.code
    return StationSaving(stage.substation, stage.baseline_from, starts_on, before, after, found, why_not)


def _columns(rows: list[tuple[date, float, float, float]]) -> Days:
    columns = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, 3).T
    return Days(columns[0], columns[1], columns[2])


def _days(
    utility: Utility, *, start: datetime, end: datetime
) -> dict[int, list[tuple[date, float, float, float]]]:
    values: dict[str, int | str | datetime] = {
        "utility": utility.pk,
        "zone": utility.zone.key,
        "start": start,
        "end": end,
        "least": LEAST_HOURS,
    }
    found: dict[int, list[tuple[date, float, float, float]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(DAYS, values)
        for pk, day, heat_kwh, outdoor_c, room_c in cursor.fetchall():
            room = np.nan if room_c is None else room_c
            found.setdefault(pk, []).append((day, heat_kwh, outdoor_c, room))
    return found


def heat_effects(saved_gj: float, known: Mapping[str, EnergyFactor]) -> dict[str, float]:
    """Kilograms of CO2 and of fuel behind the heat, for the factors that are known."""
    kinds = (FactorKind.HEAT_CO2, FactorKind.HEAT_FUEL)
    return {kind: saved_gj * float(known[kind].value) for kind in kinds if kind in known}
