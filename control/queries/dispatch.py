"""What a heat source should send out: its stations' demand to come, the supply they need, who binds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from accounts.models import HeatSource, Substation
from control.models import LoadForecast, Target
from metering.queries.latest import latest_telemetry

WATER_WH_PER_L_K: Final = 1.163
FRESH: Final = timedelta(hours=1)
TAGS: Final = ("primary_supply_c", "primary_return_c", "secondary_supply_c", "valve_pct", "heat_power_w")
# An exchanger needs at least this much between primary and secondary supply.
LEAST_APPROACH_K: Final = 5.0
# A station should keep this much of its valve in hand.
VALVE_IN_USE_PCT: Final = 90.0
DAY_H: Final = 24


@dataclass(frozen=True, slots=True)
class StationNeed:
    """One station: heat now and to come, and the primary supply at which its valve would be 90 % open."""

    substation: Substation
    load_w: float | None
    next_day_w: tuple[float, ...]
    is_forecast: bool
    needed_c: float | None


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """One source: demand now and in the next 24 hours, suggested supply and flow, the binding station.

    ``supply_c`` is the highest that any station needs; ``flow_l_h`` carries the peak of the next day at it
    and the present mean return. None where too little is known.
    """

    source: HeatSource
    stations: list[StationNeed]
    load_w: float | None
    next_day_w: list[float]
    supply_now_c: float | None
    supply_c: float | None
    flow_l_h: float | None
    binding: StationNeed | None


def source_plans(*, at: datetime) -> list[SourcePlan]:
    """The plan of every source of the utility in scope; five statements."""
    substations = list(Substation.objects.order_by("name"))
    ids = [row.pk for row in substations]
    water = {key: value for key, (value, _at) in latest_telemetry(ids, TAGS, at - FRESH).items()}
    made = LoadForecast.objects.filter(first_hour__gt=at - timedelta(days=1))
    newest = made.order_by("substation_id", "-first_hour").distinct("substation_id")
    forecasts = {row.substation_id: row for row in newest}
    targets = Target.objects.filter(expires_at__gt=at).order_by("substation_id", "-issued_at")
    told = dict(targets.distinct("substation_id").values_list("substation_id", "secondary_supply_c"))
    needs = {
        row.pk: _need(
            row,
            water,
            load_w=water.get((row.pk, "heat_power_w")),
            forecast=forecasts.get(row.pk),
            target_c=told.get(row.pk),
            at=at,
        )
        for row in substations
    }
    return [
        _plan(source, [needs[row.pk] for row in substations if row.source_id == source.pk], water)
        for source in HeatSource.objects.order_by("name")
    ]


def _need(
    row: Substation,
    water: dict[tuple[int, str], float],
    *,
    load_w: float | None,
    forecast: LoadForecast | None,
    target_c: float | None,
    at: datetime,
) -> StationNeed:
    hours: tuple[float, ...] = ()
    if forecast is not None:
        first = int((at - forecast.first_hour).total_seconds() // 3600)
        # Without history enough the degree-days speak.
        hours = tuple((forecast.load_w or forecast.degree_days_w)[first : first + DAY_H])
    supply, primary = water.get((row.pk, "secondary_supply_c")), water.get((row.pk, "primary_supply_c"))
    wanted = target_c if target_c is not None else supply
    needed = None
    if wanted is not None and supply is not None and primary is not None:
        valve = water.get((row.pk, "valve_pct"), VALVE_IN_USE_PCT)
        needed = wanted + max(LEAST_APPROACH_K, (primary - supply) * valve / VALVE_IN_USE_PCT)
    return StationNeed(row, load_w, hours, bool(forecast and forecast.load_w), needed)


def _plan(source: HeatSource, needs: list[StationNeed], water: dict[tuple[int, str], float]) -> SourcePlan:
    hours = [sum(need.next_day_w[n] for need in needs if n < len(need.next_day_w)) for n in range(DAY_H)]
    binding = max((need for need in needs if need.needed_c is not None), key=_needed_c, default=None)
    supply_c = binding.needed_c if binding else None
    taken = [need.load_w for need in needs if need.load_w is not None]
    load_w = sum(taken) if taken else None
    return SourcePlan(
        source=source,
        stations=needs,
        load_w=load_w,
        next_day_w=hours if any(hours) else [],
        supply_now_c=max(_said(needs, water, "primary_supply_c"), default=None),
        supply_c=supply_c,
        flow_l_h=_flow_l_h(max([load_w or 0.0, *hours]), supply_c, _said(needs, water, "primary_return_c")),
        binding=binding,
    )


def _needed_c(need: StationNeed) -> float:
    return need.needed_c or 0.0


def _said(needs: list[StationNeed], water: dict[tuple[int, str], float], tag: str) -> list[float]:
    return [water[need.substation.pk, tag] for need in needs if (need.substation.pk, tag) in water]


def _flow_l_h(peak_w: float, supply_c: float | None, returns_c: list[float]) -> float | None:
    """What carries the peak between supply and mean return; None where they are not a kelvin apart."""
    if supply_c is None or not returns_c or peak_w <= 0:
        return None
    drop_k = supply_c - sum(returns_c) / len(returns_c)
    return peak_w / WATER_WH_PER_L_K / drop_k if drop_k > 1 else None
