"""What a station answers: the `ack` messages of the contract, read and refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from metering.topics import TopicError, parse

CHANNEL: Final = "ack"
STATES: Final = {"applied": True, "rejected": False}


class AckError(ValueError):
    """A message that is no answer; the sentence says why."""


@dataclass(frozen=True, slots=True)
class AckMessage:
    """An `ack` as it came off the broker."""

    topic: str
    payload: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Ack:
    """A station's answer: ``utility`` and ``device`` are the topic's, which the broker has checked."""

    utility: str
    device: str
    command: UUID
    applied: bool
    detail: str
    at: datetime


def ack_of(message: AckMessage) -> Ack:
    """Read ``{"command", "state", "reason"?, "at"}``; who answers is the topic's word, never the payload's.

    Raises:
        AckError: the topic, the JSON or a field is not as the contract has it.
    """
    try:
        sender = parse(message.topic)
        body = orjson.loads(message.payload)
    except TopicError as error:
        raise AckError(str(error)) from error
    except orjson.JSONDecodeError as error:
        raise AckError(f"The answer is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise AckError("The answer is no JSON object.")
    state = body.get("state")
    if not isinstance(state, str) or state not in STATES:
        raise AckError(f"The answer's state must be applied or rejected, not {state!r}.")
    return Ack(
        utility=sender.utility,
        device=sender.device,
        command=_command(body.get("command")),
        applied=STATES[state],
        # No database text may hold a NUL.
        detail=str(body.get("reason") or "").replace("\x00", ""),
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
