"""Estimates split a gap; they neither lose nor invent a watt hour."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.validation import registers_between, sums_up

HOURS = 3600 * np.arange(25)


def test_a_short_gap_lies_on_a_line_whatever_the_weather() -> None:
    cold = np.array([0.0, -20.0])
    registers = registers_between(HOURS[:3], opening_wh=100, closing_wh=201, outdoor_c=cold)
    assert registers.tolist() == [100, 150, 201]


def test_a_long_gap_follows_the_degree_hours() -> None:
    outdoor_c = np.array([5.0] * 12 + [-5.0] * 12)  # 10 and 20 degree hours an hour
    registers = registers_between(HOURS, opening_wh=0, closing_wh=36_000, outdoor_c=outdoor_c)
    assert registers[12] == 12_000
    assert np.diff(registers).tolist() == [1000] * 12 + [2000] * 12


def test_a_warm_gap_lies_on_a_line() -> None:
    registers = registers_between(HOURS, opening_wh=0, closing_wh=2400, outdoor_c=np.full(24, 25.0))
    assert np.diff(registers).tolist() == [100] * 24


@given(
    opening=st.integers(0, 10**13),
    used=st.integers(0, 10**12),
    steps=st.lists(st.tuples(st.integers(1, 10**6), st.floats(-40, 40)), min_size=1, max_size=40),
)
def test_an_estimate_conserves_the_register(opening: int, used: int, steps: list[tuple[int, float]]) -> None:
    cuts_s = np.cumsum([0, *(seconds for seconds, _ in steps)])
    outdoor_c = np.array([degrees for _, degrees in steps])
    for weather in (None, outdoor_c):
        registers = registers_between(
            cuts_s, opening_wh=opening, closing_wh=opening + used, outdoor_c=weather
        )
        assert (registers[0], registers[-1]) == (opening, opening + used)
        assert np.all(np.diff(registers) >= 0)
        assert sums_up(np.diff(registers), opening_wh=opening, closing_wh=opening + used)


def test_the_sum_check_sees_one_watt_hour() -> None:
    assert not sums_up(np.array([100, 99]), opening_wh=0, closing_wh=200)


def test_a_gap_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="ascending"):
        registers_between(np.array([5, 5]), opening_wh=0, closing_wh=1)
    with pytest.raises(ValueError, match="outdoor"):
        registers_between(np.array([0, 5]), opening_wh=0, closing_wh=1, outdoor_c=np.array([1.0, 2.0]))
