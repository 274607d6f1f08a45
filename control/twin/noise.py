"""Chance without state: the same keys give the same numbers, in this process and after a restart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def keys(numbers: list[int]) -> Keys:
    """Whole numbers (primary keys, say) as keys of chance."""
    return np.asarray(numbers, dtype=np.uint64)


def uniform(of: Keys, *salts: int) -> Floats:
    """Even chance in [0, 1) for each key; other ``salts`` give independent numbers."""
    return np.asarray(_mixed(of, salts) >> np.uint64(11), dtype=np.float64) * 2.0**-53


def normal(of: Keys, *salts: int) -> Floats:
    """Standard normal chance for each key (Box and Muller's transform)."""
    radius = np.sqrt(-2.0 * np.log1p(-uniform(of, 1, *salts)))
    return np.asarray(radius * np.cos(2.0 * np.pi * uniform(of, 2, *salts)))


def _mixed(of: Keys, salts: tuple[int, ...]) -> Keys:
    # The finaliser of splitmix64 (Steele, Lea and Flood 2014); overflow is what makes it mix.
    with np.errstate(over="ignore"):
        z = of
        for salt in (0, *salts):
            z = (z ^ np.uint64(salt & 0xFFFFFFFFFFFFFFFF)) + _GOLDEN
            z = (z ^ (z >> np.uint64(30))) * _MIX_1
            z = (z ^ (z >> np.uint64(27))) * _MIX_2
            z ^= z >> np.uint64(31)
    return z
