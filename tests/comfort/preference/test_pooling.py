"""From homes to buildings and stations."""

from __future__ import annotations

import numpy as np
import pytest

from comfort.preference import building_shifts, station_shifts
from comfort.preference.pooling import quantile_by_group


def _stations(shift_k: list[float], building: list[int], homes: list[int], station: list[int]) -> list[float]:
    shifts = station_shifts(
        shift_k=np.array(shift_k),
        building=np.array(building, dtype=np.int64),
        homes=np.array(homes),
        station=np.array(station),
        stations=max(station) + 1,
    )
    return [float(shift) for shift in shifts]


def test_a_building_without_votes_or_homes_asks_for_nothing() -> None:
    shifts = building_shifts(shift_k=np.array([]), building=np.array([], dtype=int), homes=np.array([20, 0]))

    assert shifts.tolist() == [0, 0]


def test_a_silent_home_counts_half_a_voice_for_leaving_things() -> None:
    shifts = building_shifts(shift_k=np.array([0.46]), building=np.array([0]), homes=np.array([20]))

    assert shifts[0] == pytest.approx(0.46 / (1 + 19 / 2))


def test_a_building_where_all_voted_follows_their_mean() -> None:
    shifts = building_shifts(shift_k=np.array([1.0, 0.0]), building=np.array([0, 0]), homes=np.array([2]))

    assert shifts[0] == 0.5


def test_a_station_follows_the_mean_of_all_voices() -> None:
    assert _stations([0.46], [0], [20, 20, 20, 20, 20, 20], [0] * 6) == [pytest.approx(0.46 / 60.5)]


def test_a_station_leans_to_its_colder_buildings() -> None:
    one_cold_of_two = _stations([1.0, 1.0], [0, 0], [2, 2], [0, 0])[0]

    mean, cold = 2 / 3, 1.0
    assert one_cold_of_two == pytest.approx(mean + 0.5 * (0.8 * cold - mean))


def test_stations_do_not_hear_each_other() -> None:
    assert _stations([1.0], [0], [1, 1], [0, 1])[1] == 0


def test_a_station_s_shift_is_bounded() -> None:
    assert _stations([2.0, 2.0], [0, 0], [2], [0]) == [1.5]
    assert _stations([-2.0, -2.0], [0, 0], [2], [0]) == [-1.0]


def test_one_adversary_in_twenty_moves_a_station_by_less_than_a_fifth_of_a_kelvin() -> None:
    adversaries = np.arange(12)
    shifts = _stations([2.0] * 12, (adversaries % 6).tolist(), [40] * 6, [0] * 6)

    assert shifts[0] < 0.2


def test_the_quantile_of_a_group_is_numpy_s() -> None:
    values = np.array([3.0, np.nan, 1.0, 2.0, 10.0, 7.0])
    group = np.array([0, 0, 0, 0, 2, 2])

    quantiles = quantile_by_group(values, group=group, groups=3, share=0.2)

    assert quantiles[0] == pytest.approx(np.quantile([1, 2, 3], 0.2))
    assert np.isnan(quantiles[1])
    assert quantiles[2] == pytest.approx(np.quantile([7, 10], 0.2))
