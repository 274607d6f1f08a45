"""The hourly loads of the stations and their temperatures, as the forecast wants them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BigIntegerField, Model, QuerySet
from django.db.models.functions import Cast, Extract

from control.forecasting.load import DAYS_AHEAD, HOURS, Floats, LoadHistory
from control.models import LoadHour, OutdoorForecast

HISTORY_DAYS: Final = 56


@dataclass(frozen=True, slots=True)
class Loads:
    """A row a station with any load in the last weeks, and whether its weather is known well enough."""

    substation_ids: list[int]
    utility_ids: list[int]
    history: LoadHistory


def loads(first_hour: datetime) -> Loads:
    """What is known of each station in scope before ``first_hour``, a full hour, and the weather after it."""
    begin = first_hour - timedelta(days=HISTORY_DAYS)
    end = first_hour + timedelta(days=DAYS_AHEAD)
    rows = LoadHour.objects.filter(hour__gte=begin, hour__lt=first_hour)
    stations = dict(rows.order_by("substation").values_list("substation", "utility").distinct())
    ids = list(stations)
    load = _by_hour(rows, ids, "hour", "load_w", begin=begin, hours=HISTORY_DAYS * HOURS)
    weather = OutdoorForecast.objects.filter(substation__in=ids, valid_at__gte=begin, valid_at__lt=end)
    outdoor = _by_hour(
        weather, ids, "valid_at", "outdoor_c", begin=begin, hours=(HISTORY_DAYS + DAYS_AHEAD) * HOURS
    )
    days = HISTORY_DAYS + DAYS_AHEAD
    weekday = np.array([(begin + timedelta(days=day)).weekday() for day in range(days)], dtype=np.int64)
    history = LoadHistory(
        load_w=load.reshape(len(ids), HISTORY_DAYS, HOURS),
        outdoor_c=_without_gaps(outdoor).reshape(len(ids), days, HOURS),
        weekday=weekday,
    )
    return Loads(substation_ids=ids, utility_ids=list(stations.values()), history=history)


def _by_hour(
    rows: QuerySet[Model], ids: Sequence[int], hour: str, value: str, *, begin: datetime, hours: int
) -> Floats:
    """``value`` by station and hour since ``begin``, NaN where there is none; a station a row is fetched."""
    seconds = Cast(Extract(hour, "epoch"), BigIntegerField())
    grouped = rows.values("substation_id").annotate(seconds=ArrayAgg(seconds), figures=ArrayAgg(value))
    row_of = {pk: row for row, pk in enumerate(ids)}
    columns = np.full((len(ids), hours), np.nan)
    for pk, instants, figures in grouped.values_list("substation_id", "seconds", "figures"):
        columns[row_of[pk], (np.array(instants) - int(begin.timestamp())) // 3600] = figures
    return columns


def _without_gaps(hourly_c: Floats) -> Floats:
    """Gaps joined by straight lines, the ends held; NaN only where nothing is known at all."""
    filled = hourly_c.copy()
    hours = np.arange(hourly_c.shape[1])
    for row in np.flatnonzero(~np.isfinite(hourly_c).all(axis=1)).tolist():
        known = np.isfinite(hourly_c[row])
        if known.any():
            filled[row] = np.interp(hours, hours[known], hourly_c[row, known])
    return filled
