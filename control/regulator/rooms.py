"""From single sensors to the one room temperature a station is regulated by."""

from __future__ import annotations

from typing import Final

import numpy as np

from comfort.preference.pooling import quantile_by_group
from control.regulator import limits
from control.regulator.types import Flags, Floats, Ints

STALE_AFTER_H: Final = 2.0
OUTLIER_MADS: Final = 3.5
# Rooms of one station rarely agree better than this; a smaller spread would cast out good sensors.
LEAST_MAD_K: Final = 0.5
COLD_SHARE: Final = 0.2


def cold_rooms(*, temperature_c: Floats, age_h: Floats, station: Ints, stations: int) -> tuple[Floats, Ints]:
    """The 20 % quantile of each station's valid rooms, and their number; one row a sensor comes in."""
    good = valid(temperature_c=temperature_c, age_h=age_h, station=station, stations=stations)
    kept = np.where(good, temperature_c, np.nan)
    counts = np.bincount(station[good], minlength=stations)
    return quantile_by_group(kept, group=station, groups=stations, share=COLD_SHARE), counts


def valid(*, temperature_c: Floats, age_h: Floats, station: Ints, stations: int) -> Flags:
    """Which sensors to believe: fresh, in range, and not far outside what the station's other rooms say."""
    fresh = np.abs(age_h) <= STALE_AFTER_H
    usual = np.where(fresh, limits.within(temperature_c, limits.ROOM_RANGE_C), np.nan)
    median = quantile_by_group(usual, group=station, groups=stations, share=0.5)
    distance = np.abs(usual - median[station])
    spread = quantile_by_group(distance, group=station, groups=stations, share=0.5)
    # 1.4826 makes the median distance a standard deviation where the rooms are normally spread.
    bound = OUTLIER_MADS * 1.4826 * np.maximum(np.nan_to_num(spread), LEAST_MAD_K)
    return np.isfinite(distance) & (distance <= bound[station])
