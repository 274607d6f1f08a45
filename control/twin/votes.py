"""Whether a resident speaks up, and what: the model that fits 534 winter votes of Harbin homes best."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from control.twin.noise import Floats, Keys, uniform

SLOPE_PER_K: Final = 0.478
CENTRE_C: Final = 23.07
HALF_WIDTH_K: Final = 4.19
# A home speaks up this often, whatever it says.
VOTES_A_DAY: Final = 2.0
TOO_COLD: Final = -2
FINE: Final = 0
TOO_WARM: Final = 2


def speak_up(of: Keys, *, at: datetime, minutes: float, seed: int) -> NDArray[np.bool_]:
    """Which homes vote within the ``minutes`` that end at ``at``."""
    chance = VOTES_A_DAY * minutes / (24 * 60)
    return uniform(of, seed, 70, int(at.timestamp())) < chance


def sensations(of: Keys, *, room_c: Floats, at: datetime, seed: int) -> NDArray[np.int64]:
    """What each home would say at its room temperature: too cold, fine or too warm."""
    too_cold = _logistic(SLOPE_PER_K * (CENTRE_C - HALF_WIDTH_K - room_c))
    too_warm = _logistic(SLOPE_PER_K * (room_c - CENTRE_C - HALF_WIDTH_K))
    drawn = uniform(of, seed, 71, int(at.timestamp()))
    return np.where(drawn < too_cold, TOO_COLD, np.where(drawn > 1 - too_warm, TOO_WARM, FINE))


def _logistic(x: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -50, 50))))
