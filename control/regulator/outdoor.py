"""The outdoor temperature as a building feels it: some of the last day, more of the next."""

from __future__ import annotations

from typing import Final

import numpy as np

from control.regulator import limits
from control.regulator.types import Floats, Observed

PAST_SHARE: Final = 0.4
FADES_IN_H: Final = 12.0
# A thermometer on a sunny wall must not overrule the forecast by more than this.
BIAS_MOST_K: Final = 5.0


def felt_c(observed: Observed) -> Floats:
    """The blend, shape ``(stations,)``; what is missing leaves its weight to the rest, NaN if all is.

    Hours fade with their distance. The forecast is first moved by what it is wrong about now.
    """
    measured = limits.within(observed.outdoor_c, limits.OUTDOOR_RANGE_C)
    past = limits.within(observed.outdoor_past_c, limits.OUTDOOR_RANGE_C)
    ahead = limits.within(observed.outdoor_ahead_c, limits.OUTDOOR_RANGE_C)
    before, after = _faded_mean(past), _faded_mean(ahead)
    blend = PAST_SHARE * before + (1 - PAST_SHARE) * after
    blend = np.where(np.isfinite(blend), blend, np.where(np.isfinite(after), after, before))
    present = ahead[:, 0] if ahead.shape[1] else np.full_like(measured, np.nan)
    bias = np.clip(np.nan_to_num(measured - present), -BIAS_MOST_K, BIAS_MOST_K)
    return np.where(np.isfinite(blend), blend + bias, measured)


def _faded_mean(hourly_c: Floats) -> Floats:
    """Mean over the columns, weighted by e^(-k/12 h); NaN where no column is known."""
    weights = np.exp(-np.arange(hourly_c.shape[1]) / FADES_IN_H) * np.isfinite(hourly_c)
    total = weights.sum(axis=1)
    values = (np.nan_to_num(hourly_c) * weights).sum(axis=1)
    mean: Floats = np.divide(values, total, out=np.full(len(total), np.nan), where=total > 0)
    return mean
