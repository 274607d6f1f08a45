from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from control.twin import community
from control.twin.community import Plant, State
from tests.control.twin.layouts import MIDWINTER, Steady, a_layout


def a_plant(*, outdoor_c: float = -2.0, stations: int = 1) -> Plant:
    return community.build(a_layout(stations=stations), climate=Steady(outdoor_c), seed=11)


def after(plant: Plant, *, hours: float, setpoint_c: float = 46.0, speed: float = 1.0) -> State:
    setpoint = np.full(len(plant.exchangers.flow_l_h), setpoint_c)
    state = community.start(plant, at=MIDWINTER, setpoint_c=setpoint)
    return community.advance(
        plant, state, to=MIDWINTER + timedelta(hours=hours), setpoint_c=setpoint, speed=speed
    )


def test_a_heated_community_settles_at_livable_but_unequal_temperatures() -> None:
    state = after(a_plant(), hours=24 * 10)
    assert 20 < state.air_c.mean() < 25
    assert state.air_c.max() - state.air_c.min() > 1.5


def test_a_hotter_supply_warms_every_home_and_takes_more_heat() -> None:
    plant = a_plant()
    cool, hot = after(plant, hours=48, setpoint_c=40.0), after(plant, hours=48, setpoint_c=50.0)
    assert (hot.air_c > cool.air_c).all()
    assert (hot.energy_wh > cool.energy_wh).all()
    assert hot.stations.heat_w[0] > cool.stations.heat_w[0]


def test_colder_weather_cools_every_home() -> None:
    mild, cold = (after(a_plant(outdoor_c=outdoor), hours=48) for outdoor in (2.0, -12.0))
    assert (mild.air_c > cold.air_c).all()


def test_exposed_flats_are_colder_than_those_in_the_middle() -> None:
    layout = a_layout(buildings=6, homes=20)
    plant = community.build(layout, climate=Steady(), seed=11)
    air = after(plant, hours=24 * 7).air_c
    storey = np.array([home.storey for home in layout.homes])
    assert air[storey == 5].mean() < air[storey == 3].mean() - 0.3


def test_the_last_building_on_the_pipe_is_colder_than_the_first() -> None:
    air = after(a_plant(), hours=24 * 7).air_c
    assert air[20:].mean() < air[:10].mean() - 0.3


def test_the_station_gives_what_the_homes_and_the_pipes_take() -> None:
    state = after(a_plant(), hours=24 * 7)
    homes_w, station_w = state.heat_w.sum(), state.stations.heat_w.sum()
    assert homes_w < station_w < 1.25 * homes_w


def test_a_meters_power_is_its_flow_times_its_spread() -> None:
    plant = a_plant()
    state = after(plant, hours=30)
    spread_k = state.supply_c - state.return_c
    np.testing.assert_allclose(state.heat_w, plant.homes.flow_l_h * 1.163 * spread_k)


def test_steps_of_any_cut_count_the_same_water_and_nearly_the_same_heat() -> None:
    plant, setpoint = a_plant(), np.array([46.0])
    whole = after(plant, hours=6)
    state = community.start(plant, at=MIDWINTER, setpoint_c=setpoint)
    for minute in range(3, 363, 3):
        state = community.advance(plant, state, to=MIDWINTER + timedelta(minutes=minute), setpoint_c=setpoint)
    np.testing.assert_allclose(state.volume_l, whole.volume_l)
    np.testing.assert_allclose(state.energy_wh, whole.energy_wh, rtol=0.03)


def test_registers_only_go_forward_even_where_cold_water_takes_heat() -> None:
    plant = a_plant(outdoor_c=30.0)
    state = after(plant, hours=2, setpoint_c=25.0)
    later = community.advance(plant, state, to=state.at + timedelta(hours=2), setpoint_c=np.array([10.0]))
    assert (later.energy_wh >= state.energy_wh).all()
    assert (later.volume_l > state.volume_l).all()


def test_speed_quickens_warmth_but_not_the_registers_clock() -> None:
    plant = a_plant()
    slow, fast = after(plant, hours=1, setpoint_c=55.0), after(plant, hours=1, setpoint_c=55.0, speed=60)
    assert fast.mass_c.std() > 4 * slow.mass_c.std()
    np.testing.assert_allclose(fast.volume_l, slow.volume_l)
    # A register cannot have counted more than the strongest power over the true hour.
    assert (fast.energy_wh < plant.homes.flow_l_h * 1.163 * 40).all()


def test_the_exchanger_cannot_give_more_than_it_can() -> None:
    plant = a_plant()
    weak = replace(plant.exchangers, capacity_w=plant.exchangers.capacity_w / 5)
    state = after(replace(plant, exchangers=weak), hours=48, setpoint_c=60.0)
    np.testing.assert_allclose(state.stations.heat_w, weak.capacity_w, rtol=0.02)
    assert state.stations.supply_c[0] < 50.0


def test_two_stations_do_not_feel_each_other() -> None:
    plant = a_plant(stations=2)
    state = community.start(plant, at=MIDWINTER, setpoint_c=np.array([46.0, 46.0]))
    later = MIDWINTER + timedelta(hours=12)
    same = community.advance(plant, state, to=later, setpoint_c=np.array([46.0, 46.0]))
    other = community.advance(plant, state, to=later, setpoint_c=np.array([46.0, 60.0]))
    first = plant.homes.station == 0
    np.testing.assert_array_equal(same.air_c[first], other.air_c[first])
    assert (same.air_c[~first] < other.air_c[~first]).all()


def test_a_homes_body_does_not_depend_on_who_else_is_told_of() -> None:
    layout = a_layout(buildings=1)
    fewer = replace(layout, homes=layout.homes[:4])
    whole, part = (community.build(each, climate=Steady(), seed=2).homes for each in (layout, fewer))
    np.testing.assert_array_equal(whole.walls[:4], part.walls)
    np.testing.assert_array_equal(whole.emitter[:4], part.emitter)


@settings(max_examples=40, deadline=None)
@given(
    outdoor=st.floats(-80, 60),
    setpoint=st.floats(-50, 200),
    hours=st.floats(0.001, 5),
    speed=st.floats(0.001, 1e6),
)
def test_nothing_ever_becomes_a_nan(outdoor: float, setpoint: float, hours: float, speed: float) -> None:
    state = after(a_plant(outdoor_c=outdoor), hours=hours, setpoint_c=setpoint, speed=speed)
    for values in (state.air_c, state.mass_c, state.energy_wh, state.return_c, state.stations.heat_w):
        assert np.isfinite(values).all()


def test_a_season_in_beijing_takes_what_such_buildings_take() -> None:
    plant = a_plant(outdoor_c=0.2)
    heated = after(plant, hours=24 * 20, setpoint_c=44.0)
    warm_up = after(plant, hours=24 * 4, setpoint_c=44.0)
    mean_w_m2 = (heated.energy_wh - warm_up.energy_wh).sum() / (24 * 16) / plant.homes.area_m2.sum()
    # 0.2 to 0.25 GJ/m² over 121 days.
    assert mean_w_m2 == pytest.approx(21.5, abs=3.5)
