"""What a station's `ack` message says."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from control.operations.sending import Ack
from metering.topics import TopicError, parse

CHANNEL: Final = "ack"
STATES: Final = {"applied": True, "rejected": False}


class AckError(ValueError):
    """A message that is no answer; the sentence says why."""


def ack_of(topic: str, payload: bytes) -> Ack:
    """Read ``{"command", "state", "reason"?, "at"}``; who answers is the topic's word, never the payload's.

    Raises:
        AckError: the topic, the JSON or a field is not as the contract has it.
    """
    try:
        sender = parse(topic)
        body = orjson.loads(payload)
    except TopicError as error:
        raise AckError(str(error)) from error
    except orjson.JSONDecodeError as error:
        raise AckError(f"The answer is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise AckError("The answer is no JSON object.")
    if body.get("state") not in STATES:
        raise AckError(f"The answer's state must be applied or rejected, not {body.get('state')!r}.")
    return Ack(
        utility=sender.utility,
        device=sender.device,
        command=_command(body.get("command")),
        applied=STATES[body["state"]],
        detail=str(body.get("reason") or ""),
        at=_instant(body.get("at")),
    )


def _command(value: Any) -> UUID:  # noqa: ANN401 - a foreign JSON value
    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError) as error:
        raise AckError(f"The answer's command is no UUID: {value!r}.") from error


def _instant(value: Any) -> datetime:  # noqa: ANN401 - as above
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise AckError(f"The answer's at is no instant: {value!r}.") from error
    if at.tzinfo is None:
        raise AckError(f"The answer's at has no time zone: {value!r}.")
    return at
