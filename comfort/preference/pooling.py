"""From homes to buildings and stations: silent homes speak for leaving things as they are."""

from __future__ import annotations

from typing import Final

import numpy as np

from comfort.preference.model import Floats, Ints

# Silence is weaker evidence than the vote "comfortable": a silent home counts this part of a voice.
SILENT_VOICE: Final = 0.5
STATION_MIN_K: Final = -1.0
STATION_MAX_K: Final = 1.5
COLDER_SIDE: Final = 0.8


def building_shifts(*, shift_k: Floats, building: Ints, homes: Ints) -> Floats:
    """The mean wish of each building, in kelvins, shape ``(buildings,)``.

    ``shift_k`` and ``building`` have a row for every home that voted; ``homes`` counts all homes of each
    building.
    """
    total = np.bincount(building, weights=shift_k, minlength=len(homes))
    voices = _voices(np.bincount(building, minlength=len(homes)), homes)
    return np.divide(total, voices, out=np.zeros(len(homes)), where=voices > 0)


def station_shifts(*, shift_k: Floats, building: Ints, homes: Ints, station: Ints, stations: int) -> Floats:
    """The wish each station is to follow, in kelvins, within -1 and +1.5, shape ``(stations,)``.

    ``station`` gives the station of each building. The mean of all voices, moved half-way to the
    80 % quantile of the buildings where that is higher: the colder buildings count more.
    """
    total = np.bincount(station[building], weights=shift_k, minlength=stations)
    voters = np.bincount(station[building], minlength=stations)
    all_homes = np.bincount(station, weights=homes, minlength=stations)
    voices = _voices(voters, all_homes)
    mean = np.divide(total, voices, out=np.zeros(stations), where=voices > 0)
    by_building = building_shifts(shift_k=shift_k, building=building, homes=homes)
    upper = quantile_by_group(by_building, group=station, groups=stations, share=COLDER_SIDE)
    leaning = mean + 0.5 * np.maximum(np.nan_to_num(upper) - mean, 0)
    return np.clip(leaning, STATION_MIN_K, STATION_MAX_K)


def quantile_by_group(values: Floats, *, group: Ints, groups: int, share: float) -> Floats:
    """The ``share`` quantile of the finite ``values`` of each group, linear between ranks; NaN for none."""
    finite = np.isfinite(values)
    values, group = values[finite], group[finite]
    by_value = np.argsort(values)
    # Groups as narrow numbers are sorted by radix: a sixth of the time of sorting by both keys.
    narrow = group[by_value].astype(np.min_scalar_type(groups))
    order = by_value[np.argsort(narrow, kind="stable")]
    values, count = values[order], np.bincount(group, minlength=groups)
    start = np.cumsum(count) - count
    place = share * (np.maximum(count, 1) - 1)
    below = start + np.floor(place).astype(np.int64)
    above = start + np.ceil(place).astype(np.int64)
    padded = np.append(values, np.nan)
    # An empty group's indices may point at its neighbour; they are masked, not trusted.
    low, high = padded[np.minimum(below, len(values))], padded[np.minimum(above, len(values))]
    return np.where(count > 0, low + (place - np.floor(place)) * (high - low), np.nan)


def _voices(voters: Ints, homes: Ints | Floats) -> Floats:
    return voters + SILENT_VOICE * np.maximum(homes - voters, 0)
