"""The heating curve."""

from __future__ import annotations

import numpy as np
import pytest

from control.regulator import curve
from tests.control.factories import a_plant, column


def test_the_curve_goes_through_its_design_point() -> None:
    assert curve.supply_c(a_plant(), outdoor_c=column(-9)) == pytest.approx([60])


def test_the_shift_moves_the_whole_curve() -> None:
    assert curve.supply_c(a_plant(shift_k=2), outdoor_c=column(-9)) == pytest.approx([62])


def test_no_heat_is_wanted_when_it_is_as_warm_outside() -> None:
    assert curve.supply_c(a_plant(), outdoor_c=column(20.5)) == pytest.approx([20.5])
    assert curve.supply_c(a_plant(), outdoor_c=column(35)) == pytest.approx([20.5])


def test_radiators_bend_the_curve_upwards() -> None:
    half_load = (20.5 + -9) / 2

    radiator = curve.supply_c(a_plant(), outdoor_c=column(half_load))
    floor = curve.supply_c(a_plant(floor=True), outdoor_c=column(half_load))

    assert radiator == pytest.approx([20.5 + 39.5 * 0.5 ** (1 / 1.3)])
    assert (60 + 20.5) / 2 < floor[0] < radiator[0]


def test_a_kelvin_in_the_room_is_about_two_in_the_water_at_freezing_point() -> None:
    plant = a_plant()
    warmer = curve.supply_c(plant, outdoor_c=column(0), warmer_k=column(1))

    assert warmer - curve.supply_c(plant, outdoor_c=column(0)) == pytest.approx([2.10], abs=0.05)


def test_the_points_for_display_stay_within_the_station_s_limits() -> None:
    points = curve.points(a_plant(rows=2), np.array([-40.0, -9.0, 20.5]))

    assert points.shape == (2, 3)
    assert points[0] == pytest.approx([75, 60, 20.5])


def test_the_slope_is_that_of_the_straight_line() -> None:
    assert curve.slope(a_plant()) == pytest.approx([39.5 / 29.5])
