"""What votes say of a home's neutral temperature."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comfort.preference import VoteHistory, home_shifts
from comfort.preference.neutral import standing


def _history(*votes: tuple[int, float, int, float], homes: int = 1) -> VoteHistory:
    """Votes as (home, hours ago, sensation, room temperature)."""
    columns = list(zip(*votes, strict=True)) or [(), (), (), ()]
    return VoteHistory(
        homes=homes,
        home=np.array(columns[0], dtype=np.int64),
        age_h=np.array(columns[1], dtype=np.float64),
        sensation=np.array(columns[2], dtype=np.int64),
        temperature_c=np.array(columns[3], dtype=np.float64),
    )


def test_a_home_that_never_voted_wants_no_change() -> None:
    assert home_shifts(_history(homes=3)).tolist() == [0, 0, 0]


def test_a_cold_vote_asks_for_more_and_a_warm_one_for_less() -> None:
    shifts = home_shifts(_history((0, 0, -2, 21), (1, 0, 2, 23), homes=2))

    assert shifts[0] == pytest.approx(0.4655, abs=1e-4)
    assert shifts[1] == pytest.approx(-shifts[0])


def test_a_stronger_word_weighs_more() -> None:
    little, much, very = home_shifts(_history((0, 0, -1, 21), (1, 0, -2, 21), (2, 0, -3, 21), homes=3))

    assert 0 < little < much < very


@pytest.mark.parametrize("temperature_c", [17, 21, 22, 26, np.nan])
def test_comfortable_speaks_for_leaving_things_however_warm_it_is(temperature_c: float) -> None:
    assert home_shifts(_history((0, 0, 0, temperature_c)))[0] == 0

    cold = home_shifts(_history((0, 48, -2, 21)))[0]
    reassured = home_shifts(_history((0, 48, -2, 21), (0, 0, 0, temperature_c)))[0]
    assert 0 < reassured < cold


def test_the_newest_vote_replaces_what_the_home_said_within_six_hours() -> None:
    changed_mind = _history((0, 5.9, -3, 21), (0, 0, 0, 22))

    assert standing(changed_mind).sensation.tolist() == [0]
    assert home_shifts(changed_mind)[0] == home_shifts(_history((0, 0, 0, 22)))[0]


def test_a_vote_six_hours_old_stands_beside_the_new_one() -> None:
    assert standing(_history((0, 6, -3, 21), (0, 0, 0, 22))).sensation.tolist() == [-3, 0]


def test_votes_do_not_replace_those_of_other_homes() -> None:
    assert sorted(standing(_history((0, 1, -3, 21), (1, 0, 2, 22), homes=2)).home.tolist()) == [0, 1]


def test_repeating_a_vote_adds_less_each_time() -> None:
    once = home_shifts(_history((0, 0, -2, 21)))[0]
    often = home_shifts(_history(*((0, 7.0 * n, -2, 21) for n in range(20))))[0]

    assert once < often < 20 * once
    assert often <= 2


def test_an_implausible_vote_counts_for_next_to_nothing() -> None:
    plausible, implausible = home_shifts(_history((0, 0, -2, 20), (1, 0, -2, 28), homes=2))

    assert implausible < plausible
    assert home_shifts(_history((0, 0, -2, 33)))[0] == pytest.approx(0, abs=0.01)


def test_a_vote_without_a_temperature_counts_half() -> None:
    measured, unmeasured = home_shifts(_history((0, 0, -2, 22), (1, 0, -2, np.nan), homes=2))

    assert 0 < unmeasured < measured


def test_a_vote_fades_with_three_weeks() -> None:
    new, old = home_shifts(_history((0, 0, -2, 21), (1, 21 * 24, -2, 21), homes=2))

    assert old == pytest.approx(new / np.e)


def test_the_order_of_the_rows_does_not_matter() -> None:
    votes = [(0, 30.0, -2, 20.5), (1, 8.0, 1, 23.0), (0, 1.0, -1, 21.0), (1, 1.0, 2, 24.0)]

    assert (
        home_shifts(_history(*votes, homes=2)).tolist()
        == home_shifts(_history(*reversed(votes), homes=2)).tolist()
    )


# A busy machine is no slower filter.
laws = settings(deadline=None, max_examples=60)
_votes = st.tuples(
    st.integers(0, 4),
    st.floats(0, 3000),
    st.integers(-3, 3),
    st.one_of(st.just(np.nan), st.floats(-300, 300)),
)


@laws
@given(st.lists(_votes, max_size=60))
def test_no_home_ever_asks_for_more_than_two_kelvins(votes: list[tuple[int, float, int, float]]) -> None:
    shifts = home_shifts(_history(*votes, homes=5))

    assert np.isfinite(shifts).all()
    assert (np.abs(shifts) <= 2).all()


@laws
@given(st.lists(_votes, max_size=30))
def test_one_home_is_worked_out_like_many(votes: list[tuple[int, float, int, float]]) -> None:
    together = home_shifts(_history(*votes, homes=5))
    alone = [home_shifts(_history(*((0, *vote[1:]) for vote in votes if vote[0] == n)))[0] for n in range(5)]

    assert together == pytest.approx(alone)
