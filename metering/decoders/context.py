"""What a decoder must be told beside the payload: when it came, and whose clock it speaks of."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from metering.decoders.records import DecodeError
from metering.decoders.values import plausible_instant
from metering.enums import Reason


class Context(NamedTuple):
    """``zone`` is the utility's; None where nobody knows it, and then no local clock can be read."""

    received_at: datetime
    zone: tzinfo | None = None


def local_instant(local: datetime, *, field: str, context: Context) -> datetime:
    """The UTC instant at which a clock of the utility's zone showed ``local``, a naive datetime.

    The hour that a clock shows twice in autumn is the later one that had come when the telegram arrived;
    ``local.fold`` has no say.

    Raises:
        DecodeError: no zone is known, the clock never showed this, or it cannot be true.
    """
    if context.zone is None:
        message = f"'{field}' is {local.isoformat()}, a local clock, and the utility's zone is unknown."
        raise DecodeError(Reason.MALFORMED, message)
    try:
        late, early = (local.replace(fold=fold, tzinfo=context.zone).astimezone(UTC) for fold in (1, 0))
        shown = early.astimezone(context.zone).replace(tzinfo=None)
    except OverflowError:
        message = f"'{field}' is {local.isoformat()}, which is not an instant."
        raise DecodeError(Reason.MALFORMED, message) from None
    if shown != local:
        message = f"'{field}' is {local.isoformat()}, an hour that the utility's clocks leave out."
        raise DecodeError(Reason.IMPLAUSIBLE, message)
    at = late if late <= context.received_at else early
    return plausible_instant(at, shown=local.isoformat(), field=field, received_at=context.received_at)
