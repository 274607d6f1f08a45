"""Estimates that conserve the register: only the split of a gap is estimated, never its sum.

Nothing of it is stored, so an estimate gives way the moment a late reading arrives.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from metering.validation.series import Floats, Ints

# Shorter gaps lie on a line: a building's inertia hides the weather of a few hours.
LONG_S: Final = 6 * 3600
HEATED_BELOW_C: Final = 15.0


def registers_between(
    cuts_s: Ints, *, opening_wh: int, closing_wh: int, outdoor_c: Floats | None = None
) -> Ints:
    """Registers at ``cuts_s``, from the opening at the first to the closing at the last, ascending.

    A gap of more than six hours whose outdoor temperatures are known (one for each interval between two
    cuts, °C) is split by degree hours, any other by a line. In integers, so that the steps add up exactly.

    Raises:
        ValueError: fewer than two cuts, cuts that do not ascend, or not one temperature an interval.
    """
    steps_s = np.diff(cuts_s)
    if not len(steps_s) or np.any(steps_s <= 0):
        raise ValueError("A gap is cut at ascending instants, the first and the last of them its ends.")
    if outdoor_c is not None and len(outdoor_c) != len(steps_s):
        raise ValueError("One outdoor temperature belongs to each interval of the gap.")
    weights = steps_s
    if outdoor_c is not None and cuts_s[-1] - cuts_s[0] > LONG_S:
        # Hundredths of a kelvin second: integers again.
        cold = np.maximum(np.round((HEATED_BELOW_C - outdoor_c) * 100), 0).astype(np.int64)
        weights = cold * steps_s if np.any(cold) else steps_s
    passed = [0, *np.cumsum(weights).tolist()]
    energy_wh = closing_wh - opening_wh
    # Python's integers: a long gap of a large register overflows 64 bits.
    return np.array([opening_wh + energy_wh * part // passed[-1] for part in passed], dtype=np.int64)


def sums_up(intervals_wh: Ints, *, opening_wh: int, closing_wh: int) -> bool:
    """The sum check: intervals are the difference of the registers, to the watt hour."""
    return int(intervals_wh.sum()) == closing_wh - opening_wh
