"""The outdoor temperature as a building feels it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from control.regulator.outdoor import felt_c
from tests.control.factories import an_observation


def test_the_last_day_counts_two_fifths_and_the_next_three() -> None:
    observed = replace(
        an_observation(outdoor_c=np.nan),
        outdoor_past_c=np.full((1, 24), 10.0),
        outdoor_ahead_c=np.full((1, 48), 0.0),
    )

    assert felt_c(observed) == pytest.approx([4])


def test_near_hours_count_more_than_far_ones() -> None:
    soon, late = np.zeros((1, 48)), np.zeros((1, 48))
    soon[0, :6], late[0, -6:] = 10, 10
    observed = an_observation(outdoor_c=np.nan)

    assert felt_c(replace(observed, outdoor_ahead_c=soon)) > 5 * felt_c(
        replace(observed, outdoor_ahead_c=late)
    )


def test_the_forecast_is_moved_by_what_it_is_wrong_about_now() -> None:
    assert felt_c(an_observation(outdoor_c=-2)) == pytest.approx([-2])


def test_a_thermometer_in_the_sun_moves_it_by_five_kelvins_at_most() -> None:
    assert felt_c(an_observation(outdoor_c=38)) == pytest.approx([5])


@pytest.mark.parametrize("absurd", [np.nan, np.inf, -400, 61])
def test_an_absurd_value_is_none(absurd: float) -> None:
    assert felt_c(an_observation(outdoor_c=absurd, hourly_c=3)) == pytest.approx([3])
    assert felt_c(an_observation(outdoor_c=3, hourly_c=absurd)) == pytest.approx([3])


def test_what_is_missing_leaves_its_weight_to_the_rest() -> None:
    observed = an_observation(outdoor_c=np.nan, hourly_c=7)
    nothing = np.full((1, 24), np.nan)

    assert felt_c(replace(observed, outdoor_past_c=nothing)) == pytest.approx([7])
    assert felt_c(replace(observed, outdoor_ahead_c=nothing)) == pytest.approx([7])
    assert np.isnan(felt_c(replace(observed, outdoor_past_c=nothing, outdoor_ahead_c=nothing))).all()
