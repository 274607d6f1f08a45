"""Fifty buildings of a pandapipes network, balanced by what they cool their water by; nothing else is known.

Beside it the same network with all valves open. CV is the spread of flow over demand, by its mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pytest

from control.regulator.balancing import Branches, balanced
from control.regulator.types import Floats
from tests.bench.conftest import Measured
from tests.bench.plants.network import BUILDINGS, Network

STEPS: Final = 5
SEEDS: Final = (1, 2, 3)
# What two thermometers of a heat meter differ by.
NOISE_K: Final = 0.3


def _branches(position_pct: Floats, cooling_k: Floats) -> Branches:
    rows = len(position_pct)
    return Branches(
        network=np.zeros(rows, dtype=np.int64),
        networks=1,
        position_pct=position_pct,
        least_pct=np.full(rows, 10.0),
        most_pct=np.full(rows, 100.0),
        rest=np.full(rows, np.nan),
        cooling_k=cooling_k,
        room_c=np.full(rows, np.nan),
        target_c=np.full(rows, np.nan),
        rooms=np.zeros(rows, dtype=np.int64),
        outdoor_c=np.full(rows, -5.0),
        steady=np.ones(rows, dtype=np.bool_),
    )


@pytest.mark.timeout(600)
@pytest.mark.parametrize("noise_k", [0.0, NOISE_K])
def bench_balancing(noise_k: float, measured: Callable[[Measured], None]) -> None:
    for seed in SEEDS:
        place = Network(seed=seed)
        rng = np.random.default_rng(seed)
        position = np.full(BUILDINGS, 100.0)
        spreads, totals = [], []
        for step in range(STEPS + 1):
            flow, cooling = place.solved(position)
            share = flow / place.demand_kg_s
            spreads.append(float(share.std() / share.mean()))
            totals.append(float(flow.sum()))
            if step < STEPS:
                noisy = cooling + rng.normal(0, 2**0.5 * noise_k, len(cooling))
                position = balanced(_branches(position, noisy)).position_pct
        steps = ", ".join(f"{spread:.3f}" for spread in spreads)
        measured(
            Measured(
                what=f"balancing, network {seed}, thermometers {noise_k} K off: CV {steps}; "
                f"{totals[0]:.0f} to {totals[-1]:.0f} kg/s; per mille of CV after {STEPS} steps",
                ours=1000 * spreads[-1],
                beside="all valves open",
                theirs=1000 * spreads[0],
                unit="",
            )
        )
        assert spreads[-1] < 0.10
