from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from control.twin import radiator
from control.twin.noise import Floats


def emission(*, supply_c: float, room_c: float = 20.0, flow_l_h: float = 120.0) -> radiator.Emission:
    nominal = np.array([4000.0])
    return radiator.emission(
        supply_c=np.array([supply_c]),
        room_c=np.array([room_c]),
        flow_l_h=np.array([flow_l_h]),
        coefficient=radiator.coefficient(
            nominal_w=nominal, nominal_flow_l_h=nominal / (25 * 1.163), exponent=np.array([1.3])
        ),
        exponent=np.array([1.3]),
    )


def return_c(supply_c: float, heat_w: Floats, flow_l_h: float) -> float:
    return supply_c - float(heat_w[0]) / (flow_l_h * radiator.WATER_WH_PER_L_K)


def test_at_its_nominal_point_a_radiator_gives_its_nominal_heat() -> None:
    flow = 4000 / (25 * 1.163)
    heat = emission(supply_c=75.0, flow_l_h=flow).heat_w
    np.testing.assert_allclose(heat, [4000.0])
    np.testing.assert_allclose(return_c(75.0, heat, flow), 50.0)


def test_doubling_a_small_excess_multiplies_heat_by_two_to_the_exponent_when_water_is_plenty() -> None:
    small, large = (emission(supply_c=20 + excess, flow_l_h=1e9).heat_w for excess in (10.0, 20.0))
    np.testing.assert_allclose(large / small, 2**1.3, rtol=1e-4)


@given(
    low=st.floats(-50, 150), rise=st.floats(0.01, 100), room=st.floats(-30, 60), flow=st.floats(0.001, 1e5)
)
def test_heat_grows_with_the_supply(low: float, rise: float, room: float, flow: float) -> None:
    before, after = (emission(supply_c=s, room_c=room, flow_l_h=flow) for s in (low, low + rise))
    assert after.heat_w[0] >= before.heat_w[0]


@given(supply=st.floats(20.01, 150), flow=st.floats(0.001, 1e5))
def test_the_return_stays_between_room_and_supply(supply: float, flow: float) -> None:
    heat = emission(supply_c=supply, flow_l_h=flow).heat_w
    assert 20.0 - 1e-9 <= return_c(supply, heat, flow) <= supply


@given(supply=st.floats(25, 110), room=st.floats(5, 24), flow=st.floats(5, 1000))
def test_the_slope_is_the_derivative_of_heat_by_room_temperature(
    supply: float, room: float, flow: float
) -> None:
    step = 1e-4
    colder, warmer = (emission(supply_c=supply, room_c=room + d, flow_l_h=flow).heat_w for d in (-step, step))
    slope = emission(supply_c=supply, room_c=room, flow_l_h=flow).per_room_k_w
    np.testing.assert_allclose((colder - warmer) / (2 * step), slope, rtol=1e-3)


def test_water_as_warm_as_the_room_gives_nothing_and_colder_water_takes() -> None:
    assert emission(supply_c=20.0).heat_w[0] == 0.0
    assert emission(supply_c=15.0).heat_w[0] < 0.0


def test_no_flow_gives_next_to_no_heat() -> None:
    assert abs(emission(supply_c=75.0, flow_l_h=0.0).heat_w[0]) < 1e-3
