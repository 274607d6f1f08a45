"""Heat indices of homes, buildings and stations from their registers; a statement a question."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Avg, Count
from django.db.models.functions import TruncDate

from accounts.models import Household, Utility
from accounts.period import Period, end_of, instants, local_midnight
from accounts.scope import current_utility_id
from control.heat_index import HEATED_TO_C, Index, Taken, indices
from control.models import OutdoorForecast, SubstationControl
from metering.queries.consumption import MeteredEnergy, metered_energy

OVER_DAYS: Final = 28
# Fewer days of weather say nothing; a day counts with this many of its hours.
LEAST_DAYS: Final = 7
LEAST_HOURS: Final = 20
# The same weekdays a year ago.
LAST_SEASON: Final = timedelta(days=364)
DESIGN_OUTDOOR_C: Final = -9.0


@dataclass(frozen=True, slots=True)
class Indexed:
    """One place with its index now and, where it was measured then, last season's."""

    place: Any
    index: Index
    last_season_j_m2_kd: float | None


@dataclass(frozen=True, slots=True)
class Indices:
    """Stations, buildings and homes over the days of ``period``; the highest beside its class first.

    ``period`` is None where the weather of fewer than seven days is known; then nobody has an index.
    """

    period: Period[date] | None
    stations: list[Indexed]
    buildings: list[Indexed]
    homes: list[Indexed]


def heat_indices(*, at: datetime, days: int = OVER_DAYS) -> Indices:
    """The indices of the utility in scope over the last ``days``, or as many as the weather is known of."""
    utility = Utility.objects.get(pk=current_utility_id())
    today = utility.local_date(at)
    known = _days_known(utility, today, most=days)
    if known < LEAST_DAYS:
        return Indices(None, stations=[], buildings=[], homes=[])
    period = Period(today - timedelta(days=known), today)
    homes = list(Household.objects.select_related("building__substation"))
    now = _taken(homes, utility, period)
    then = _taken(homes, utility, Period(period.start - LAST_SEASON, end_of(period) - LAST_SEASON))
    controls = SubstationControl.objects.values_list("design_outdoor_c", flat=True)
    design_c = min(controls, default=DESIGN_OUTDOOR_C)
    places: dict[str, dict[int, Any]] = {
        "station": {home.building.substation_id: home.building.substation for home in homes},
        "building": {home.building_id: home.building for home in homes},
        "home": {home.pk: home for home in homes},
    }
    told = {kind: _indexed(now[kind], then[kind], places[kind], design_outdoor_c=design_c) for kind in places}
    return Indices(period, stations=told["station"], buildings=told["building"], homes=told["home"])


def _taken(homes: list[Household], utility: Utility, period: Period[date]) -> dict[str, list[Taken]]:
    """What everyone took; only homes that were metered through the period count, by area too."""
    energy = metered_energy([home.pk for home in homes], period)
    degree_days = _degree_days(utility, period)
    measured = [home for home in homes if home.pk in energy]
    if not measured:
        return {"station": [], "building": [], "home": []}
    return {
        "home": [
            Taken(
                key=home.pk,
                kind=_exposure(home),
                energy_wh=energy[home.pk].energy_wh,
                area_m2=float(home.floor_area_m2),
                degree_days=degree_days.get(home.building.substation_id, 0.0),
            )
            for home in measured
        ],
        "building": _summed(measured, energy, degree_days, key=lambda home: home.building_id),
        "station": _summed(measured, energy, degree_days, key=lambda home: home.building.substation_id),
    }


def _summed(
    homes: Iterable[Household],
    energy: Mapping[int, MeteredEnergy],
    degree_days: Mapping[int, float],
    *,
    key: Callable[[Household], int],
) -> list[Taken]:
    groups: dict[int, list[Household]] = defaultdict(list)
    for home in homes:
        groups[key(home)].append(home)
    return [
        Taken(
            key=group,
            kind=members[0].building.substation.emitter,
            energy_wh=sum(energy[home.pk].energy_wh for home in members),
            area_m2=float(sum(home.floor_area_m2 for home in members)),
            degree_days=degree_days.get(members[0].building.substation_id, 0.0),
        )
        for group, members in groups.items()
    ]


def _days_known(utility: Utility, today: date, *, most: int) -> int:
    """Back to which day every station's weather is known without a gap, at most ``most`` days."""
    start = local_midnight(today - timedelta(days=most), utility.zone)
    rows = OutdoorForecast.objects.filter(valid_at__gte=start)
    days = rows.annotate(day=TruncDate("valid_at", tzinfo=utility.zone)).values("day", "substation_id")
    whole = Counter(row["day"] for row in days.annotate(hours=Count("pk")) if row["hours"] >= LEAST_HOURS)
    stations = rows.values("substation_id").distinct().count()
    known = 0
    while known < most and stations and whole[today - timedelta(days=known + 1)] == stations:
        known += 1
    return known


def _degree_days(utility: Utility, period: Period[date]) -> dict[int, float]:
    """Kelvin-days below 18 degrees at each station."""
    span = instants(period, utility.zone)
    rows = OutdoorForecast.objects.filter(valid_at__gte=span.start, valid_at__lt=end_of(span))
    days = rows.annotate(day=TruncDate("valid_at", tzinfo=utility.zone)).values("substation_id", "day")
    sums: dict[int, float] = defaultdict(float)
    for row in days.annotate(mean=Avg("outdoor_c")):
        sums[row["substation_id"]] += max(HEATED_TO_C - row["mean"], 0.0)
    return sums


def _exposure(home: Household) -> str:
    """Homes under the roof and on the ground lose more than those between."""
    if home.storey >= home.building.storeys:
        return "top"
    return "ground" if home.storey <= 1 else "middle"


def _indexed(
    now: list[Taken], then: list[Taken], places: dict[int, Any], *, design_outdoor_c: float
) -> list[Indexed]:
    before = {row.key: row.j_m2_kd for row in indices(then, design_outdoor_c=design_outdoor_c)}
    rows = [
        Indexed(places[index.key], index, before.get(index.key))
        for index in indices(now, design_outdoor_c=design_outdoor_c)
    ]
    return sorted(rows, key=lambda row: -(row.index.beside or 0))
