"""One rounding, one splitting."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.rating.money import NothingToSplitByError, round_minor, split, whole_parts
from billing.terms import Rounding

weights = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(any)
amounts = st.integers(min_value=-(10**12), max_value=10**12)
exact = st.fractions(min_value=-(10**6), max_value=10**6, max_denominator=10**4)


@pytest.mark.parametrize(
    ("exact", "half_up", "half_even"),
    [("0.5", 1, 0), ("1.5", 2, 2), ("2.5", 3, 2), ("-0.5", -1, 0), ("-2.5", -3, -2), ("2.4999", 2, 2)],
)
def test_the_mode_decides_about_halves_only(exact: str, half_up: int, half_even: int) -> None:
    assert round_minor(Fraction(exact), Rounding.HALF_UP) == half_up
    assert round_minor(Fraction(exact), Rounding.HALF_EVEN) == half_even


@given(exact, st.sampled_from(Rounding))
def test_rounding_stays_next_to_the_number_and_mirrors_at_zero(number: Fraction, mode: Rounding) -> None:
    moves_far = mode in {Rounding.UP, Rounding.DOWN}
    assert abs(round_minor(number, mode) - number) <= (1 if moves_far else Fraction(1, 2))
    assert round_minor(-number, mode) == -round_minor(number, mode)


@given(amounts, weights)
def test_the_parts_sum_to_the_whole(whole: int, by: list[int]) -> None:
    assert sum(split(whole, by)) == whole


@given(amounts, weights)
def test_no_part_is_a_whole_unit_off_its_share(whole: int, by: list[int]) -> None:
    shares = [Fraction(whole * weight, sum(by)) for weight in by]

    assert all(abs(part - share) < 1 for part, share in zip(split(whole, by), shares, strict=True))


def test_equal_remainders_go_to_the_earlier_parts() -> None:
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(-100, [1, 1, 1]) == [-34, -33, -33]
    assert split(101, [1, 1, 1]) == [34, 34, 33]


def test_a_part_without_weight_gets_nothing() -> None:
    assert split(5, [0, 1, 1]) == [0, 3, 2]


@pytest.mark.parametrize("by", [[], [0, 0], [2, -1]])
def test_what_cannot_be_split_is_refused(by: list[int]) -> None:
    with pytest.raises(NothingToSplitByError, match="cannot be split"):
        split(100, by)


@given(st.lists(exact, max_size=8), st.integers(min_value=-1000, max_value=1000))
def test_parts_of_either_sign_become_whole_and_keep_their_sum(parts: list[Fraction], whole: int) -> None:
    parts = [*parts, whole - sum(parts, Fraction())]
    rounded = whole_parts(parts)

    assert sum(rounded) == whole
    assert all(abs(one - part) < 1 for one, part in zip(rounded, parts, strict=True))
    assert all(one == part for one, part in zip(rounded, parts, strict=True) if part.denominator == 1)


def test_parts_that_sum_to_no_whole_number_are_refused() -> None:
    with pytest.raises(ValueError, match="1/2 is no whole number"):
        whole_parts([Fraction(1, 2)])
