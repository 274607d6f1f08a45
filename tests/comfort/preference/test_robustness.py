"""What no voter can do alone or in a small crowd, and what an honest crowd's votes find out."""

from __future__ import annotations

import numpy as np
import pytest

from comfort.preference import VoteHistory, home_shifts, station_shifts
from comfort.preference.model import Floats, Ints

# The published fit of winter votes in Harbin homes: slope, neutral temperature, width of "no change".
HARBIN_SLOPE, HARBIN_NEUTRAL_C, HARBIN_WIDTH_K = 0.478, 23.07, 4.19


def votes(home: Ints, age_h: Floats, sensation: Ints, temperature_c: Floats, *, homes: int) -> VoteHistory:
    """A history of columns."""
    return VoteHistory(homes, home, age_h, sensation, temperature_c)


def tapped(times: int, *, over_h: float) -> float:
    """What one home moves itself by tapping "too cold" so often."""
    age = np.linspace(0.0, over_h, times)
    return float(
        home_shifts(
            votes(
                np.zeros(times, dtype=np.int64),
                age,
                np.full(times, -2, dtype=np.int64),
                np.full(times, 21.0),
                homes=1,
            )
        )[0]
    )


def test_the_same_tap_a_hundred_times_is_the_same_tap() -> None:
    once = tapped(1, over_h=0.0)

    # Within six hours each replaces the one before.
    assert tapped(100, over_h=5.9) == pytest.approx(once)


def test_a_hundred_patient_taps_stay_within_the_bounds_of_one_home() -> None:
    # Every six and a half hours for four weeks, so that each of them stands.
    assert tapped(1, over_h=0.0) < tapped(100, over_h=650.0) <= 2.0


def harbin(count: int, *, temperature_c: Floats, seed: int) -> Ints:
    """Votes as people in Harbin homes gave them at these temperatures: -2 too cold, 0, 2 too warm."""
    random = np.random.default_rng(seed)
    cold = 1 / (1 + np.exp(-HARBIN_SLOPE * (HARBIN_NEUTRAL_C - HARBIN_WIDTH_K - temperature_c)))
    warm = 1 / (1 + np.exp(-HARBIN_SLOPE * (temperature_c - HARBIN_NEUTRAL_C - HARBIN_WIDTH_K)))
    draw = random.uniform(size=count)
    return np.select([draw < cold, draw > 1 - warm], [-2, 2], 0).astype(np.int64)


def a_station(*, room_c: float, adversaries: float, seed: int = 1) -> float:
    """The shift of a station of 400 homes, each with a vote every three days for three weeks."""
    homes, each = 400, 7
    random = np.random.default_rng(seed)
    home = np.repeat(np.arange(homes, dtype=np.int64), each)
    age = np.tile(np.arange(each) * 72.0, homes)
    temperature = random.normal(room_c, 1.0, homes).repeat(each)
    sensation = harbin(homes * each, temperature_c=temperature, seed=seed + 1)
    sensation[home < adversaries * homes] = -3
    shift = home_shifts(votes(home, age, sensation, temperature, homes=homes))
    building = np.arange(homes, dtype=np.int64) % 10
    return float(
        station_shifts(
            shift_k=shift,
            building=building,
            homes=np.full(10, homes // 10, dtype=np.int64),
            station=np.zeros(10, dtype=np.int64),
            stations=1,
        )[0]
    )


def test_votes_as_they_were_published_ask_for_more_where_it_is_cold_and_less_where_it_is_warm() -> None:
    shifts = [a_station(room_c=room_c, adversaries=0.0) for room_c in (18.0, 20.0, 22.0, 24.0, 26.0)]

    # At 18 degrees a "too cold" surprises nobody, so it tells less of the person than at 20: such rooms are
    # the regulator's to warm, and the watch over the minimum's to report.
    assert shifts[1:] == sorted(shifts[1:], reverse=True)
    assert 0.1 < shifts[0] <= shifts[1]
    assert shifts[-1] < -0.05
    # About the published optimum hardly anything is asked for.
    assert abs(shifts[2]) < 0.2


@pytest.mark.parametrize("room_c", [20.0, 21.0, 22.0, 24.0])
def test_a_twentieth_that_is_always_cold_moves_less_than_a_fifth_of_a_kelvin(room_c: float) -> None:
    honest = a_station(room_c=room_c, adversaries=0.0)

    assert abs(a_station(room_c=room_c, adversaries=0.05) - honest) < 0.2
