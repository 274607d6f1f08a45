"""The columns that go in and come out; every array has one row a station."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# The kelvins outdoors over which a learned slope is counted.
SPAN_K: Final = 10.0


class Clip(IntFlag):
    """What the envelope did, in the order in which it did it; the names are the codes that are stored."""

    COMFORT = 1  # the votes asked for more than the station allows
    TRUST = 2  # more than 8 K from the local curve
    HIGHEST = 4
    LOWEST = 8
    DEADBAND = 16  # too small a change to be worth a movement
    RATE = 32  # too fast
    FROST = 64  # the return is near freezing: at least the local curve
    FEW_ROOMS = 128  # fewer than three rooms measured: the curve alone
    NO_OUTDOOR = 256  # nobody knows the outdoor temperature: no target at all


def codes(clip: int) -> list[str]:
    """The stored names of the clips in ``clip``, in order."""
    return [str(member.name).lower() for member in Clip if member & clip]


@dataclass(frozen=True, slots=True)
class Plant:
    """What is settled: the curve by its design point, the limits, the emitters."""

    design_outdoor_c: Floats
    design_supply_c: Floats
    room_target_c: Floats
    shift_k: Floats
    max_supply_c: Floats
    min_supply_c: Floats
    comfort_min_k: Floats
    comfort_max_k: Floats
    floor_heating: Flags


@dataclass(frozen=True, slots=True)
class Observed:
    """What is known now; NaN where it is not.

    ``outdoor_past_c`` and ``outdoor_ahead_c`` have one column an hour, nearest hour first; the first column
    of the latter is the present hour. ``room_c`` is the 20 % quantile of ``rooms`` valid sensors.
    """

    outdoor_c: Floats
    outdoor_past_c: Floats
    outdoor_ahead_c: Floats
    room_c: Floats
    rooms: Ints
    comfort_shift_k: Floats
    supply_c: Floats
    return_c: Floats


@dataclass(frozen=True, slots=True)
class Learned:
    """Means over a day, the belief and its covariance, the correction in use; a row a station.

    A station of which nothing is known has NaN means and the prior.
    """

    lack_k: Floats
    cold: Floats
    level_k: Floats
    slope_k: Floats
    level_k2: Floats
    slope_k2: Floats
    shared_k2: Floats
    correction_k: Floats

    @property
    def slope_per_k(self) -> Floats:
        """What the learned line adds to the curve's slope."""
        return self.slope_k / SPAN_K


@dataclass(frozen=True, slots=True)
class Memory:
    """What the regulator carries from tick to tick; NaN supply and room before the first.

    ``hours`` since it was written; ``comfort_k`` as it stands in ``supply_c``; ``allowance_k`` is the
    movement saved up under the rate limit; ``outdoor_c`` the felt temperature, smoothed; ``learned`` what
    the station's heat balance says of its curve.
    """

    hours: Floats
    supply_c: Floats
    comfort_k: Floats
    integral_k: Floats
    room_c: Floats
    allowance_k: Floats
    outdoor_c: Floats
    learned: Learned


@dataclass(frozen=True, slots=True)
class Decision:
    """The setpoints; where ``sighted`` is false there is none, and the station's own curve rules."""

    sighted: Flags
    supply_c: Floats
    clips: Ints
    memory: Memory
    terms: dict[str, Floats]
