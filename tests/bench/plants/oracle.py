"""The bound: a linear programme that knows the plant's answer to every supply and the whole season's weather.

The plant is nearly linear in its supply, so two seasons at constant supplies give its step response. The
programme finds the cheapest supplies in blocks of six hours with the worst flat at the allowed lack; the
plant is run with them, and what the linear picture had wrong is put right for the next round.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import highspy
import numpy as np

from control.regulator.types import Floats
from tests.bench.plants.comfort import ALLOWED_KH, COMFORT_C, SETTLED, lift_to_allowed_k
from tests.bench.plants.engine import STEPS, Season
from tests.bench.plants.flats import FLATS

COARSE: Final = 8  # quarter hours of one instant of the programme
BLOCK: Final = 24  # quarter hours of one supply
TIME_CONSTANTS_H: Final = np.array([0.5, 3.0, 12.0, 40.0, 120.0, 400.0])
ROUNDS: Final = 4


@dataclass(frozen=True, slots=True)
class Response:
    """What a kelvin of supply does: of temperatures (flats, time constants) and of heat, watts."""

    room: Floats
    heat_direct_w: float
    heat_w: Floats

    def states(self, supply_k: Floats) -> Floats:
        """The supply seen through each time constant, shape ``(instants, time constants)``."""
        kept = np.exp(-COARSE / 4 / TIME_CONSTANTS_H)
        state, rows = np.zeros_like(kept), []
        for value in supply_k:
            state = kept * state + (1 - kept) * value
            rows.append(state)
        return np.array(rows, dtype=np.float64)


def best_season(
    run: Callable[[Floats], Season], *, begin: Floats, lowest_c: float, highest_c: float
) -> Season:
    """The cheapest season that is as comfortable as allowed; ``run`` takes supplies by quarter hours.

    The fortnight before the season is run with ``begin``, as everybody's is.
    """
    step_k = 5.0
    base = np.full(STEPS, float(np.mean(begin)))
    response = _fitted(run(base), run(base + step_k), step_k)
    supply = begin.copy()
    season = run(supply)
    # What the coarse picture does not see of lacks is made up for by a wish a little higher or lower.
    wish_c = COMFORT_C
    for _ in range(ROUNDS):
        supply = _solved(response, season, supply, wish_c=wish_c, bounds=(lowest_c, highest_c))
        season = run(supply)
        wish_c += lift_to_allowed_k(season.room_c[SETTLED:])
    return season


def _coarse(values: Floats) -> Floats:
    """Means over the instants of the programme."""
    mean: Floats = values.reshape(-1, COARSE, *values.shape[1:]).mean(axis=1)
    return mean


def _fitted(low: Season, high: Season, step_k: float) -> Response:
    """The step response as a sum of exponentials."""
    rise = _coarse(high.room_c - low.room_c) / step_k
    heat = _coarse(high.heat_w - low.heat_w) / step_k
    blank = Response(room=np.zeros((FLATS, 0)), heat_direct_w=0.0, heat_w=np.zeros(0))
    states = blank.states(np.ones(len(rise)))
    room = np.asarray(np.linalg.lstsq(states, rise, rcond=None)[0], dtype=np.float64)
    direct = np.column_stack([np.ones(len(states)), states])
    both = np.asarray(np.linalg.lstsq(direct, heat, rcond=None)[0], dtype=np.float64)
    return Response(room=room.T, heat_direct_w=float(both[0]), heat_w=both[1:])


def _solved(
    response: Response, season: Season, supply_c: Floats, *, wish_c: float, bounds: tuple[float, float]
) -> Floats:
    """The cheapest supplies by the linear picture round ``season``, which had ``supply_c``."""
    first = SETTLED // COARSE
    coarse_supply = _coarse(supply_c)
    constants = len(TIME_CONSTANTS_H)
    instants = len(coarse_supply) - first
    per_block = BLOCK // COARSE
    blocks = -(-instants // per_block)
    free = _coarse(season.room_c)[first:] - response.states(coarse_supply)[first:] @ response.room.T
    before = response.states(coarse_supply)[first - 1]

    model: Any = highspy.Highs()
    model.setOptionValue("output_flag", False)
    infinite = highspy.kHighsInf
    # Columns: supplies by block, states by instant, lacks by instant and flat, heats by instant.
    state_at, lack_at = blocks, blocks + instants * constants
    heat_at = lack_at + instants * FLATS
    cost = np.zeros(heat_at + instants)
    # A heat is never negative: cold water in a warm floor gives nothing back.
    cost[heat_at:] = 1.0
    free_w = _coarse(season.heat_w)[first:] - response.heat_direct_w * coarse_supply[first:]
    free_w -= response.states(coarse_supply)[first:] @ response.heat_w
    lower = np.concatenate(
        [
            np.full(blocks, bounds[0]),
            np.full(instants * constants, -infinite),
            np.zeros(instants * (FLATS + 1)),
        ]
    )
    upper = np.concatenate(
        [
            np.full(blocks, bounds[1]),
            np.full(instants * constants, infinite),
            np.full(instants * FLATS, 2.0),
            np.full(instants, infinite),
        ]
    )
    model.addVars(len(cost), lower, upper)
    model.changeColsCost(len(cost), np.arange(len(cost), dtype=np.int32), cost / 1e3)
    for instant in range(instants):
        _add_states(model, instant, block=instant // per_block, first=state_at, before=before)
        states = state_at + instant * constants + np.arange(constants)
        columns = np.concatenate([[heat_at + instant, instant // per_block], states]).astype(np.int32)
        values = np.concatenate([[1.0, -response.heat_direct_w], -response.heat_w])
        model.addRow(float(free_w[instant]), infinite, len(columns), columns, values)
        for flat in range(FLATS):
            columns = np.append(states, lack_at + instant * FLATS + flat).astype(np.int32)
            values = np.append(response.room[flat], 1.0)
            model.addRow(wish_c - free[instant, flat], infinite, len(columns), columns, values)
    for flat in range(FLATS):
        columns = (lack_at + np.arange(instants) * FLATS + flat).astype(np.int32)
        model.addRow(-infinite, ALLOWED_KH * 4 / COARSE, instants, columns, np.ones(instants))
    model.run()
    if model.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise RuntimeError(f"the oracle found no optimum: {model.getModelStatus()}")
    found = np.array(model.getSolution().col_value[:blocks])
    return np.concatenate([supply_c[:SETTLED], np.repeat(found, BLOCK)[: STEPS - SETTLED]])


def _add_states(model: Any, instant: int, *, block: int, first: int, before: Floats) -> None:  # noqa: ANN401 - highspy has no types
    """The states at ``instant`` follow from those before and the block's supply."""
    kept = np.exp(-COARSE / 4 / TIME_CONSTANTS_H)
    for constant, share in enumerate(kept.tolist()):
        here = first + instant * len(kept) + constant
        if instant == 0:
            known = share * before[constant]
            model.addRow(known, known, 2, np.array([here, block], dtype=np.int32), np.array([1.0, share - 1]))
        else:
            columns = np.array([here, here - len(kept), block], dtype=np.int32)
            model.addRow(0.0, 0.0, 3, columns, np.array([1.0, -share, share - 1]))
