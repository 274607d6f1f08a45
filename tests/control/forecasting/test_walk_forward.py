"""The load forecast on two real substations of Niš, walked forward day by day through a season.

Nothing of the future is used but the weather forecast of that day, which comes with the data.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from control.forecasting.baselines import degree_days_w, persistence_w
from control.forecasting.load import DAYS_AHEAD, HOURS, Floats, LoadHistory, forecast_w
from tests import shared_data

FIRST: Final = 14  # days of history at the first forecast
BEGINS: Final = np.datetime64("2024-11-17T00:00:00")  # a Sunday
STATIONS: Final = ("L12", "L17")


def _hourly(path: Path) -> tuple[Floats, Floats, Floats]:
    """Load in kW, outdoors as measured, outdoors as forecast; hourly means from the first midnight on."""
    with path.open() as lines:
        rows = list(csv.DictReader(lines))
    instants = np.array([row["datetime"] for row in rows], dtype="datetime64[s]")
    hour = ((instants - BEGINS) // np.timedelta64(3600, "s")).astype(np.int64)
    columns = []
    for name in ("qizm", "t_amb", "forecast_temp"):
        values = np.array([float(row[name] or "nan") for row in rows])
        known = np.isfinite(values)
        sums = np.bincount(hour[known], values[known], hour.max() + 1)
        counts = np.bincount(hour[known], minlength=hour.max() + 1)
        columns.append(np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0))
    load, measured, foreseen = columns
    index = np.arange(len(measured))
    measured = np.interp(index, index[np.isfinite(measured)], measured[np.isfinite(measured)])
    return load, measured, np.where(np.isfinite(foreseen), foreseen, measured)


def _walked(path: Path) -> dict[str, tuple[float, float]]:
    """Mean absolute error over 24 and 72 hours, as a share of the mean load, of each way to forecast."""
    load, measured, foreseen = _hourly(path)
    days = len(load) // HOURS
    ways = {"ours": forecast_w, "persistence": persistence_w, "degree-days": degree_days_w}
    errors: dict[str, list[Floats]] = {way: [] for way in ways}
    actual = []
    for day in range(FIRST, days - DAYS_AHEAD + 1):
        now = day * HOURS
        end = now + DAYS_AHEAD * HOURS
        outdoors = np.concatenate([measured[:now], foreseen[now:end]])
        history = LoadHistory(
            load_w=load[:now].reshape(1, day, HOURS),
            outdoor_c=outdoors.reshape(1, day + DAYS_AHEAD, HOURS),
            weekday=(np.arange(day + DAYS_AHEAD) + 6) % 7,
        )
        for way, of in ways.items():
            errors[way].append(np.abs(of(history)[0] - load[now:end]))
        actual.append(load[now:end])
    mean = np.nanmean(actual)
    return {
        way: (float(np.nanmean([row[:HOURS] for row in rows]) / mean), float(np.nanmean(rows) / mean))
        for way, rows in errors.items()
    }


@pytest.mark.parametrize("station", STATIONS)
def test_the_forecast_beats_persistence_and_degree_days_a_day_and_three_days_ahead(station: str) -> None:
    path = shared_data.find(f"substations/xai4heat_2024-25_{station}.csv")
    if path is None:
        pytest.skip("needs the real substations of shared/data")

    errors = _walked(path)

    for other in ("persistence", "degree-days"):
        assert errors["ours"][0] < 0.92 * errors[other][0]
        assert errors["ours"][1] < 0.85 * errors[other][1]
