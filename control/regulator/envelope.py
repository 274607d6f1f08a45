"""The safety envelope: whatever is wanted, this is what leaves. Fixed order; each clip leaves its code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from control.regulator import limits
from control.regulator.types import Clip, Flags, Floats, Ints, Plant


@dataclass(frozen=True, slots=True)
class Before:
    """The setpoint as it stands, NaN where nobody knows; the votes' part in it; the movement saved up."""

    supply_c: Floats
    comfort_k: Floats
    allowance_k: Floats


@dataclass(frozen=True, slots=True)
class Bounded:
    """What may leave, and what stands afterwards."""

    supply_c: Floats
    comfort_k: Floats
    allowance_k: Floats
    clips: Ints


def bounded(
    plant: Plant, *, wanted_c: Floats, comfort_k: Floats, local_c: Floats, outdoor_c: Floats, before: Before
) -> Bounded:
    """Clip ``wanted_c`` in the order trust region, highest, lowest, deadband, rate, frost.

    ``local_c`` is the station's own curve and must be finite, like ``outdoor_c``. The result lies within the
    highest and the lowest supply, whatever the other arguments are.
    """
    clips = np.zeros(len(local_c), dtype=np.int64)
    high = plant.max_supply_c
    mild_low = np.minimum(plant.min_supply_c, limits.MILD_FLOOR_C)
    low = np.where(outdoor_c < limits.COLD_OUTDOOR_C, plant.min_supply_c, mild_low)
    supply = np.where(np.isfinite(wanted_c), wanted_c, local_c)
    supply = _clip(
        supply, local_c - limits.TRUST_K, local_c + limits.TRUST_K, (clips, Clip.TRUST, Clip.TRUST)
    )
    supply = _clip(supply, low, high, (clips, Clip.LOWEST, Clip.HIGHEST))

    known = np.isfinite(before.supply_c)
    start = np.clip(np.where(known, before.supply_c, supply), low, high)
    due = np.where(known, comfort_k - before.comfort_k, 0.0)
    supply = _undisturbed(supply, start=start, comfort_k=due, clips=clips)
    supply = _clip(
        supply, start - before.allowance_k, start + before.allowance_k, (clips, Clip.RATE, Clip.RATE)
    )
    supply = np.clip(supply, low, high)
    moved = supply - start
    # What of a change in the votes' part the rate held back stays due.
    held_back = np.where(clips & Clip.RATE, due - np.clip(due, np.minimum(moved, 0), np.maximum(moved, 0)), 0)
    return Bounded(
        supply_c=supply,
        comfort_k=comfort_k - held_back,
        allowance_k=before.allowance_k - np.abs(moved),
        clips=clips,
    )


def frost_guarded(
    plant: Plant, *, supply_c: Floats, local_c: Floats, outdoor_c: Floats, return_c: Floats
) -> tuple[Floats, Flags]:
    """In the cold with a return near freezing: at least the local curve, whatever the rate; and where so."""
    danger = (outdoor_c < limits.COLD_OUTDOOR_C) & (return_c < limits.FROST_RETURN_C)
    guarded = np.where(danger, np.maximum(supply_c, np.minimum(local_c, plant.max_supply_c)), supply_c)
    return guarded, guarded > supply_c


def _undisturbed(supply: Floats, *, start: Floats, comfort_k: Floats, clips: Ints) -> Floats:
    """Hold what noise and weather would move by less than the deadband; what the votes changed passes."""
    voted = start + comfort_k
    held = np.abs(supply - voted) < limits.DEADBAND_K
    clips |= np.where(held & (supply != voted), Clip.DEADBAND, 0)
    return np.where(held, voted, supply)


def _clip(values: Floats, low: Floats, high: Floats, marks: tuple[Ints, Clip, Clip]) -> Floats:
    """Clip, and mark in place which rows met which side."""
    clips, below, above = marks
    # A billionth of a kelvin is arithmetic, not a clip.
    clips |= np.where(values < low - 1e-9, below, 0)
    clips |= np.where(values > high + 1e-9, above, 0)
    return np.clip(values, low, high)
