"""A radiator as water cooling along its way: heat goes to the room with the excess temperature's power ``n``.

Solving ``m c dθ/dy = -K θ^n`` along the surface gives the outlet in closed form, so the return can never
fall below the room, whatever the flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from control.twin.noise import Floats

WATER_WH_PER_L_K: Final = 1.163
# Below this excess a radiator gives nothing worth counting, and θ^-0.3 stays finite.
_LEAST_EXCESS_K: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Emission:
    """What one set of emitters does at one moment, an entry a home."""

    heat_w: Floats
    # How much less heat for each kelvin the room gets warmer; never negative.
    per_room_k_w: Floats


def coefficient(*, nominal_w: Floats, nominal_flow_l_h: Floats, exponent: Floats) -> Floats:
    """``K`` in W/K^n of emitters that give ``nominal_w`` at 75 °C supply into a room of 20 °C."""
    stream = nominal_flow_l_h * WATER_WH_PER_L_K
    inlet_k = 55.0
    outlet_k = np.maximum(inlet_k - nominal_w / stream, 1.0)
    power = exponent - 1.0
    return np.asarray(stream * (outlet_k**-power - inlet_k**-power) / power)


def emission(
    *, supply_c: Floats, room_c: Floats, flow_l_h: Floats, coefficient: Floats, exponent: Floats
) -> Emission:
    """Heat from water of ``supply_c`` to rooms of ``room_c``; water colder than the room takes heat away."""
    stream = np.maximum(flow_l_h, 1e-6) * WATER_WH_PER_L_K
    power = exponent - 1.0
    inlet_k = np.maximum(np.abs(supply_c - room_c), _LEAST_EXCESS_K)
    outlet_k = (inlet_k**-power + power * coefficient / stream) ** (-1.0 / power)
    heat_w = np.sign(supply_c - room_c) * stream * (inlet_k - outlet_k)
    return Emission(heat_w=heat_w, per_room_k_w=stream * (1.0 - (outlet_k / inlet_k) ** exponent))
