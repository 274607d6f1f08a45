"""Hydronic balancing: from what branches cool their water by, and from their rooms, to valve positions.

The same rule serves buildings behind a station and flats inside a building. A branch that cools its water
more than the others gets too little of it, and rooms colder than their target say the same. The pressure over
a branch is taken to stay as it is, so the flow that is wanted says what the valve must resist; a wrong guess
at the rest of the branch only makes it take another step. Nothing here closes a valve in frost.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import Final

import numpy as np

from comfort.preference.pooling import quantile_by_group
from control.regulator import limits
from control.regulator.types import Flags, Floats, Ints

# An equal-percentage valve passes so many times less at the bottom of its stroke than open.
RANGEABILITY: Final = 30.0
# Where nobody knows: the rest of a branch resists as much as its valve when that is open.
REST_UNKNOWN: Final = 1.0
FLOW_FOR_A_KELVIN: Final = 0.15
FLOW_BOUNDS: Final = (0.8, 1.25)
# The branches that get least water are the measure: the others give way, so the pump need not work more.
MEASURE_SHARE: Final = 0.9
LEAST_BRANCHES: Final = 3
# Room sensors that weigh as much as what the water says.
EVEN_ROOMS: Final = 3.0
# A kelvin or less between supply and return is a summer's day or a stuck meter.
LEAST_COOLING_K: Final = 1.0
MOST_COOLING_K: Final = 60.0
DAMPING: Final = 0.8
DEADBAND_PCT: Final = 2.0
# A branch that is far off is brought near in a few days; from there on it is only trimmed.
COARSE_FROM: Final = 0.12
COARSE_PCT: Final = 25.0
FINE_PCT: Final = 5.0
LIFTED_PCT: Final = 2.0
OPEN_PCT: Final = 90.0
FROST_PCT: Final = 15.0


class ValveClip(IntFlag):
    """What held a valve, in the order in which it did; the names are the codes that are stored."""

    UNSETTLED = 1  # the supply is on the move: the returns say nothing of the flows
    NOT_MEASURED = 2  # neither water nor rooms say anything of this branch
    TRAVEL = 4  # farther than a valve may move at once
    LEAST = 8  # the lowest position, in frost not under 15 %
    MOST = 16
    DEADBAND = 32  # too small a change to be worth a movement


def valve_codes(clip: int) -> list[str]:
    """The stored names of the clips in ``clip``, in order."""
    return [str(member.name).lower() for member in ValveClip if member & clip]


@dataclass(frozen=True, slots=True)
class Branches:
    """A row a valve; ``network`` says which of them share a pressure: a station's, or a building's.

    ``rest`` is what the rest of the branch resists, in that of the open valve. ``cooling_k`` is supply minus
    return, a mean over a day; ``room_c`` and ``target_c`` are of the branch's own rooms, ``rooms``
    counts them. NaN where it is not known.
    """

    network: Ints
    networks: int
    position_pct: Floats
    least_pct: Floats
    most_pct: Floats
    rest: Floats
    cooling_k: Floats
    room_c: Floats
    target_c: Floats
    rooms: Ints
    outdoor_c: Floats
    steady: Flags


@dataclass(frozen=True, slots=True)
class Balanced:
    """Where the valves are to stand, what held them, and the terms that made it; a row a valve."""

    position_pct: Floats
    clips: Ints
    terms: dict[str, Floats]


def balanced(branches: Branches) -> Balanced:
    """One step, a day's; whatever comes in, every position lies within the valve's limits."""
    clips = np.zeros(len(branches.network), dtype=np.int64)
    low, high = _limits(branches)
    known = limits.within(branches.position_pct, (0.0, 100.0))
    # A valve nobody knows the position of is taken to be open: then it is only ever closed with a reason.
    start = np.clip(np.where(np.isfinite(known), known, high), low, high)
    by_water, measure_k = _by_water(branches)
    by_rooms = _by_rooms(branches)
    flow = _blended(by_water, by_rooms, branches.rooms)
    clips |= np.where(~branches.steady, ValveClip.UNSETTLED, 0)
    clips |= np.where(~np.isfinite(flow) & branches.steady, ValveClip.NOT_MEASURED, 0)
    moves = branches.steady & np.isfinite(flow)
    flow = np.where(moves, flow, 1.0)

    wanted = start + DAMPING * (_position(_resistance(start, flow, _rest(branches)), start, flow) - start)
    wanted = wanted + np.where(moves, _lift(wanted, branches), 0.0)
    most = np.where(np.abs(np.log(flow)) > COARSE_FROM, COARSE_PCT, FINE_PCT)
    position = _clip(wanted, start - most, start + most, (clips, ValveClip.TRAVEL, ValveClip.TRAVEL))
    position = _clip(position, low, high, (clips, ValveClip.LEAST, ValveClip.MOST))
    still = np.abs(position - start) < DEADBAND_PCT
    clips |= np.where(still & (position != start), ValveClip.DEADBAND, 0)
    position = np.where(still, start, position)
    return Balanced(
        position_pct=position,
        clips=clips,
        terms={
            "before_pct": start,
            "cooling_k": branches.cooling_k,
            "usual_cooling_k": measure_k,
            "room_c": branches.room_c,
            "room_target_c": branches.target_c,
            "rooms": branches.rooms.astype(np.float64),
            "flow_by_water": by_water,
            "flow_by_rooms": by_rooms,
            "flow_wanted": flow,
            "wanted_pct": wanted,
            "position_pct": position,
        },
    )


def _limits(branches: Branches) -> tuple[Floats, Floats]:
    """What is no limit becomes the widest; in frost, and where nobody knows the weather, never under 15 %."""
    least = np.clip(np.nan_to_num(branches.least_pct, nan=0.0), 0, 100)
    high = np.clip(np.nan_to_num(branches.most_pct, nan=100.0), 0, 100)
    mild = branches.outdoor_c >= limits.COLD_OUTDOOR_C
    low = np.where(mild, least, np.maximum(least, FROST_PCT))
    return low, np.maximum(low, high)


def _by_water(branches: Branches) -> tuple[Floats, Floats]:
    """How many times its flow a branch should get by what it cools the water by, and the measure for that."""
    cooling = limits.within(branches.cooling_k, (LEAST_COOLING_K, MOST_COOLING_K))
    counts = np.bincount(branches.network[np.isfinite(cooling)], minlength=branches.networks)
    measure = quantile_by_group(
        cooling, group=branches.network, groups=branches.networks, share=MEASURE_SHARE
    )
    measure = np.where(counts >= LEAST_BRANCHES, measure, np.nan)[branches.network]
    return np.clip(cooling / measure, *FLOW_BOUNDS), measure


def _by_rooms(branches: Branches) -> Floats:
    room = limits.within(branches.room_c, limits.ROOM_RANGE_C)
    target = limits.within(branches.target_c, limits.ROOM_RANGE_C)
    room = np.where(branches.rooms > 0, room, np.nan)
    return np.clip(1 + FLOW_FOR_A_KELVIN * (target - room), *FLOW_BOUNDS)


def _blended(by_water: Floats, by_rooms: Floats, rooms: Ints) -> Floats:
    """The more rooms are measured the more they say; a few alone speak for leaving things as they are."""
    weight = rooms / (rooms + EVEN_ROOMS)
    water = np.where(np.isfinite(by_water), by_water, 1.0)
    both = water ** (1 - weight) * by_rooms**weight
    return np.where(np.isfinite(by_rooms), both, by_water)


def _rest(branches: Branches) -> Floats:
    return np.clip(np.nan_to_num(branches.rest, nan=REST_UNKNOWN), 0.01, 1e4)


def _resistance(position_pct: Floats, flow: Floats, rest: Floats) -> Floats:
    """What the valve must resist for ``flow`` times its present flow; of the open valve, so never under 1."""
    now = RANGEABILITY ** (2 * (1 - position_pct / 100))
    return np.maximum((now + rest) / flow**2 - rest, 1.0)


def _position(resistance: Floats, start: Floats, flow: Floats) -> Floats:
    position = 100 * (1 - np.log(resistance) / (2 * np.log(RANGEABILITY)))
    return np.where(flow == 1.0, start, position)


def _lift(wanted: Floats, branches: Branches) -> Floats:
    """Nobody gains by throttling all: the valves of a network open together until one is nearly open."""
    widest = np.full(branches.networks, -np.inf)
    np.maximum.at(widest, branches.network, wanted)
    return np.clip(OPEN_PCT - widest, 0, LIFTED_PCT)[branches.network]


def _clip(values: Floats, low: Floats, high: Floats, marks: tuple[Ints, ValveClip, ValveClip]) -> Floats:
    clips, below, above = marks
    # A billionth of a percent is arithmetic, not a clip.
    clips |= np.where(values < low - 1e-9, below, 0)
    clips |= np.where(values > high + 1e-9, above, 0)
    return np.clip(values, low, high)
