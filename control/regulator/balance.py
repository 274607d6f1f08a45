"""What a station's own heat balance says about its curve: learned slowly, with its confidence, within bounds.

In balance, the supply that would have kept the rooms at their target is the supply there was, less what the
rooms were too warm times ``1 + slope``. How far that lies from the local curve, as a line over the outdoor
temperature, is followed by a Kalman filter of two numbers a station: the correction at freezing point and
its change over ten kelvins. The evidence is means over a day, so that building and sun even out; the
correction leaves the curve alone as long as nothing is known, moves it by a few kelvins a day at most, and
fades within a day where the rooms can no longer be seen.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from control.regulator.types import SPAN_K, Flags, Floats, Learned

MEAN_OVER_H: Final = 24.0
# What is believed before anything is known: the curve is right to five kelvins, also in its slope.
PRIOR_K2: Final = 25.0
# The evidence of one independent stretch of time, and how long such a stretch is.
EVIDENCE_K2: Final = 4.0
INDEPENDENT_H: Final = 48.0
# Buildings and weather change: so much is forgotten.
DRIFT_K2_PER_H: Final = 0.25 / 24
LOWEST_K: Final = -20.0
HIGHEST_K: Final = 12.0
SLOPE_MOST_K: Final = 10.0
MOVES_K_PER_H: Final = 4.0 / 24
FADES_IN_H: Final = 24.0
# No figure of a belief is larger.
SANE: Final = 1e3


def unknown(stations: int) -> Learned:
    """Before anything was seen."""
    nothing, prior = np.zeros(stations), np.full(stations, PRIOR_K2)
    blank = np.full(stations, np.nan)
    return Learned(
        lack_k=blank,
        cold=blank,
        level_k=nothing,
        slope_k=nothing,
        level_k2=prior,
        slope_k2=prior,
        shared_k2=nothing,
        correction_k=nothing,
    )


def confidence(learned: Learned, outdoor_c: Floats) -> Floats:
    """How much of the doubt about the curve in this weather is gone, 0 to 1."""
    cold = _cold(outdoor_c)
    doubt = learned.level_k2 + 2 * cold * learned.shared_k2 + cold**2 * learned.slope_k2
    prior = PRIOR_K2 * (1 + cold**2)
    return np.clip(1 - doubt / prior, 0, 1)


def observed(learned: Learned, *, lack_k: Floats, outdoor_c: Floats, hours: Floats, seen: Flags) -> Learned:
    """Learn from ``hours`` in which the curve lacked ``lack_k``, NaN where the water is unknown."""
    usable = seen & np.isfinite(lack_k)
    share = 1 - np.exp(-hours / MEAN_OVER_H)
    lack = _mean(learned.lack_k, np.clip(lack_k, -40, 40), share=share, usable=usable)
    cold = _mean(learned.cold, _cold(outdoor_c), share=share, usable=usable)
    level, slope, level_k2, slope_k2, shared_k2 = _corrected(
        learned, lack_k=np.nan_to_num(lack), cold=np.nan_to_num(cold), hours=np.where(usable, hours, 0.0)
    )
    wanted = np.clip(level + slope * _cold(outdoor_c), LOWEST_K, HIGHEST_K)
    step = MOVES_K_PER_H * hours
    followed = learned.correction_k + np.clip(wanted - learned.correction_k, -step, step)
    return Learned(
        lack_k=lack,
        cold=cold,
        level_k=level,
        slope_k=slope,
        level_k2=level_k2,
        slope_k2=slope_k2,
        shared_k2=shared_k2,
        correction_k=np.where(seen, followed, learned.correction_k * np.exp(-hours / FADES_IN_H)),
    )


def sane(learned: Learned) -> Learned:
    """Stored belief may be old, empty or absurd: what is no belief becomes the prior."""
    figures = np.stack([getattr(learned, name) for name in Learned.__slots__])
    sound = np.isfinite(figures[2:]).all(axis=0) & (np.abs(np.nan_to_num(figures)) < SANE).all(axis=0)
    sound &= (learned.level_k2 > 0) & (learned.slope_k2 > 0)
    sound &= learned.shared_k2**2 <= learned.level_k2 * learned.slope_k2
    blank = unknown(len(sound))
    return Learned(
        **{name: np.where(sound, getattr(learned, name), getattr(blank, name)) for name in Learned.__slots__}
    )


def _cold(outdoor_c: Floats) -> Floats:
    """Tens of kelvins under freezing point, within what a line may be trusted over."""
    return np.clip(-outdoor_c / SPAN_K, -2, 3)


def _mean(before: Floats, value: Floats, *, share: Floats, usable: Flags) -> Floats:
    """A moving mean that begins with its first value and stands still where nothing is seen."""
    moved = np.where(np.isfinite(before), before + share * (value - before), value)
    return np.where(usable, moved, before)


def _corrected(
    learned: Learned, *, lack_k: Floats, cold: Floats, hours: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """One step of the filter; no hours, no step."""
    level_k2 = np.minimum(learned.level_k2 + DRIFT_K2_PER_H * hours, PRIOR_K2)
    slope_k2 = np.minimum(learned.slope_k2 + DRIFT_K2_PER_H * hours, PRIOR_K2)
    shared = learned.shared_k2
    # The evidence of an hour counts as its part of an independent stretch.
    noise = EVIDENCE_K2 * INDEPENDENT_H / np.maximum(hours, 1e-9)
    to_level, to_slope = level_k2 + cold * shared, shared + cold * slope_k2
    total = to_level + cold * to_slope + noise
    off = lack_k - (learned.level_k + cold * learned.slope_k)
    level = np.clip(learned.level_k + to_level / total * off, LOWEST_K, -LOWEST_K)
    slope = np.clip(learned.slope_k + to_slope / total * off, -SLOPE_MOST_K, SLOPE_MOST_K)
    return (
        level,
        slope,
        level_k2 - to_level**2 / total,
        slope_k2 - to_slope**2 / total,
        shared - to_level * to_slope / total,
    )
