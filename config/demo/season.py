"""When heat is due in the demo: the decreed season, or one that began early enough to have a past."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from accounts.period import Period

# 15 November to 15 March, as in Beijing.
FIRST_DAY: Final = (11, 15)
LAST_DAY: Final = (3, 15)
LENGTH: Final = timedelta(days=121)
# A demo needs a past: younger seasons began early, and out of season heat is on all the same.
LEAST_PAST: Final = timedelta(days=3)
EARLY: Final = timedelta(days=10)


def season(today: date) -> Period[date]:
    """The demo's heating season at the local date ``today``; it began at least three days ago."""
    year = today.year if (today.month, today.day) >= FIRST_DAY else today.year - 1
    decreed = Period(date(year, *FIRST_DAY), date(year + 1, *LAST_DAY) + timedelta(days=1))
    if today in decreed:
        return decreed if today - decreed.start >= LEAST_PAST else Period(today - EARLY, decreed.end)
    return Period(today - EARLY, today - EARLY + LENGTH)
