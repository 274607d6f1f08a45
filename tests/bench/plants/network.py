"""A radial network of 50 buildings in pandapipes: a main with ten branches, a valve and radiators each.

What a building's radiators give follows from the water they get; pandapipes solves flows and temperatures.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandapipes

from control.regulator.types import Floats

BUILDINGS: Final = 50
BRANCHES: Final = 10
# Of a main, a branch and a house connection; lengths in km, diameters in mm.
MAIN: Final = (0.12, 250.0)
BRANCH: Final = (0.05, 150.0)
HOUSE: Final = (0.03, 80.0)
PRESSURE_BAR: Final = 1.2
DESIGN_KG_S: Final = 2.6
SUPPLY_C: Final = 60.0
ROOM_C: Final = 20.0
DESIGN_COOLING_K: Final = 20.0
HEAT_J_KG_K: Final = 4187.0
VALVE_MM: Final = 50.0
# Loss coefficient of the open valve, and how many times less it passes at the bottom of its stroke.
OPEN_ZETA: Final = 30.0
RANGEABILITY: Final = 30.0
CELSIUS: Final = 273.15


class Network:
    """Demands lie 30 % about the design, unknown to whoever sets the valves."""

    def __init__(self, *, seed: int) -> None:
        """Build it once; valves are changed in place."""
        rng = np.random.default_rng(seed)
        self.demand_kg_s = DESIGN_KG_S * rng.uniform(0.7, 1.3, BUILDINGS)
        self.net: Any = pandapipes.create_empty_network(fluid="water")
        self._valves: list[int] = []
        self._exchangers: list[int] = []
        self._build()

    def _build(self) -> None:
        net = self.net
        ahead, back = self._pair(), self._pair()
        pandapipes.create_circ_pump_const_pressure(
            net,
            return_junction=back,
            flow_junction=ahead,
            p_flow_bar=6.0,
            plift_bar=PRESSURE_BAR,
            t_flow_k=SUPPLY_C + CELSIUS,
        )
        for _branch in range(BRANCHES):
            ahead, back = self._pipes(ahead, back, MAIN)
            begin = ahead, back
            for _house in range(BUILDINGS // BRANCHES):
                begin = self._pipes(*begin, BRANCH)
                self._house(*self._pipes(*begin, HOUSE))

    def _pair(self) -> int:
        return int(pandapipes.create_junction(self.net, pn_bar=5.0, tfluid_k=SUPPLY_C + CELSIUS))

    def _pipes(self, ahead: int, back: int, kind: tuple[float, float]) -> tuple[int, int]:
        """A flow pipe and a return pipe from this place to a new one."""
        there, from_there = self._pair(), self._pair()
        for start, end in ((ahead, there), (from_there, back)):
            pandapipes.create_pipe_from_parameters(
                self.net, start, end, length_km=kind[0], inner_diameter_mm=kind[1], k_mm=0.2, u_w_per_m2k=1.0,
                text_k=278.15,
            )  # fmt: skip
        return there, from_there

    def _house(self, ahead: int, back: int) -> None:
        between = self._pair()
        valve = pandapipes.create_valve(
            self.net, ahead, between, et="ju", inner_diameter_mm=VALVE_MM, loss_coefficient=OPEN_ZETA
        )
        self._valves.append(int(valve))
        exchanger = pandapipes.create_heat_exchanger(
            self.net, between, back, qext_w=1e5, inner_diameter_mm=VALVE_MM, loss_coefficient=OPEN_ZETA
        )
        self._exchangers.append(int(exchanger))

    def solved(self, position_pct: Floats) -> tuple[Floats, Floats]:
        """Flows in kg/s, and what each building cools its water by, in kelvins."""
        zeta = OPEN_ZETA * RANGEABILITY ** (2 * (1 - position_pct / 100))
        self.net.valve.loc[self._valves, "loss_coefficient"] = zeta
        self._solve()
        houses = self.net.res_heat_exchanger.loc[self._exchangers]
        flow = houses["mdot_from_kg_per_s"].to_numpy()
        # The heat follows the flow, the flow not the heat: one more look settles the temperatures.
        supply_c = houses["t_from_k"].to_numpy() - CELSIUS
        heat_w = HEAT_J_KG_K * flow * _cooling_k(flow / self.demand_kg_s, supply_c)
        self.net.heat_exchanger.loc[self._exchangers, "qext_w"] = heat_w
        self._solve()
        houses = self.net.res_heat_exchanger.loc[self._exchangers]
        return flow, (houses["t_from_k"] - houses["t_outlet_k"]).to_numpy()

    def _solve(self) -> None:
        pandapipes.pipeflow(self.net, mode="sequential", iter=100)


def _cooling_k(share: Floats, supply_c: Floats) -> Floats:
    """What radiators cool the water by at ``share`` of their design flow; 20 K at all of it, exponent 1.3."""
    design_lift = SUPPLY_C - DESIGN_COOLING_K / 2 - ROOM_C
    low, high = np.zeros_like(share), supply_c - ROOM_C
    for _halving in range(40):
        middle = (low + high) / 2
        given = DESIGN_COOLING_K * (np.maximum(supply_c - middle / 2 - ROOM_C, 0) / design_lift) ** 1.3
        too_low = share * middle < given
        low, high = np.where(too_low, middle, low), np.where(too_low, high, middle)
    return (low + high) / 2
