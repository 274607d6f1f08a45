"""The load of the next three days at every station, by ridge regression.

Temperature, hour, kind of day and the station's own history go in.

A day here is twenty-four hours that end with the last full hour, so that a column is an hour of the clock
and the newest row is always whole. Each hour of the day and each day ahead has a regression of its own:

    load(d, h) = a + b cold(d, h) + c felt(d, h) + e load(d - lead, h) + f cold(d - lead, h) + g weekend(d)

with ``cold`` = max(17 - outdoors, 0) and ``felt`` the same of outdoors faded over a day. An hour of its own
lets a station that is switched off at night be forecast as such; what yesterday's load knows beyond the
weather (a changed curve, a holiday) comes in by the lag. Everything is shrunk towards the hour's mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOURS: Final = 24
DAYS_AHEAD: Final = 3
# Fewer days of history than this, and only the baselines are offered.
LEAST_DAYS: Final = 7
HEATING_LIMIT_C: Final = 17.0
FELT_IN_H: Final = 24.0
REMEMBERED_DAYS: Final = 30.0
SHRINKAGE: Final = 5.0
# A day of the week shows in few weeks of history, so it is trusted less than the weather.
WEEKEND_SHRINKAGE: Final = 20.0
# Of a feature, in its own unit; a smaller spread is rounding.
LEAST_SPREAD: Final = 1e-6
SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class LoadHistory:
    """What is known: loads of ``days`` days, shape ``(stations, days, 24)``, watts, NaN where unknown.

    ``outdoor_c`` has shape ``(stations, days + 3, 24)``, the last three days forecast, and no gaps.
    ``weekday`` is 0 for Monday, shape ``(days + 3,)``.
    """

    load_w: Floats
    outdoor_c: Floats
    weekday: Ints

    @property
    def days(self) -> int:
        """How many days the loads are known of."""
        return int(self.load_w.shape[1])


def forecast_w(history: LoadHistory) -> Floats:
    """The loads to come, shape ``(stations, 72)``, never negative; NaN where too little is known."""
    ahead = [_day(history, lead) for lead in range(1, DAYS_AHEAD + 1)]
    return np.concatenate(ahead, axis=1)


def cold_k(outdoor_c: Floats) -> Floats:
    """Kelvins under the heating limit."""
    return np.maximum(HEATING_LIMIT_C - outdoor_c, 0)


def _day(history: LoadHistory, lead: int) -> Floats:
    """The hours of the day ``lead`` days ahead, shape ``(stations, 24)``."""
    days = history.days
    target = history.load_w[:, lead:]
    features = _features(history, lead)
    known = features[:, : days - lead]
    age = np.arange(days - lead, 0, -1)
    weight = np.exp(-age / REMEMBERED_DAYS)[None, :, None] * (
        np.isfinite(target) & np.isfinite(known).all(axis=-1)
    )
    if weight.shape[1] < 1:
        return np.full((len(target), HOURS), np.nan)
    known, target = np.nan_to_num(known), np.nan_to_num(target)
    total = np.maximum(weight.sum(axis=1), 1e-12)
    mean = (weight[..., None] * known).sum(axis=1) / total[..., None]
    level = (weight * target).sum(axis=1) / total
    centred = known - mean[:, None]
    spread = np.sqrt((weight[..., None] * centred**2).sum(axis=1) / total[..., None])
    scale = np.where(spread > LEAST_SPREAD, spread, 1.0)
    scaled = centred / scale[:, None]
    gram = np.einsum("sdh,sdhi,sdhj->shij", weight, scaled, scaled)
    moment = np.einsum("sdh,sdhi,sdh->shi", weight, scaled, target - level[:, None])
    penalty = np.array([SHRINKAGE] * (gram.shape[-1] - 1) + [WEEKEND_SHRINKAGE])
    slopes = np.linalg.solve(gram + np.diag(penalty), moment[..., None])[..., 0]
    # The lagged load of the last known day serves every lead: it is `lead` days before the target.
    newest = features[:, days - 1]
    ahead = np.where(np.isfinite(newest), (newest - mean) / scale, 0.0)
    value = level + (slopes * ahead).sum(axis=-1)
    enough = (weight > 0).sum(axis=1) >= LEAST_DAYS
    return np.where(enough, np.maximum(value, 0), np.nan)


def _features(history: LoadHistory, lead: int) -> Floats:
    """Row ``d`` describes day ``d + lead`` from what is known on day ``d``: ``(stations, days, 24, 5)``."""
    days = history.days
    cold = cold_k(history.outdoor_c)
    felt = cold_k(_felt_c(history.outdoor_c))
    weekend = np.broadcast_to((history.weekday >= SATURDAY)[None, :, None], cold.shape).astype(np.float64)
    return np.stack(
        [
            cold[:, lead : days + lead],
            felt[:, lead : days + lead],
            history.load_w,
            cold[:, :days],
            weekend[:, lead : days + lead],
        ],
        axis=-1,
    )


def _felt_c(outdoor_c: Floats) -> Floats:
    """Outdoors faded over a day, hour after hour."""
    stations, days, hours = outdoor_c.shape
    series = outdoor_c.reshape(stations, days * hours)
    felt = np.empty_like(series)
    state, share = series[:, 0], 1 - np.exp(-1 / FELT_IN_H)
    for hour in range(days * hours):
        state = state + share * (series[:, hour] - state)
        felt[:, hour] = state
    return felt.reshape(outdoor_c.shape)
