"""Quiet hours, digests and limits, on the utility's own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from accounts.enums import Channel, NoticeKind
from accounts.notice_rules import RULES, Hours, due

BEIJING = ZoneInfo("Asia/Shanghai")
EVENING = datetime(2026, 1, 10, 15, tzinfo=UTC)  # 23:00 there
NOON = datetime(2026, 1, 10, 4, tzinfo=UTC)
MORNING = datetime(2026, 1, 10, 23, tzinfo=UTC)  # 07:00 there, the next day


def test_what_can_wait_waits_for_the_end_of_the_quiet_hours() -> None:
    hours = Hours(zone=BEIJING)

    assert due(NoticeKind.BILL, Channel.PUSH, at=EVENING, hours=hours) == (MORNING, False)
    assert due(NoticeKind.BILL, Channel.PUSH, at=NOON, hours=hours) == (NOON, False)


@pytest.mark.parametrize("kind", [NoticeKind.LEAK, NoticeKind.FROST])
def test_what_does_damage_waits_for_nothing(kind: NoticeKind) -> None:
    hours = Hours(zone=BEIJING, digest=8)

    assert due(kind, Channel.EMAIL, at=EVENING, hours=hours) == (EVENING, False)


def test_a_digest_gathers_emails_and_nothing_else() -> None:
    hours = Hours(zone=BEIJING, digest=8)
    eight = datetime(2026, 1, 11, tzinfo=UTC)

    assert due(NoticeKind.BILL, Channel.EMAIL, at=NOON, hours=hours) == (eight, True)
    assert due(NoticeKind.BILL, Channel.PUSH, at=NOON, hours=hours) == (NOON, False)


def test_equal_hours_are_no_quiet_at_all() -> None:
    hours = Hours(zone=BEIJING, quiet_from=9, quiet_to=9)

    assert due(NoticeKind.BILL, Channel.PUSH, at=EVENING, hours=hours) == (EVENING, False)


def test_quiet_hours_within_one_day_end_on_it() -> None:
    hours = Hours(zone=BEIJING, quiet_from=11, quiet_to=14)

    assert hours.after_quiet(NOON) == datetime(2026, 1, 10, 6, tzinfo=UTC)


def test_on_the_night_of_the_clock_change_quiet_ends_by_the_clock() -> None:
    hours = Hours(zone=ZoneInfo("Europe/Stockholm"))
    night = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight of the 29th, which has 23 hours

    assert hours.after_quiet(night) == datetime(2026, 3, 29, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "own", "is_told"),
    [
        (NoticeKind.FROST, 7.9, None, True),
        (NoticeKind.FROST, 8.1, None, False),
        (NoticeKind.FROST, 11.0, 12.0, True),
        (NoticeKind.USE, 29.0, None, False),
        (NoticeKind.USE, 29.0, 20.0, True),
        (NoticeKind.LEAK, None, 500.0, True),
        (NoticeKind.BILL, None, None, True),
    ],
)
def test_ones_own_limit_comes_before_the_usual_one(
    *, kind: NoticeKind, value: float | None, own: float | None, is_told: bool
) -> None:
    assert RULES[kind].is_crossed(value, own) is is_told
