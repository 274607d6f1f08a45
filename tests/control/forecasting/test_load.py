"""What the load forecast does with little, strange and no data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from control.forecasting.baselines import degree_days_w, persistence_w
from control.forecasting.load import DAYS_AHEAD, Floats, LoadHistory, forecast_w


def _history(load_w: Floats, outdoor_c: float | Floats = 0.0) -> LoadHistory:
    stations, days, hours = load_w.shape
    shape = (stations, days + DAYS_AHEAD, hours)
    weekday = np.arange(days + DAYS_AHEAD) % 7
    return LoadHistory(load_w=load_w, outdoor_c=np.broadcast_to(outdoor_c, shape).copy(), weekday=weekday)


def test_a_linear_plant_is_forecast_by_its_line_where_persistence_cannot() -> None:
    rng = np.random.default_rng(5)
    outdoors = rng.normal(2, 4, size=(1, 43, 1)) + np.zeros((1, 43, 24))
    load = 2000 + 1000 * np.maximum(17 - outdoors, 0)
    history = _history(load[:, :40], outdoors)

    error = np.abs(forecast_w(history) - load[:, 40:].reshape(1, -1)).mean()

    assert error < 0.25 * np.abs(persistence_w(history) - load[:, 40:].reshape(1, -1)).mean()


def test_a_station_that_stops_at_night_is_forecast_to() -> None:
    day = np.where(np.arange(24) < 6, 0.0, 50_000.0)

    ahead = forecast_w(_history(np.tile(day, (1, 20, 1))))

    assert ahead.reshape(3, 24) == pytest.approx(np.tile(day, (3, 1)))


def test_too_little_history_is_no_forecast_for_that_station_alone() -> None:
    load = np.full((2, 20, 24), 10_000.0)
    load[0, :15] = np.nan

    ahead = forecast_w(_history(load))

    assert np.isnan(ahead[0]).all()
    assert np.isfinite(ahead[1]).all()


def test_a_missing_last_day_falls_back_to_the_mean_of_its_hour() -> None:
    load = np.full((1, 20, 24), 10_000.0)
    load[0, -1] = np.nan

    assert forecast_w(_history(load)) == pytest.approx(np.full((1, 72), 10_000.0))


@settings(max_examples=60, deadline=None)
@given(
    load=arrays.arrays(
        np.float64, (2, 12, 24), elements=st.floats(0, 1e9) | st.just(float("nan")), fill=st.just(5_000.0)
    ),
    outdoors=st.floats(-60, 50),
)
def test_whatever_was_measured_no_forecast_is_negative_or_infinite(load: Floats, outdoors: float) -> None:
    history = _history(load, outdoors)

    for of in (forecast_w, persistence_w, degree_days_w):
        ahead = of(history)
        assert ahead.shape == (2, 72)
        assert not np.isinf(ahead).any()
        assert (ahead[np.isfinite(ahead)] >= 0).all()
