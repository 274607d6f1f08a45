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
# One odd sensor is broken; two and a tenth of a station's that are odd together are its cold rooms.
GROUP: Final = 2
GROUP_SHARE: Final = 0.1


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
    off = usual - median[station]
    spread = quantile_by_group(np.abs(off), group=station, groups=stations, share=0.5)
    # 1.4826 makes the median distance a standard deviation where the rooms are normally spread.
    bound = (OUTLIER_MADS * 1.4826 * np.maximum(np.nan_to_num(spread), LEAST_MAD_K))[station]
    known = np.isfinite(off)
    return known & ((np.abs(off) <= bound) | _grouped(off, bound, station, known, stations))


def _grouped(off: Floats, bound: Floats, station: Ints, known: Flags, stations: int) -> Flags:
    """Which rooms are far off, but not alone on their side."""
    count = np.bincount(station[known], minlength=stations)
    enough = np.maximum(GROUP_SHARE * count, GROUP)
    found = np.zeros(len(off), dtype=np.bool_)
    for far in (off < -bound, off > bound):
        found |= far & (np.bincount(station[far], minlength=stations) >= enough)[station]
    return found
