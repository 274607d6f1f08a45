"""What a station answers."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from control.acks import AckError, AckMessage, ack_of
from tests.metering.factories import NOON

COMMAND = "6b1f0f4e-7d0b-4f0e-9a53-0f2f2a3c9f10"
TOPIC = "heat/v1/beijing/up/plc-01/ack"
GOOD = {"command": COMMAND, "state": "applied", "at": "2026-01-05T04:00:00Z"}


def test_an_answer_is_read_and_its_sender_is_the_topic_s() -> None:
    payload = orjson.dumps({**GOOD, "device": "plc-99", "reason": "ok"})

    ack = ack_of(AckMessage(TOPIC, payload, NOON))

    assert (ack.utility, ack.device, ack.command) == ("beijing", "plc-01", UUID(COMMAND))
    assert (ack.applied, ack.detail, ack.at) == (True, "ok", datetime(2026, 1, 5, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[]", "no JSON object"),
        (orjson.dumps({**GOOD, "state": "done"}), "applied or rejected"),
        (orjson.dumps({**GOOD, "state": ["applied"]}), "applied or rejected"),
        (orjson.dumps({**GOOD, "command": "1"}), "no UUID"),
        (orjson.dumps({**GOOD, "command": 7}), "no UUID"),
        (orjson.dumps({"state": "applied", "at": GOOD["at"]}), "no UUID"),
        (orjson.dumps({**GOOD, "at": "noon"}), "no instant"),
        (orjson.dumps({**GOOD, "at": None}), "no instant"),
        (orjson.dumps({**GOOD, "at": "2026-01-05T04:00:00"}), "no time zone"),
    ],
)
def test_what_is_no_answer_says_why(payload: bytes, words: str) -> None:
    with pytest.raises(AckError, match=words):
        ack_of(AckMessage(TOPIC, payload, NOON))


def test_a_topic_that_is_none_of_ours_says_so() -> None:
    with pytest.raises(AckError, match="is not of the form"):
        ack_of(AckMessage("heat/v1/ack", orjson.dumps(GOOD), NOON))
