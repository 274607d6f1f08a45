"""The homes' bodies: how big, how well wrapped, how well fed; arrays with one entry a home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from control.twin import radiator
from control.twin.layout import Layout
from control.twin.noise import Floats, Keys, keys, normal, uniform
from control.twin.sun import AZIMUTH_DEG

# Per square metre of floor, for a block of the 1990s with insulated walls; chosen so that a Beijing
# season takes 0.2 to 0.25 GJ/m², as EnergyPlus has it for flats of that kind.
WALLS_W_M2_K: Final = 0.75
LEAKS_W_M2_K: Final = 0.36
COUPLE_W_M2_K: Final = 6.0
PARTY_W_M2_K: Final = 0.8
AIR_WH_M2_K: Final = 12.0
MASS_WH_M2_K: Final = 55.0
NOMINAL_W_M2: Final = 62.0
FLOW_L_H_M2: Final = 2.15
GLASS_M2_M2: Final = 0.042  # window share x g-value x shading
TOP_FACTOR: Final = 1.30
BOTTOM_FACTOR: Final = 1.18
END_FACTOR: Final = 1.12
# The first building on the pipe gets this multiple of its fair flow, the last the second.
NEAR_FLOW: Final = 1.25
FAR_FLOW: Final = 0.75
EXPONENT: Final = {"radiator": 1.3, "floor": 1.1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """The community's homes; conductances in W/K, capacities in Wh/K, flows in L/h."""

    chance: Keys
    area_m2: Floats
    building: np.ndarray[tuple[int], np.dtype[np.intp]]
    station: np.ndarray[tuple[int], np.dtype[np.intp]]
    facing: np.ndarray[tuple[int], np.dtype[np.intp]]
    walls: Floats
    leaks: Floats
    couple: Floats
    party: Floats
    air_capacity: Floats
    mass_capacity: Floats
    flow_l_h: Floats
    emitter: Floats
    exponent: Floats
    # What is left of the supply's excess over the ground when it reaches the home's building.
    pipe_share: Floats

    def __len__(self) -> int:
        """How many homes."""
        return len(self.area_m2)


def build(layout: Layout, *, seed: int) -> Homes:
    """Give every home of ``layout`` its body; the same for the same ``seed``, home by home."""
    chance = keys([home.id for home in layout.homes])
    area = np.array([home.floor_area_m2 for home in layout.homes], dtype=np.float64)
    building = np.array([home.building for home in layout.homes], dtype=np.intp)
    exponent = np.array([EXPONENT[home.emitter] for home in layout.homes])
    wrapping = _wrapping(layout, chance, seed)
    # The designer gave exposed flats larger radiators, but not quite large enough.
    nominal_w = NOMINAL_W_M2 * area * wrapping**0.5 * _spread(chance, seed, 2, 0.08)
    return Homes(
        chance=chance,
        area_m2=area,
        building=building,
        station=np.array([layout.buildings[home.building].station for home in layout.homes], dtype=np.intp),
        facing=np.array([list(AZIMUTH_DEG).index(home.orientation) for home in layout.homes], dtype=np.intp),
        walls=WALLS_W_M2_K * area * wrapping,
        leaks=LEAKS_W_M2_K * area * _spread(chance, seed, 3, 0.2),
        couple=COUPLE_W_M2_K * area,
        party=PARTY_W_M2_K * area,
        air_capacity=AIR_WH_M2_K * area * _spread(chance, seed, 4, 0.15),
        mass_capacity=MASS_WH_M2_K * area * _spread(chance, seed, 5, 0.15),
        flow_l_h=_flows(layout, area, building) * _spread(chance, seed, 6, 0.12),
        emitter=radiator.coefficient(
            nominal_w=nominal_w,
            nominal_flow_l_h=nominal_w / (25.0 * radiator.WATER_WH_PER_L_K),
            exponent=exponent,
        ),
        exponent=exponent,
        pipe_share=np.exp(-0.01 - 0.03 * _distance(layout))[building],
    )


def _wrapping(layout: Layout, chance: Keys, seed: int) -> Floats:
    """How much more a flat loses than one in the middle: roof, cellar, gable, and how it was built."""
    top = np.array([home.storey >= layout.buildings[home.building].storeys for home in layout.homes])
    bottom = np.array([home.storey <= 1 for home in layout.homes])
    gable = uniform(chance, seed, 1) < 1 / 3
    factor = np.where(top, TOP_FACTOR, np.where(bottom, BOTTOM_FACTOR, 1.0)) * np.where(
        gable, END_FACTOR, 1.0
    )
    return np.asarray(factor * _spread(chance, seed, 7, 0.08))


def _flows(layout: Layout, area: Floats, building: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    """Nominal flows through an unbalanced network: near buildings take from far ones, low flats from high."""
    storey = np.array([home.storey for home in layout.homes], dtype=np.float64)
    storeys = np.array([house.storeys for house in layout.buildings], dtype=np.float64)[building]
    along = (NEAR_FLOW + (FAR_FLOW - NEAR_FLOW) * _distance(layout))[building]
    upward = 1.1 - 0.2 * storey / storeys
    return np.asarray(FLOW_L_H_M2 * area * along * upward)


def _distance(layout: Layout) -> Floats:
    """How far along its station's pipe each building stands, 0 to 1, in the order of the layout."""
    stations = [house.station for house in layout.buildings]
    before = [stations[:n].count(station) for n, station in enumerate(stations)]
    last = [max(stations.count(station) - 1, 1) for station in stations]
    return np.array(before, dtype=np.float64) / np.array(last, dtype=np.float64)


def _spread(chance: Keys, seed: int, salt: int, sigma: float) -> Floats:
    """Factors around 1, never below a third."""
    return np.maximum(1.0 + sigma * normal(chance, seed, salt), 1 / 3)
