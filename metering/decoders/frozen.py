"""The target (billing) day: the register a meter froze, and when it did, where that is certain.

A date alone does not say which of its midnights is meant, and makers differ. The end of a month's last day
and the beginning of the next one are the same instant, and one of them is what nearly all meters are set to;
the midnight of any other date is not guessed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from metering.decoders.context import Context, local_instant
from metering.decoders.records import DecodeError
from metering.decoders.values import BESIDE_RANGES, EARLIEST, whole

A_DAY: Final = timedelta(days=1)
DATE_DIGITS: Final = 10


class Frozen(NamedTuple):
    """A frozen register and its instant, as far as each is known."""

    at: datetime | None = None
    wh: int | None = None


def frozen(wh: int | None, shown: str, context: Context) -> Frozen:
    """``wh`` as frozen on the local date, or at the local clock, that ``shown`` is; empty: it says neither.

    A null date, or one that no meter has seen, is how meters say that they have frozen nothing.
    """
    if wh is None or not shown:
        return Frozen(None, wh)
    try:
        local = datetime.fromisoformat(shown)
        if not _was(local, context):
            return Frozen()
        at = _midnight(local.date(), context) if len(shown) == DATE_DIGITS else _clock(local, context)
        return Frozen(at, wh)
    except (ValueError, OverflowError):
        return Frozen()


def frozen_wh(value: Decimal | int, *, factor: Decimal, divisor: int) -> int | None:
    """A frozen register in Wh; None where no meter counts that far, or backwards."""
    low, high = BESIDE_RANGES["target_wh"]
    wh, _is_whole = whole(value, factor=factor, divisor=divisor)
    return wh if low <= wh <= high else None


def _midnight(day: date, context: Context) -> datetime | None:
    following = day + A_DAY
    first = day if day.day == 1 else following if following.day == 1 else None
    return None if first is None else _clock(datetime.combine(first, time.min), context)


def _clock(local: datetime, context: Context) -> datetime | None:
    try:
        return None if local.tzinfo else local_instant(local, field="the target day", context=context)
    except DecodeError:
        return None


def _was(local: datetime, context: Context) -> bool:
    """Whether a running meter can have shown it by now, whatever its zone."""
    return EARLIEST <= local.replace(tzinfo=UTC) <= context.received_at + A_DAY
