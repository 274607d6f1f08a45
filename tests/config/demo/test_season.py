from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.demo.season import season


@pytest.mark.parametrize(
    ("today", "starts_on", "ends_on"),
    [
        (date(2026, 11, 22), date(2026, 11, 15), date(2027, 3, 16)),
        (date(2027, 1, 10), date(2026, 11, 15), date(2027, 3, 16)),
        (date(2027, 3, 15), date(2026, 11, 15), date(2027, 3, 16)),
        # Too young to have a past: it began early.
        (date(2026, 11, 15), date(2026, 11, 5), date(2027, 3, 16)),
        (date(2026, 11, 17), date(2026, 11, 7), date(2027, 3, 16)),
        (date(2026, 11, 18), date(2026, 11, 15), date(2027, 3, 16)),
        # Out of season heat is on all the same.
        (date(2026, 7, 1), date(2026, 6, 21), date(2026, 10, 20)),
    ],
)
def test_the_season_of_a_day(today: date, starts_on: date, ends_on: date) -> None:
    found = season(today)
    assert (found.start, found.end) == (starts_on, ends_on)


@given(today=st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_every_day_has_a_season_with_a_past(today: date) -> None:
    found = season(today)
    assert today in found
    assert today - found.start >= timedelta(days=3)
