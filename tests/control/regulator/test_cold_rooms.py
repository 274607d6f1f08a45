"""From sensors to the one temperature a station is regulated by."""

from __future__ import annotations

import numpy as np
import pytest

from control.regulator.rooms import cold_rooms
from control.regulator.types import Floats, Ints


def _cold(temperatures: list[float], *, age_h: float = 0.1) -> tuple[Floats, Ints]:
    return cold_rooms(
        temperature_c=np.array(temperatures),
        age_h=np.full(len(temperatures), age_h),
        station=np.zeros(len(temperatures), dtype=np.int64),
        stations=1,
    )


def test_the_cold_fifth_leads() -> None:
    room_c, rooms = _cold([19, 20, 21, 22, 23, 24])

    assert room_c == pytest.approx([20])
    assert rooms.tolist() == [6]


@pytest.mark.parametrize("broken", [np.nan, np.inf, -40, 4.9, 35.1, 33, 9])
def test_a_broken_sensor_is_left_out(broken: float) -> None:
    room_c, rooms = _cold([20, 20.5, 21, 21.5, 22, broken])

    assert rooms.tolist() == [5]
    assert 20 <= room_c[0] <= 20.5


def test_rooms_that_agree_exactly_do_not_cast_out_a_slightly_cooler_one() -> None:
    assert _cold([21, 21, 21, 21, 19.5])[1].tolist() == [5]


def test_a_stale_value_is_left_out() -> None:
    assert _cold([20, 21, 22], age_h=2.01)[1].tolist() == [0]
    assert np.isnan(_cold([20, 21, 22], age_h=2.01)[0]).all()


def test_stations_are_kept_apart() -> None:
    room_c, rooms = cold_rooms(
        temperature_c=np.array([20.0, 25.0]), age_h=np.zeros(2), station=np.array([0, 2]), stations=3
    )

    assert rooms.tolist() == [1, 0, 1]
    assert room_c[[0, 2]].tolist() == [20, 25]
    assert np.isnan(room_c[1])


def test_a_cold_third_is_no_fault_of_its_sensors() -> None:
    # Four warm flats and two at the end of the riser, 3.5 K colder: the ones this is all about.
    room_c, rooms = _cold([24, 24.1, 24, 23.9, 20.5, 20.6])

    assert rooms.tolist() == [6]
    assert room_c == pytest.approx([20.6])


def test_a_few_odd_sensors_among_many_are_left_out_and_a_tenth_is_believed() -> None:
    usual = [24.0] * 95

    assert _cold([*usual, *[15.0] * 5])[1].tolist() == [95]
    assert _cold([*usual, *[15.0] * 15])[1].tolist() == [110]


def test_odd_sensors_on_opposite_sides_are_no_group() -> None:
    assert _cold([20, 20.5, 21, 21.5, 22, 9, 33])[1].tolist() == [5]
