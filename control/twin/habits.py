"""What people do: cook and shine, and open windows when it is too warm."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np

from control.twin.noise import Floats, Keys, uniform

MEAN_GAINS_W_M2: Final = 3.8
OPEN_WINDOW_W_M2_K: Final = 1.2
# From here on windows begin to open; the share of open ones grows with each kelvin.
STUFFY_C: Final = 23.5
_OPEN_PER_K: Final = 0.12
_AIRING: Final = 0.01
_MOST_OPEN: Final = 0.6
_SLOT_S: Final = 1800
# Relative warmth of a day by local hour: asleep, breakfast, away, evening.
_DAY: Final = np.array([0.6] * 6 + [1.1, 1.3] + [0.8] * 9 + [1.4, 1.7, 1.8, 1.7, 1.4, 1.0, 0.8])
_DAILY: Final = _DAY / _DAY.mean()


def gains_w_m2(chance: Keys, *, local: datetime, seed: int) -> Floats:
    """Heat of people, kitchens and lamps at the local time ``local``, per m² of floor."""
    hour, part = local.hour, local.minute / 60
    level = _DAILY[hour] * (1 - part) + _DAILY[(hour + 1) % 24] * part
    return np.asarray(MEAN_GAINS_W_M2 * level * (0.6 + 0.8 * uniform(chance, seed, 20)))


def open_windows_w_m2_k(chance: Keys, *, room_c: Floats, at: datetime, seed: int) -> Floats:
    """Extra exchange with the outside, per m² of floor; each home decides anew every half hour."""
    slot = int(at.timestamp()) // _SLOT_S
    share = np.clip(_AIRING + _OPEN_PER_K * (room_c - STUFFY_C), _AIRING, _MOST_OPEN)
    return np.where(uniform(chance, seed, 21, slot) < share, OPEN_WINDOW_W_M2_K, 0.0)
