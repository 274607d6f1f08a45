"""How many gaps in readings there are, for whoever watches the whole installation."""

from __future__ import annotations

from collections import Counter
from typing import Final

from django.db import connection

from metering.enums import GapState

# What was filled is history; the table keeps it, a gauge has no use for it.
COUNTS: Final = "SELECT state, count(*) FROM metering_readinggap WHERE state <> 'filled' GROUP BY state"


def gap_counts() -> Counter[GapState]:
    """The gaps of all utilities that are not filled, by state.

    Raises:
        OperationalError: the database is gone.
    """
    with connection.cursor() as cursor:
        cursor.execute(COUNTS)
        return Counter({GapState(state): number for state, number in cursor.fetchall()})
