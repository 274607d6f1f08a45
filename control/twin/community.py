"""The community as one machine: weather in, targets in; temperatures, flows and registers out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from control.twin import habits, homes, radiator, station, sun, thermal
from control.twin.homes import Homes
from control.twin.layout import Layout
from control.twin.noise import Floats

# Longer stretches are walked in such steps; any is stable, but windows and sun change by the half hour.
STEP: Final = timedelta(minutes=30)
# The exchanger can give each square metre this much.
CAPACITY_W_M2: Final = 75.0


class Climate(Protocol):
    """What the twin needs to know of the weather."""

    def outdoor_c(self, at: datetime) -> float:
        """The outdoor temperature at ``at``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """All that stays: bodies, pipes, climate, calendar."""

    homes: Homes
    climate: Climate
    zone: ZoneInfo
    seed: int
    latitude_deg: float
    longitude_deg: float
    exchangers: station.Exchangers


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """All that changes; registers in Wh and L, temperatures in °C."""

    at: datetime
    air_c: Floats
    mass_c: Floats
    energy_wh: Floats
    volume_l: Floats
    heat_w: Floats
    supply_c: Floats  # at each home's meter
    return_c: Floats
    outdoor_c: float
    stations: station.Flow


def build(layout: Layout, *, climate: Climate, seed: int) -> Plant:
    """The plant that belongs to ``layout``."""
    bodies = homes.build(layout, seed=seed)
    count = len(layout.stations)
    area = np.bincount(bodies.station, weights=bodies.area_m2, minlength=count)
    flow = np.bincount(bodies.station, weights=bodies.flow_l_h, minlength=count)
    return Plant(
        homes=bodies,
        climate=climate,
        zone=ZoneInfo(layout.time_zone),
        seed=seed,
        latitude_deg=layout.stations[0].latitude_deg,
        longitude_deg=layout.stations[0].longitude_deg,
        exchangers=station.Exchangers(
            flow_l_h=np.maximum(flow, 1.0), capacity_w=np.maximum(area * CAPACITY_W_M2, 1.0)
        ),
    )


def start(plant: Plant, *, at: datetime, setpoint_c: Floats) -> State:
    """A community that has been heated for a while, registers at zero."""
    bodies, outdoor = plant.homes, plant.climate.outdoor_c(at)
    zeros = np.zeros(len(bodies))
    return_c = np.minimum(setpoint_c, 0.7 * setpoint_c + 6.0)
    flow = station.flow(plant.exchangers, supply_c=setpoint_c, return_c=return_c, outdoor_c=outdoor)
    at_home = setpoint_c[bodies.station]
    return State(
        at=at,
        air_c=zeros + 21.5,
        mass_c=zeros + 21.0,
        energy_wh=zeros,
        volume_l=zeros,
        heat_w=zeros,
        supply_c=at_home,
        return_c=at_home,
        outdoor_c=outdoor,
        stations=flow,
    )


def advance(plant: Plant, state: State, *, to: datetime, setpoint_c: Floats, speed: float = 1.0) -> State:
    """Let the time until ``to`` pass with the stations aiming at ``setpoint_c``.

    ``speed`` makes warmth spread that many times faster than the clock goes: temperatures hurry, but
    registers count the power over the true time.
    """
    while state.at < to:
        state = _step(plant, state, until=min(to, state.at + STEP), setpoint_c=setpoint_c, speed=speed)
    return state


def _step(plant: Plant, state: State, *, until: datetime, setpoint_c: Floats, speed: float) -> State:
    bodies, hours = plant.homes, (until - state.at).total_seconds() / 3600
    outdoor = plant.climate.outdoor_c(until)
    supply = station.supply_c(
        plant.exchangers, state.stations, setpoint_c=setpoint_c, outdoor_c=outdoor, hours=hours * speed
    )
    at_home = station.GROUND_C + (supply[bodies.station] - station.GROUND_C) * bodies.pipe_share
    given = radiator.emission(
        supply_c=at_home,
        room_c=state.air_c,
        flow_l_h=bodies.flow_l_h,
        coefficient=bodies.emitter,
        exponent=bodies.exponent,
    )
    nodes = _nodes(plant, state, given=given, outdoor_c=outdoor, at=until)
    passage = thermal.advance(nodes, air_c=state.air_c, mass_c=state.mass_c, hours=hours * speed)
    heat_w = given.heat_w + given.per_room_k_w * (state.air_c - passage.mean_air_c)
    returned = at_home - heat_w / (bodies.flow_l_h * radiator.WATER_WH_PER_L_K)
    return State(
        at=until,
        air_c=passage.air_c,
        mass_c=passage.mass_c,
        # A heat meter counts forward only.
        energy_wh=state.energy_wh + np.maximum(heat_w, 0.0) * hours,
        volume_l=state.volume_l + bodies.flow_l_h * hours,
        heat_w=heat_w,
        supply_c=at_home,
        return_c=returned,
        outdoor_c=outdoor,
        stations=_stations(plant, supply_c=supply, returned_c=returned, outdoor_c=outdoor),
    )


def _nodes(
    plant: Plant, state: State, *, given: radiator.Emission, outdoor_c: float, at: datetime
) -> thermal.TwoNodes:
    """The homes' balance of this step; half the walls' loss passes by the mass, the leaks by the air."""
    bodies = plant.homes
    open_w_k = bodies.area_m2 * habits.open_windows_w_m2_k(
        bodies.chance, room_c=state.air_c, at=at, seed=plant.seed
    )
    indoors = bodies.area_m2 * habits.gains_w_m2(
        bodies.chance, local=at.astimezone(plant.zone), seed=plant.seed
    )
    solar = bodies.area_m2 * homes.GLASS_M2_M2 * _sunshine(plant, at)[bodies.facing]
    air_loss = bodies.leaks + open_w_k
    return thermal.TwoNodes(
        air_capacity=bodies.air_capacity,
        mass_capacity=bodies.mass_capacity,
        couple=bodies.couple,
        air_total=bodies.couple + air_loss + given.per_room_k_w,
        mass_total=bodies.couple + bodies.walls + bodies.party,
        air_input_w=(
            air_loss * outdoor_c
            + given.heat_w
            + given.per_room_k_w * state.air_c
            + 0.6 * indoors
            + 0.4 * solar
        ),
        mass_input_w=(
            bodies.walls * outdoor_c
            + bodies.party * _neighbours_c(bodies, state)
            + 0.4 * indoors
            + 0.6 * solar
        ),
    )


def _neighbours_c(bodies: Homes, state: State) -> Floats:
    """The mean mass temperature of each home's building: what stands behind its inner walls."""
    count = np.bincount(bodies.building)
    total = np.bincount(bodies.building, weights=state.mass_c)
    return np.asarray((total / np.maximum(count, 1))[bodies.building])


def _sunshine(plant: Plant, at: datetime) -> Floats:
    clear = sun.clearness(at, seed=plant.seed)
    return sun.on_walls_w_m2(
        at, latitude_deg=plant.latitude_deg, longitude_deg=plant.longitude_deg, clear=clear
    )


def _stations(plant: Plant, *, supply_c: Floats, returned_c: Floats, outdoor_c: float) -> station.Flow:
    """What comes back to the stations: the homes' returns mixed by flow, cooled a little by the pipe."""
    bodies = plant.homes
    cooled = station.GROUND_C + (returned_c - station.GROUND_C) * bodies.pipe_share
    mixed = np.bincount(bodies.station, weights=cooled * bodies.flow_l_h, minlength=len(supply_c))
    return_c = mixed / plant.exchangers.flow_l_h
    return station.flow(plant.exchangers, supply_c=supply_c, return_c=return_c, outdoor_c=outdoor_c)
