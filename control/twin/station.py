"""Heat-exchanger stations: primary water in, secondary supply out; arrays with one entry a station."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from control.twin.noise import Floats
from control.twin.radiator import WATER_WH_PER_L_K

LAG_HOURS: Final = 0.15
APPROACH_K: Final = 4.0
GROUND_C: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchangers:
    """The stations' bodies: what their pumps move, in L/h, and what they can give, in W."""

    flow_l_h: Floats
    capacity_w: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What runs through the stations after a step: powers in W, flows in L/h, temperatures in °C."""

    supply_c: Floats
    return_c: Floats
    flow_l_h: Floats
    heat_w: Floats
    primary_supply_c: Floats
    primary_return_c: Floats
    valve_pct: Floats


def primary_supply_c(outdoor_c: float) -> float:
    """What the heat source sends out: hotter the colder it is, 75 to 110 °C."""
    return min(max(95.0 - 1.2 * outdoor_c, 75.0), 110.0)


def supply_c(of: Exchangers, before: Flow, *, setpoint_c: Floats, outdoor_c: float, hours: float) -> Floats:
    """The secondary supply after ``hours``: it follows its setpoint as far as power and primary allow."""
    lift_k = of.capacity_w / (of.flow_l_h * WATER_WH_PER_L_K)
    able = np.minimum(before.return_c + lift_k, primary_supply_c(outdoor_c) - APPROACH_K)
    # An exchanger cannot cool: with its valve shut the supply is what came back.
    reachable = np.maximum(np.minimum(setpoint_c, able), before.return_c)
    return np.asarray(reachable + (before.supply_c - reachable) * np.exp(-hours / LAG_HOURS))


def flow(of: Exchangers, *, supply_c: Floats, return_c: Floats, outdoor_c: float) -> Flow:
    """The state of both sides that belongs to this supply and return."""
    heat_w = np.maximum(of.flow_l_h * WATER_WH_PER_L_K * (supply_c - return_c), 0.0)
    primary = np.full_like(supply_c, primary_supply_c(outdoor_c))
    return Flow(
        supply_c=supply_c,
        return_c=return_c,
        flow_l_h=of.flow_l_h,
        heat_w=heat_w,
        primary_supply_c=primary,
        primary_return_c=np.minimum(return_c + APPROACH_K, primary),
        valve_pct=np.clip(100.0 * heat_w / of.capacity_w, 0.0, 100.0),
    )
