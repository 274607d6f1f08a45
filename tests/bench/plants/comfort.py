"""What a season is scored by, and bringing controllers to equal comfort before they are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from control.regulator.types import Floats
from tests.bench.plants.engine import STEP_H, Season
from tests.bench.plants.flats import AREA_M2, FLATS

# The season begins on 15 November; what comes before only settles building and controller.
SETTLED: Final = 14 * 96
COMFORT_C: Final = 20.0
LEGAL_C: Final = 18.0
ALLOWED_KH: Final = 24.0


@dataclass(frozen=True, slots=True)
class Score:
    """A season's figures; degree-hours of the worst flat, travel of the setpoint a day."""

    heat_gj_m2: float
    mean_c: float
    below_20_kh: float
    below_18_kh: float
    above_22_kh: float
    travel_k_day: float


def score(season: Season) -> Score:
    """From 15 November to 15 March."""
    room, supply = season.room_c[SETTLED:], season.supply_c[SETTLED:]
    return Score(
        heat_gj_m2=float(season.heat_w[SETTLED:].sum() * STEP_H * 3600 / 1e9 / (FLATS * AREA_M2)),
        mean_c=float(room.mean()),
        below_20_kh=lacking_kh(room, COMFORT_C),
        below_18_kh=lacking_kh(room, LEGAL_C),
        above_22_kh=float(np.maximum(room - 22, 0).sum(axis=0).mean() * STEP_H),
        travel_k_day=float(np.abs(np.diff(supply)).sum() / (len(supply) / 96)),
    )


def lacking_kh(room_c: Floats, below_c: float) -> float:
    """Kelvin-hours under ``below_c`` of the flat that has most."""
    return float(np.maximum(below_c - room_c, 0).sum(axis=0).max() * STEP_H)


def lift_to_allowed_k(room_c: Floats) -> float:
    """By how much all flats would have to be warmer for the worst to lack just what is allowed."""
    low, high = -5.0, 5.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if lacking_kh(room_c + middle, COMFORT_C) > ALLOWED_KH else (low, middle)
    return high


def equally_comfortable(
    run: Callable[[float], Season], *, start: float, rooms_per_offset: float, runs: int = 6
) -> tuple[float, Season]:
    """The least offset found whose worst flat lacks no more than allowed, and its season.

    ``rooms_per_offset`` is a first guess at the kelvins in the rooms for one of the offset; the season itself
    says by how much the rooms must be lifted, so a few runs suffice.
    """
    best: tuple[float, Season] | None = None
    offset, gain = start, rooms_per_offset
    last: tuple[float, float] | None = None
    for _ in range(runs):
        season = run(offset)
        lift = lift_to_allowed_k(season.room_c[SETTLED:])
        if lift <= 0 and (best is None or offset < best[0]):
            best = offset, season
        if -0.01 <= lift <= 0:
            break
        if last is not None and abs(offset - last[0]) > 1e-6:
            gain = np.clip(
                (last[1] - lift) / (offset - last[0]), 0.3 * rooms_per_offset, 3 * rooms_per_offset
            )
        last = offset, lift
        offset += (lift + 0.004) / gain
    while best is None:
        offset += 0.05 / gain
        season = run(offset)
        if lift_to_allowed_k(season.room_c[SETTLED:]) <= 0:
            best = offset, season
    return best
