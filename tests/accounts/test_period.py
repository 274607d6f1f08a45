"""The one period type: half-open, open-ended, in dates and instants."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.period import EmptyPeriodError, Period, day_starts, days, instants

STOCKHOLM = ZoneInfo("Europe/Stockholm")

dates = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 1, 1))


@st.composite
def periods(draw: st.DrawFn) -> Period[date]:
    start = draw(dates)
    length = draw(st.one_of(st.none(), st.integers(min_value=1, max_value=900)))
    return Period(start, None if length is None else start + timedelta(days=length))


def test_the_start_belongs_to_a_period_and_the_end_does_not() -> None:
    season = Period(date(2026, 11, 15), date(2027, 3, 15))

    assert date(2026, 11, 15) in season
    assert date(2027, 3, 14) in season
    assert date(2027, 3, 15) not in season
    assert date(2026, 11, 14) not in season


def test_a_period_without_an_end_holds_for_ever() -> None:
    assert date(2999, 1, 1) in Period(date(2026, 1, 1))


@pytest.mark.parametrize("end", [date(2026, 1, 1), date(2025, 12, 31)])
def test_a_period_that_contains_nothing_is_refused(end: date) -> None:
    with pytest.raises(EmptyPeriodError, match="must end after it starts"):
        Period(date(2026, 1, 1), end)


def test_periods_that_only_touch_do_not_overlap() -> None:
    first = Period(date(2026, 1, 1), date(2026, 2, 1))
    second = Period(date(2026, 2, 1), date(2026, 3, 1))

    assert not first.overlaps(second)
    assert first & second is None


@given(periods(), periods(), dates)
def test_a_day_is_in_the_shared_part_exactly_when_it_is_in_both(
    one: Period[date], other: Period[date], day: date
) -> None:
    shared = one & other

    assert (day in one and day in other) == (shared is not None and day in shared)


@given(periods(), periods())
def test_sharing_is_symmetric(one: Period[date], other: Period[date]) -> None:
    assert one & other == other & one


def test_days_of_an_open_period_cannot_be_counted() -> None:
    assert days(Period(date(2026, 11, 15), date(2027, 3, 15))) == 120
    with pytest.raises(EmptyPeriodError, match="has no end"):
        days(Period(date(2026, 11, 15)))


def test_the_day_the_clock_goes_forward_has_23_hours_and_the_other_25() -> None:
    spring, autumn = (
        instants(Period(day, day + timedelta(days=1)), STOCKHOLM)
        for day in (date(2026, 3, 29), date(2026, 10, 25))
    )

    assert spring.end is not None
    assert autumn.end is not None
    assert spring.end.astimezone(UTC) - spring.start.astimezone(UTC) == timedelta(hours=23)
    assert autumn.end.astimezone(UTC) - autumn.start.astimezone(UTC) == timedelta(hours=25)


def test_day_starts_are_local_midnights_up_to_and_with_the_end() -> None:
    starts = day_starts(Period(date(2026, 3, 28), date(2026, 3, 30)), STOCKHOLM)

    assert [start.astimezone(UTC) for start in starts] == [
        datetime(2026, 3, 27, 23, tzinfo=UTC),
        datetime(2026, 3, 28, 23, tzinfo=UTC),
        datetime(2026, 3, 29, 22, tzinfo=UTC),
    ]
