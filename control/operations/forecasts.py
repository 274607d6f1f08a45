"""Keeping the hours to come: from the weather service, or from the climate where it fails."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from math import isfinite

import numpy as np

from accounts.models import Substation
from control.models import OutdoorForecast
from control.queries.observed import FORECAST_HOURS, PAST_HOURS, hour_of
from control.regulator.limits import OUTDOOR_RANGE_C, within
from control.weather import ClimateModel, Hours, Places, Provider, WeatherUnavailableError
from control.weather.provider import Floats

logger = logging.getLogger(__name__)

BATCH = 5_000


def refresh_forecasts(*, provider: Provider, now: datetime) -> bool:
    """Store the last day and the next three of every station in scope; whether ``provider`` answered.

    Where it does not, what it said before stays, and only hours nobody ever spoke of come from the climate.
    """
    substations = list(Substation.objects.order_by("pk"))
    if not substations:
        return True
    places = Places(
        latitude_deg=np.array([float(row.latitude_deg) for row in substations]),
        longitude_deg=np.array([float(row.longitude_deg) for row in substations]),
    )
    first = hour_of(now).astimezone(UTC).replace(tzinfo=None) - timedelta(hours=PAST_HOURS)
    hours = np.datetime64(first, "s") + np.arange(PAST_HOURS + FORECAST_HOURS) * np.timedelta64(3600, "s")
    outdoor_c = _asked(provider, places, hours)
    if outdoor_c is not None:
        _store(provider, substations, outdoor_c=outdoor_c, hours=hours, now=now)
    if outdoor_c is None or not np.isfinite(outdoor_c).all():
        climate = ClimateModel()
        rows = _rows(climate, substations, outdoor_c=climate.hourly_c(places, hours), hours=hours, now=now)
        OutdoorForecast.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return outdoor_c is not None


def _asked(provider: Provider, places: Places, hours: Hours) -> Floats | None:
    """What the provider says, NaN where it is not to be believed; None where it does not answer."""
    try:
        return within(provider.hourly_c(places, hours), OUTDOOR_RANGE_C)
    except WeatherUnavailableError as error:
        logger.warning("the last forecast stands, the climate fills its gaps: %s", error)
        return None


def _store(
    provider: Provider, substations: list[Substation], *, outdoor_c: Floats, hours: Hours, now: datetime
) -> None:
    OutdoorForecast.objects.bulk_create(
        _rows(provider, substations, outdoor_c=outdoor_c, hours=hours, now=now),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["substation", "valid_at"],
        update_fields=["outdoor_c", "source", "made_at"],
    )


def _rows(
    provider: Provider, substations: list[Substation], *, outdoor_c: Floats, hours: Hours, now: datetime
) -> list[OutdoorForecast]:
    """A row for every station and hour with a temperature."""
    instants = [instant.replace(tzinfo=UTC) for instant in hours.astype("datetime64[s]").tolist()]
    return [
        OutdoorForecast(
            utility_id=substation.utility_id,
            substation=substation,
            valid_at=instant,
            outdoor_c=value,
            source=provider.source,
            made_at=now,
        )
        for substation, row in zip(substations, outdoor_c.tolist(), strict=True)
        for instant, value in zip(instants, row, strict=True)
        if isfinite(value)
    ]
