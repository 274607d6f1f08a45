"""Loads are gathered from telemetry, forecast with their baselines, and judged once they are over."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import Substation
from control.models import LoadForecast, LoadForecastScore, LoadHour, OutdoorForecast
from control.operations.load_forecasts import forecast_loads
from metering.models import TelemetryTag, TelemetryValue
from tests.factories import a_substation
from tests.metering.factories import NOON, a_controller

pytestmark = pytest.mark.usefixtures("scoped")


def _a_station(*, days: int, until: datetime = NOON) -> Substation:
    """Two samples an hour, of 10 kW from 16 to 22 UTC and else of 30 kW; freezing all the time."""
    substation = a_substation()
    device = a_controller(substation=substation)
    tag = TelemetryTag.objects.get(name="heat_power_w")
    hours = [until - timedelta(hours=n) for n in range(1, days * 24 + 1)]
    TelemetryValue.objects.bulk_create(
        TelemetryValue(
            device=device,
            tag=tag,
            measured_at=hour + timedelta(minutes=minute),
            value=(10_000 if 16 <= hour.hour < 22 else 30_000) + side,
            received_at=hour,
        )
        for hour in hours
        for minute, side in ((10, -500), (40, 500))
    )
    OutdoorForecast.objects.bulk_create(
        OutdoorForecast(
            substation=substation,
            valid_at=until + timedelta(hours=n),
            outdoor_c=0.0,
            source="climate",
            made_at=NOON,
        )
        for n in range(-days * 24, 72)
    )
    return substation


def _give(substation: Substation, *, hours: int, load_w: float) -> None:
    """The hours after noon as they turned out."""
    LoadHour.objects.bulk_create(
        LoadHour(substation=substation, hour=NOON + timedelta(hours=n), load_w=load_w, samples=4)
        for n in range(hours)
    )


def test_hours_are_means_of_their_samples_and_the_day_repeats() -> None:
    substation = _a_station(days=10)

    assert forecast_loads(now=NOON + timedelta(minutes=7)) == 1

    assert LoadHour.objects.count() == 240
    assert LoadHour.objects.get(hour=NOON - timedelta(hours=1)).load_w == 30_000
    forecast = LoadForecast.objects.get(substation=substation)
    assert forecast.first_hour == NOON
    assert forecast.load_w[:24] == pytest.approx([30_000] * 12 + [10_000] * 6 + [30_000] * 6, rel=0.01)
    assert forecast.persistence_w == pytest.approx((([30_000] * 12) + [10_000] * 6 + [30_000] * 6) * 3)


def test_with_little_history_only_the_baselines_are_told() -> None:
    _a_station(days=3)

    forecast_loads(now=NOON)

    forecast = LoadForecast.objects.get()
    assert forecast.load_w == []
    assert len(forecast.persistence_w) == 72


def test_a_forecast_serves_six_hours() -> None:
    _a_station(days=8)
    assert forecast_loads(now=NOON) == 1

    assert forecast_loads(now=NOON + timedelta(hours=5)) == 0
    assert forecast_loads(now=NOON + timedelta(hours=6)) == 1


def test_an_error_is_judged_once_the_hours_are_over_and_nothing_comes_late_any_more() -> None:
    substation = _a_station(days=10)
    forecast_loads(now=NOON)
    _give(substation, hours=24, load_w=30_000)

    forecast_loads(now=NOON + timedelta(hours=29))
    assert not LoadForecastScore.objects.exists()
    forecast_loads(now=NOON + timedelta(hours=30))
    forecast_loads(now=NOON + timedelta(hours=31))

    score = LoadForecastScore.objects.get()
    assert (score.hours_ahead, score.hours, score.mean_load_w) == (24, 24, 30_000)
    # Six of the 24 hours were forecast 20 kW too low.
    assert score.error_w == pytest.approx(5_000, rel=0.05)
    assert score.persistence_error_w == pytest.approx(5_000)


def test_nobody_measured_nothing_forecast() -> None:
    a_substation()

    assert forecast_loads(now=NOON) == 0
