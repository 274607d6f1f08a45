"""The load forecast: hourly loads gathered, three days forecast four times a day, errors written down."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.db import connection, transaction

from accounts.scope import scoped_utility_id
from control.forecasting.baselines import degree_days_w, persistence_w
from control.forecasting.load import Floats, forecast_w
from control.models import LoadForecast
from control.queries.loads import HISTORY_DAYS, loads
from control.queries.observed import hour_of

logger = logging.getLogger(__name__)

EVERY_H: Final = 6
# What arrives later than this changes no hour any more.
LATE: Final = timedelta(hours=6)

GATHER: Final = """
INSERT INTO control_loadhour (utility_id, substation_id, hour, load_w, samples)
SELECT installed.utility_id, installed.substation_id, date_trunc('hour', value.measured_at, 'UTC'),
       avg(value.value), count(*)
FROM metering_telemetryvalue value
JOIN metering_telemetrytag tag ON tag.id = value.tag_id AND tag.name = 'heat_power_w'
JOIN metering_installation installed ON installed.device_id = value.device_id
     AND value.measured_at >= installed.starts_at
     AND (installed.ends_at IS NULL OR value.measured_at < installed.ends_at)
WHERE installed.substation_id IS NOT NULL AND value.measured_at >= %s AND value.measured_at < %s
  AND (%s::bigint IS NULL OR installed.utility_id = %s)
GROUP BY 1, 2, 3
ON CONFLICT (substation_id, hour) DO UPDATE SET load_w = EXCLUDED.load_w, samples = EXCLUDED.samples
"""

# Forecasts whose hours are over, with the mean error of each way; hours nobody measured are left out.
SCORE: Final = """
INSERT INTO control_loadforecastscore
    (utility_id, forecast_id, hours_ahead, hours, mean_load_w,
     error_w, persistence_error_w, degree_days_error_w)
SELECT forecast.utility_id, forecast.id, span.ahead, count(*), avg(hour.load_w),
       avg(abs(step.load - hour.load_w)), avg(abs(step.persistence - hour.load_w)),
       avg(abs(step.degree_days - hour.load_w))
FROM control_loadforecast forecast
CROSS JOIN (VALUES (24), (72)) AS span (ahead)
CROSS JOIN LATERAL unnest(forecast.load_w, forecast.persistence_w, forecast.degree_days_w)
     WITH ORDINALITY AS step (load, persistence, degree_days, number)
JOIN control_loadhour hour ON hour.substation_id = forecast.substation_id
     AND hour.hour = forecast.first_hour + (step.number - 1) * interval '1 hour'
WHERE step.number <= span.ahead
  AND forecast.first_hour >= %s
  AND forecast.first_hour + span.ahead * interval '1 hour' <= %s
  AND step.load <> 'NaN' AND step.persistence <> 'NaN' AND step.degree_days <> 'NaN'
  AND (%s::bigint IS NULL OR forecast.utility_id = %s)
GROUP BY forecast.utility_id, forecast.id, span.ahead
ON CONFLICT (forecast_id, hours_ahead) DO NOTHING
"""


@transaction.atomic
def forecast_loads(*, now: datetime) -> int:
    """Gather the loads, score what is over, forecast if the newest forecast is old; how many were made."""
    first_hour = hour_of(now)
    wall = scoped_utility_id()
    known = LoadForecast.objects.order_by("-first_hour").values_list("first_hour", flat=True).first()
    since = first_hour - (LATE + timedelta(hours=EVERY_H) if known else timedelta(days=HISTORY_DAYS))
    with connection.cursor() as cursor:
        cursor.execute(GATHER, [since, first_hour, wall, wall])
        # An hour may still be completed by what arrives late; it is judged when that is over.
        judged = first_hour - LATE
        cursor.execute(SCORE, [judged - timedelta(days=14), judged, wall, wall])
    if known is not None and first_hour - known < timedelta(hours=EVERY_H):
        return 0
    return _forecast(first_hour, made_at=now)


def _forecast(first_hour: datetime, *, made_at: datetime) -> int:
    known = loads(first_hour)
    if not known.substation_ids:
        return 0
    ways = [of(known.history) for of in (forecast_w, persistence_w, degree_days_w)]
    rows = [
        LoadForecast(
            utility_id=utility,
            substation_id=substation,
            first_hour=first_hour,
            made_at=made_at,
            load_w=_stored(ours) if np.isfinite(ours).all() else [],
            persistence_w=_stored(persistence),
            degree_days_w=_stored(degree_days),
        )
        for utility, substation, ours, persistence, degree_days in zip(
            known.utility_ids, known.substation_ids, *ways, strict=True
        )
    ]
    made = LoadForecast.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)
    logger.info("loads of %d stations are forecast from %s on", len(made), first_hour)
    return len(made)


def _stored(watts: Floats) -> list[float]:
    """Whole watts; NaN stays NaN, which PostgreSQL knows."""
    return [round(value, 0) for value in watts.tolist()]
