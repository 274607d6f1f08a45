"""What a forecast must beat: yesterday again, and the energy signature by degree-days."""

from __future__ import annotations

import numpy as np

from control.forecasting.load import DAYS_AHEAD, HOURS, Floats, LoadHistory, cold_k


def persistence_w(history: LoadHistory) -> Floats:
    """The last day three times over, shape ``(stations, 72)``."""
    return np.tile(history.load_w[:, -1], (1, DAYS_AHEAD))


def degree_days_w(history: LoadHistory) -> Floats:
    """A day's mean by least squares on its cold, spread by its mean day, shape ``(stations, 72)``."""
    load, cold = history.load_w, cold_k(history.outdoor_c).mean(axis=-1)
    counts = np.isfinite(load).sum(axis=-1)
    daily = np.where(counts == HOURS, np.nan_to_num(load).sum(axis=-1) / HOURS, np.nan)
    known = np.isfinite(daily)
    days = np.maximum(known.sum(axis=1), 1)
    past = np.where(known, cold[:, : history.days], 0.0)
    mean_cold = past.sum(axis=1) / days
    mean_load = np.where(known, daily, 0.0).sum(axis=1) / days
    away = np.where(known, cold[:, : history.days] - mean_cold[:, None], 0.0)
    variance = (away**2).sum(axis=1)
    moment = (away * np.where(known, daily - mean_load[:, None], 0.0)).sum(axis=1)
    slope = np.divide(moment, variance, out=np.zeros_like(moment), where=variance > 0)
    level = np.maximum(
        mean_load[:, None] + slope[:, None] * (cold[:, history.days :] - mean_cold[:, None]), 0
    )
    shape = _mean_day(load)
    ahead = level[:, :, None] * shape[:, None, :]
    return np.where((known.sum(axis=1) > 0)[:, None], ahead.reshape(len(load), -1), np.nan)


def _mean_day(load_w: Floats) -> Floats:
    """The mean day of each station with mean one, shape ``(stations, 24)``; flat where nothing was used."""
    known = np.isfinite(load_w)
    by_hour = np.nan_to_num(load_w).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    mean = by_hour.mean(axis=1, keepdims=True)
    shape: Floats = np.divide(by_hour, mean, out=np.ones_like(by_hour), where=mean > 0)
    return shape
