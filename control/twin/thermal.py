"""Two coupled thermal nodes a home, solved exactly over a step in which the inputs stand still.

    C_air  dA/dt = couple (M - A) + air_loss (..) + ...  =  air_input_w  - air_total  A + couple M
    C_mass dM/dt = couple (A - M) + ...                  =  mass_input_w - mass_total M + couple A

The exact solution makes every step stable however long it is, and gives the mean over the step from
which the heat is counted, so energy balances to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from control.twin.noise import Floats


@dataclass(frozen=True, slots=True)
class TwoNodes:
    """The coefficients of one step; conductances in W/K, capacities in Wh/K, an entry a home."""

    air_capacity: Floats
    mass_capacity: Floats
    couple: Floats
    air_total: Floats  # everything the air is tied to, `couple` included
    mass_total: Floats  # likewise, and together they lose to something outside
    air_input_w: Floats
    mass_input_w: Floats


@dataclass(frozen=True, slots=True)
class Passage:
    """Temperatures at the end of a step and their means over it."""

    air_c: Floats
    mass_c: Floats
    mean_air_c: Floats
    mean_mass_c: Floats


def rest(nodes: TwoNodes) -> tuple[Floats, Floats]:
    """The temperatures (air, mass) at which nothing changes any more."""
    determinant = nodes.air_total * nodes.mass_total - nodes.couple**2
    air = (nodes.mass_total * nodes.air_input_w + nodes.couple * nodes.mass_input_w) / determinant
    mass = (nodes.air_total * nodes.mass_input_w + nodes.couple * nodes.air_input_w) / determinant
    return air, mass


def advance(nodes: TwoNodes, *, air_c: Floats, mass_c: Floats, hours: float) -> Passage:
    """Let ``hours`` > 0 pass."""
    rest_air, rest_mass = rest(nodes)
    air_gap, mass_gap = air_c - rest_air, mass_c - rest_mass
    slow, fast = _rates(nodes)
    e_slow, e_fast = np.exp(-slow * hours), np.exp(-fast * hours)
    # e^(Jh) = p I + q J for the 2x2 system matrix J (Sylvester); fast > slow strictly, as couple > 0.
    q = (e_slow - e_fast) / (fast - slow)
    p = e_slow + slow * q
    air_flow, mass_flow = _derivative(nodes, air_gap, mass_gap)
    air, mass = rest_air + p * air_gap + q * air_flow, rest_mass + p * mass_gap + q * mass_flow
    mean_air, mean_mass = _means(nodes, air - air_c, mass - mass_c, hours)
    return Passage(air_c=air, mass_c=mass, mean_air_c=rest_air + mean_air, mean_mass_c=rest_mass + mean_mass)


def _rates(nodes: TwoNodes) -> tuple[Floats, Floats]:
    """The two decay rates per hour, slow and fast, both positive."""
    a, d = nodes.air_total / nodes.air_capacity, nodes.mass_total / nodes.mass_capacity
    crossed = nodes.couple**2 / (nodes.air_capacity * nodes.mass_capacity)
    root = np.sqrt(((a - d) / 2) ** 2 + crossed)
    fast = (a + d) / 2 + root
    # The product of the rates is the determinant: no difference of nearly equal numbers for the slow one.
    return (a * d - crossed) / fast, fast


def _derivative(nodes: TwoNodes, air_gap: Floats, mass_gap: Floats) -> tuple[Floats, Floats]:
    air = (nodes.couple * mass_gap - nodes.air_total * air_gap) / nodes.air_capacity
    mass = (nodes.couple * air_gap - nodes.mass_total * mass_gap) / nodes.mass_capacity
    return air, mass


def _means(nodes: TwoNodes, air_rise: Floats, mass_rise: Floats, hours: float) -> tuple[Floats, Floats]:
    """The mean distance from rest: J⁻¹ times the rise, over the time."""
    air_stored, mass_stored = nodes.air_capacity * air_rise / hours, nodes.mass_capacity * mass_rise / hours
    determinant = nodes.air_total * nodes.mass_total - nodes.couple**2
    air = -(nodes.mass_total * air_stored + nodes.couple * mass_stored) / determinant
    mass = -(nodes.air_total * mass_stored + nodes.couple * air_stored) / determinant
    return air, mass
