"""Telling people what their own meter and sensors say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from accounts.enums import NoticeKind
from accounts.models import Utility
from accounts.operations.notices import Occasion, tell
from accounts.period import local_midnight
from accounts.scope import current_utility_id
from metering.queries.alerts import coldest_rooms, leaks, unusual_use


def tell_of_danger(*, at: datetime) -> int:
    """Leaks and frost, once a home and local day; how many people were told."""
    utility = Utility.objects.get(pk=current_utility_id())
    return tell(_dangers(utility, at), at=at)


def tell_of_use(*, at: datetime) -> int:
    """Unusual use of the last whole week, once a home; how many people were told."""
    utility = Utility.objects.get(pk=current_utility_id())
    today = utility.local_date(at)
    monday = today - timedelta(days=today.weekday())
    found = unusual_use(monday=local_midnight(monday, utility.zone))
    return tell(
        (
            Occasion(
                household_id=home,
                kind=NoticeKind.USE,
                key=f"use:{monday}",
                facts={"value": percent, "monday": monday.isoformat()},
                value=percent,
            )
            for home, percent in found
        ),
        at=at,
    )


def _dangers(utility: Utility, at: datetime) -> Iterator[Occasion]:
    today = utility.local_date(at)
    for leak in leaks(at=at):
        # What the meter itself calls a leak is under nobody's limit.
        value = None if leak.status else leak.flow_l_h
        yield Occasion(
            household_id=leak.household_id,
            kind=NoticeKind.LEAK,
            key=f"leak:{today}",
            facts={"status": leak.status or "", "value": leak.flow_l_h},
            value=value,
        )
    for home, coldest_c in coldest_rooms(at=at):
        yield Occasion(
            household_id=home,
            kind=NoticeKind.FROST,
            key=f"frost:{today}",
            facts={"value": coldest_c},
            value=coldest_c,
        )
