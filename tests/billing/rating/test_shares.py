"""Which share of a seasonal, yearly or monthly price some days carry."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.period import Period
from billing.rating.shares import NoSeasonError, Share, shares
from billing.terms import TIMED, Per
from tests.billing.rating.homes import SEASON

SEASONS = tuple(Period(date(year, 11, 15), date(year + 1, 3, 15)) for year in range(2024, 2032))


def _sum(parts: list[Share]) -> Fraction:
    return sum((share.exact for share in parts), Fraction())


def test_a_whole_season_carries_the_whole_price() -> None:
    assert shares(SEASON, Per.SEASON, seasons=SEASONS) == [Share(days=120, of=120)]


def test_a_month_of_the_season_carries_its_days() -> None:
    january = Period(date(2026, 1, 1), date(2026, 2, 1))

    assert shares(january, Per.SEASON, seasons=SEASONS) == [Share(days=31, of=120)]
    assert shares(january, Per.YEAR, seasons=()) == [Share(days=31, of=365)]
    assert shares(january, Per.MONTH, seasons=()) == [Share(days=31, of=31)]


def test_days_outside_every_season_carry_nothing() -> None:
    assert shares(Period(date(2026, 6, 1), date(2026, 7, 1)), Per.SEASON, seasons=SEASONS) == []


def test_a_period_over_new_year_takes_days_of_365_and_of_366() -> None:
    winter = Period(date(2027, 12, 1), date(2028, 2, 1))

    assert shares(winter, Per.YEAR, seasons=()) == [Share(days=31, of=365), Share(days=31, of=366)]


def test_a_seasonal_price_without_a_known_season_is_refused() -> None:
    with pytest.raises(NoSeasonError, match="No heating season is known for 2026-01-01"):
        shares(Period(date(2026, 1, 1), date(2026, 2, 1)), Per.SEASON, seasons=())


def test_a_winter_whose_season_nobody_entered_does_not_pass_for_a_summer() -> None:
    summer, november = (Period(date(2026, month, 1), date(2026, month + 1, 1)) for month in (7, 11))

    assert shares(summer, Per.SEASON, seasons=(SEASON,)) == []
    with pytest.raises(NoSeasonError, match="No heating season is known for 2026-11-15 to 2026-12-01"):
        shares(november, Per.SEASON, seasons=(SEASON,))


def test_an_open_period_has_no_share() -> None:
    with pytest.raises(ValueError, match="has no end"):
        shares(Period(date(2026, 1, 1)), Per.YEAR, seasons=())


@given(
    st.dates(min_value=date(2025, 1, 1), max_value=date(2028, 12, 31)),
    st.integers(min_value=2, max_value=900),
    st.integers(min_value=1, max_value=899),
    st.sampled_from(TIMED),
)
def test_cutting_a_period_anywhere_keeps_the_sum(start: date, length: int, cut: int, per: Per) -> None:
    end, middle = start + timedelta(days=length), start + timedelta(days=1 + cut % (length - 1))
    whole, first, second = (
        _sum(shares(period, per, seasons=SEASONS))
        for period in (Period(start, end), Period(start, middle), Period(middle, end))
    )

    assert first + second == whole
