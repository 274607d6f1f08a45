from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from control.twin import thermal

positive = st.floats(0.5, 5000)
watts = st.floats(-1e5, 1e5)


def nodes(  # noqa: PLR0913 - a home has that many figures
    *,
    air_capacity: float = 1000.0,
    mass_capacity: float = 4400.0,
    couple: float = 480.0,
    air_loss: float = 30.0,
    mass_loss: float = 60.0,
    air_input_w: float = 900.0,
    mass_input_w: float = 1200.0,
) -> thermal.TwoNodes:
    return thermal.TwoNodes(
        air_capacity=np.array([air_capacity]),
        mass_capacity=np.array([mass_capacity]),
        couple=np.array([couple]),
        air_total=np.array([couple + air_loss]),
        mass_total=np.array([couple + mass_loss]),
        air_input_w=np.array([air_input_w]),
        mass_input_w=np.array([mass_input_w]),
    )


some_nodes = st.builds(
    nodes,
    air_capacity=positive,
    mass_capacity=positive,
    couple=positive,
    air_loss=positive,
    mass_loss=positive,
    air_input_w=watts,
    mass_input_w=watts,
)


def advance(home: thermal.TwoNodes, *, air: float, mass: float, hours: float) -> thermal.Passage:
    return thermal.advance(home, air_c=np.array([air]), mass_c=np.array([mass]), hours=hours)


def test_a_single_node_rests_where_heat_and_loss_meet() -> None:
    # Everything on the air: 20 K above 0 °C outdoors loses 30 W/K through the air and nothing else.
    home = replace(nodes(air_input_w=600.0, mass_input_w=0.0), mass_total=np.array([480.0 + 1e-12]))
    air, mass = thermal.rest(home)
    np.testing.assert_allclose([air[0], mass[0]], [20.0, 20.0])


def test_with_time_a_home_comes_to_rest() -> None:
    home = nodes()
    end = advance(home, air=5.0, mass=-10.0, hours=1e6)
    air, mass = thermal.rest(home)
    np.testing.assert_allclose([end.air_c, end.mass_c], [air, mass])


def test_one_long_step_equals_many_short_ones() -> None:
    home = nodes()
    long = advance(home, air=5.0, mass=18.0, hours=6.0)
    air, mass = 5.0, 18.0
    for _ in range(360):
        short = advance(home, air=air, mass=mass, hours=1 / 60)
        air, mass = float(short.air_c[0]), float(short.mass_c[0])
    np.testing.assert_allclose([long.air_c[0], long.mass_c[0]], [air, mass])


@given(home=some_nodes, air=st.floats(-60, 100), mass=st.floats(-60, 100), hours=st.floats(1e-4, 1e5))
def test_what_comes_in_is_stored_or_lost(
    home: thermal.TwoNodes, air: float, mass: float, hours: float
) -> None:
    end = advance(home, air=air, mass=mass, hours=hours)
    stored = home.air_capacity * (end.air_c - air) + home.mass_capacity * (end.mass_c - mass)
    loss_w = (home.air_total - home.couple) * end.mean_air_c + (
        home.mass_total - home.couple
    ) * end.mean_mass_c
    inputs_wh = (np.abs(home.air_input_w) + np.abs(home.mass_input_w)) * hours
    scale = float((inputs_wh + 100 * (home.air_capacity + home.mass_capacity))[0])
    np.testing.assert_allclose(
        stored + loss_w * hours, (home.air_input_w + home.mass_input_w) * hours, atol=1e-8 * scale
    )


@given(
    home=some_nodes,
    air_k=st.floats(0, 80),
    mass_k=st.floats(0, 80),
    hours=st.floats(1e-4, 1e9),
    side=st.sampled_from((-1, 1)),
)
def test_a_home_comes_to_rest_without_overshooting(
    home: thermal.TwoNodes, *, air_k: float, mass_k: float, hours: float, side: int
) -> None:
    rest_air, rest_mass = (float(value[0]) for value in thermal.rest(home))
    end = advance(home, air=rest_air + side * air_k, mass=rest_mass + side * mass_k, hours=hours)
    slack = 1e-6 * (1 + abs(rest_air) + abs(rest_mass) + air_k + mass_k)
    assert side * (end.air_c[0] - rest_air) >= -slack
    assert side * (end.mass_c[0] - rest_mass) >= -slack
