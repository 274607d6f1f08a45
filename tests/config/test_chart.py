"""Bars as geometry."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.chart import HEIGHT, LEAST_HEIGHT, WIDTH, Bar, bars, round_top


@pytest.mark.parametrize(
    ("greatest", "top"),
    [(0.0, 1.0), (0.04, 0.04), (0.9, 1.0), (1.0, 1.0), (1.2, 1.5), (9.9, 10.0), (41.0, 50.0), (730.0, 800.0)],
)
def test_the_scale_ends_at_a_round_figure(greatest: float, top: float) -> None:
    assert round_top(greatest) == pytest.approx(top)


@given(st.floats(min_value=1e-3, max_value=1e9))
def test_the_scale_holds_the_greatest_value_and_is_not_twice_too_high(greatest: float) -> None:
    top = round_top(greatest)

    assert greatest <= top * (1 + 1e-12)
    assert top <= 2 * greatest * (1 + 1e-12)


def test_bars_stand_side_by_side_on_the_ground() -> None:
    drawn = bars([5.0, 10.0], top=10.0)

    assert drawn == [
        Bar(x=70.0, y=50.0, width=360.0, height=50.0, is_gap=False),
        Bar(x=570.0, y=0.0, width=360.0, height=100.0, is_gap=False),
    ]


def test_a_gap_fills_its_slot_and_nothing_used_is_a_sliver() -> None:
    gap, nothing = bars([None, 0.0], top=1.0)

    assert gap == Bar(x=0.0, y=0.0, width=500.0, height=HEIGHT, is_gap=True)
    assert (nothing.height, nothing.is_gap) == (LEAST_HEIGHT, False)


def test_no_values_are_no_bars() -> None:
    assert bars([], top=1.0) == []


@given(st.lists(st.one_of(st.none(), st.floats(min_value=0, max_value=100)), min_size=1, max_size=60))
def test_every_bar_stays_in_the_box(values: list[float | None]) -> None:
    for bar in bars(values, top=100.0):
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH + 0.02
        assert bar.y + bar.height == pytest.approx(HEIGHT, abs=0.02)
