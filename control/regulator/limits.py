"""The figures that hold for every station; the ones that differ are columns of `Plant`."""

from __future__ import annotations

from typing import Final

import numpy as np

from control.regulator.types import Flags, Floats

TRUST_K: Final = 8.0
INTEGRAL_MOST_K: Final = 8.0
DEADBAND_K: Final = 0.5
# The rate limit saves up at most this many hours of movement.
SAVED_H: Final = 0.5
# A setpoint older than its time to live says nothing: the station has gone back to its own curve.
TIME_TO_LIVE_H: Final = 0.5
COLD_OUTDOOR_C: Final = 3.0
FROST_RETURN_C: Final = 15.0
# Outside the cold the water may cool to this; nothing below it makes sense as a setpoint.
MILD_FLOOR_C: Final = 10.0
# A thermometer is compared with a forecast by the hour; that saw-tooth is not to reach the water.
OUTDOOR_FILTER_H: Final = 2.0
LEAST_ROOMS: Final = 3
# No heating curve is flatter or steeper; what says so is mistaken.
SLOPE_RANGE: Final = (0.2, 3.0)
# Long enough for the noise of single sensors, short beside a building.
ROOM_FILTER_H: Final = 4.0
OUTDOOR_RANGE_C: Final = (-70.0, 60.0)
ROOM_RANGE_C: Final = (5.0, 35.0)
WATER_RANGE_C: Final = (0.0, 130.0)


def exponent(floor: Flags) -> Floats:
    """EN 442 for radiators, about 1.1 for floors."""
    return np.where(floor, 1.1, 1.3)


def gain(floor: Flags, slope: Floats) -> Floats:
    """Kelvins of supply for a kelvin that the rooms lack.

    The factor is by how much more than the long run needs a lack is answered.
    """
    return np.where(floor, 2.0, 3.0) * supply_per_room(slope)


def supply_per_room(slope: Floats) -> Floats:
    """Kelvins of supply that a kelvin more in the rooms takes in the long run."""
    return 1 + np.clip(slope, *SLOPE_RANGE)


def integral_hours(floor: Flags) -> Floats:
    """How long the rooms must lack it until the supply moves by as much again."""
    return np.where(floor, 72.0, 36.0)


def rate_k_per_h(floor: Flags) -> Floats:
    """How fast a setpoint may move."""
    return np.where(floor, 3.0, 6.0)


def within(values: Floats, bounds: tuple[float, float]) -> Floats:
    """The values, NaN where they are outside ``bounds`` or no numbers."""
    low, high = bounds
    return np.where((values >= low) & (values <= high), values, np.nan)
