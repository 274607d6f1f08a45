"""What is known of the stations at an instant, as columns for the regulator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import BigIntegerField
from django.db.models.functions import Cast, Extract

from comfort.queries.demand import ComfortDemand
from control.models import OutdoorForecast
from control.regulator.rooms import cold_rooms
from control.regulator.types import Floats, Ints, Observed
from metering.queries.latest import latest_room_temperatures, latest_telemetry

# An older signal of the plant says nothing of now.
FRESH: Final = timedelta(minutes=30)
PAST_HOURS: Final = 24
AHEAD_HOURS: Final = 48
# The load forecast looks farther than the regulator does.
FORECAST_HOURS: Final = 72
TAGS: Final = ("outdoor_c", "secondary_supply_c", "secondary_return_c")


def observe(substation_ids: Ints, demand: ComfortDemand, at: datetime) -> Observed:
    """Rooms, outdoors, water and votes of the stations in their order; NaN where nothing fresh is known."""
    telemetry = latest_telemetry(substation_ids.tolist(), TAGS, at - FRESH)

    def signal(tag: str) -> Floats:
        pairs = [telemetry.get((pk, tag), (np.nan, at)) for pk in substation_ids.tolist()]
        return np.array([value for value, _measured_at in pairs], dtype=np.float64)

    room_c, rooms = _rooms(substation_ids, at)
    hourly_c = _outdoor_hours(substation_ids, at)
    return Observed(
        outdoor_c=signal("outdoor_c"),
        # Nearest hour first: the past is turned round.
        outdoor_past_c=hourly_c[:, PAST_HOURS - 1 :: -1],
        outdoor_ahead_c=hourly_c[:, PAST_HOURS:],
        room_c=room_c,
        rooms=rooms,
        comfort_shift_k=_in_order(substation_ids, demand.substation_ids, demand.shift_k),
        supply_c=signal("secondary_supply_c"),
        return_c=signal("secondary_return_c"),
    )


def hour_of(at: datetime) -> datetime:
    """The full hour that ``at`` lies in."""
    return at.replace(minute=0, second=0, microsecond=0)


def _rooms(substation_ids: Ints, at: datetime) -> tuple[Floats, Ints]:
    row_of = {pk: row for row, pk in enumerate(substation_ids.tolist())}
    values = [value for value in latest_room_temperatures() if value.substation_id in row_of]
    ages = [(at - value.measured_at).total_seconds() / 3600 for value in values]
    return cold_rooms(
        temperature_c=np.array([value.temperature_c for value in values], dtype=np.float64),
        age_h=np.array(ages, dtype=np.float64),
        station=np.array([row_of[value.substation_id or 0] for value in values], dtype=np.int64),
        stations=len(substation_ids),
    )


def _outdoor_hours(substation_ids: Ints, at: datetime) -> Floats:
    """Stored forecasts, shape ``(stations, 24 past hours + 48 from the present one)``, oldest first."""
    start = hour_of(at) - timedelta(hours=PAST_HOURS)
    hours = PAST_HOURS + AHEAD_HOURS
    rows = OutdoorForecast.objects.filter(
        substation__in=substation_ids.tolist(),
        valid_at__gte=start,
        valid_at__lt=start + timedelta(hours=hours),
    )
    # A row a station: thousands of stations have too many hours to fetch each as an instant.
    epoch_s = Cast(Extract("valid_at", "epoch"), BigIntegerField())
    by_station = rows.values("substation_id").annotate(
        seconds=ArrayAgg(epoch_s), degrees=ArrayAgg("outdoor_c")
    )
    hourly_c = np.full((len(substation_ids), hours), np.nan)
    for substation_id, seconds, degrees in by_station.values_list("substation_id", "seconds", "degrees"):
        columns = (np.array(seconds) - int(start.timestamp())) // 3600
        hourly_c[np.searchsorted(substation_ids, substation_id), columns] = degrees
    return hourly_c


def _in_order(wanted_ids: Ints, ids: Ints, values: Floats) -> Floats:
    """``values`` of ascending ``ids`` in the order of ``wanted_ids``, which are among them."""
    return values[np.searchsorted(ids, wanted_ids)]
