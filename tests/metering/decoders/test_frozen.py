"""When a register was frozen: the instant where it is certain, none where it is not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.decoders.context import Context
from metering.decoders.frozen import Frozen, frozen

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)
STOCKHOLM = Context(AT, ZoneInfo("Europe/Stockholm"))


@pytest.mark.parametrize(
    ("shown", "at"),
    [
        ("2025-12-31", datetime(2025, 12, 31, 23, tzinfo=UTC)),
        ("2026-01-01", datetime(2025, 12, 31, 23, tzinfo=UTC)),
        ("2024-02-29", datetime(2024, 2, 29, 23, tzinfo=UTC)),
        ("2025-06-30", datetime(2025, 6, 30, 22, tzinfo=UTC)),
        ("2025-09-30 23:59", datetime(2025, 9, 30, 21, 59, tzinfo=UTC)),
        # Which midnight of it, or which hour, nobody can say.
        ("2025-06-17", None),
        ("2025-02-27", None),
        ("2025-03-30 02:30", None),
        ("2025-12-31T23:59:00+01:00", None),
    ],
)
def test_a_day_has_its_instant_where_that_is_certain(shown: str, at: datetime | None) -> None:
    assert frozen(1000, shown, STOCKHOLM) == Frozen(at, 1000)


@pytest.mark.parametrize(
    "shown", ["1999-11-30", "2127-01-01", "2026-01-31", "2127-15-31", "null", "2000-00-00"]
)
def test_a_day_that_has_not_been_is_none_and_so_is_its_register(shown: str) -> None:
    assert frozen(1000, shown, STOCKHOLM) == Frozen()


def test_without_a_zone_or_a_day_only_the_register_is_known() -> None:
    assert frozen(1000, "2025-12-31", Context(AT)) == Frozen(None, 1000)
    assert frozen(1000, "", STOCKHOLM) == Frozen(None, 1000)
    assert frozen(None, "2025-12-31", STOCKHOLM) == Frozen()


@given(st.text("0123456789-:.+TZ W", max_size=30) | st.datetimes().map(str) | st.dates().map(str))
def test_no_text_makes_it_stumble(shown: str) -> None:
    said = frozen(1000, shown, STOCKHOLM)

    assert said.at is None or said.at <= AT
    assert said.wh in {None, 1000}
