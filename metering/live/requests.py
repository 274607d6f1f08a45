"""What a client may ask over its websocket, read strictly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from metering.live.frames import Point

MOST_HOMES: Final = 100
# Of a bigint.
MOST_DIGITS: Final = 18


class BadFrameError(ValueError):
    """A client's frame is none of the contract; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Send these homes: a snapshot of each first."""

    household_ids: Sequence[int]


@dataclass(frozen=True, slots=True)
class Resume:
    """Send this home on from where the client was when it lost the line."""

    household_id: int
    point: Point


def read_request(frame: bytes) -> Subscribe | Resume:
    """The request in a client's frame.

    Raises:
        BadFrameError: it is not JSON, asks for neither or both, or a part has the wrong type.
    """
    try:
        asked = orjson.loads(frame)
    except orjson.JSONDecodeError as error:
        raise BadFrameError(f"The frame is not JSON: {error}.") from error
    match asked:
        case {"subscribe": list(homes), **rest} if not rest and len(homes) <= MOST_HOMES:
            return Subscribe([_household_id(home) for home in homes])
        case {"resume": {"household": home, "epoch": str(epoch), "seq": int(seq), **more}, **rest} if not (
            rest or more
        ):
            return Resume(_household_id(home), Point(epoch, seq))
    raise BadFrameError(
        'A frame is {"subscribe": ["<household>", ...]} or '
        '{"resume": {"household": "<household>", "epoch": "...", "seq": 0}}, '
        f"with at most {MOST_HOMES} homes."
    )


def _household_id(home: Any) -> int:  # noqa: ANN401 - whatever the client sent
    if isinstance(home, str) and home.isascii() and home.isdigit() and len(home) <= MOST_DIGITS:
        return int(home)
    raise BadFrameError(f"A household is a string of digits, not {orjson.dumps(home).decode()[:40]}.")
