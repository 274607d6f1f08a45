"""Telegrams as a meter sent them: bytes, or their hexadecimal or base64 text; told apart by their outline."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from typing import Final

from metering.decoders.cjt188 import is_cjt188, read_cjt188
from metering.decoders.context import Context
from metering.decoders.mbus import is_mbus, read_mbus
from metering.decoders.records import DecodeError, MeterRecord
from metering.enums import Reason

START: Final = 0x68
STOP: Final = 0x16
AWAKE: Final = b"\xfe"  # sent ahead to wake a bus up
LONGEST: Final = 2048  # characters: twice what the longest frame needs
HEX: Final = re.compile(r"[0-9A-Fa-f]+")
# With which bytes a payload begins that is a frame and not JSON: itself, or its text.
BEGINNINGS: Final = (b"\x68", b"\xfe", b"68", b"FE", b"fe", b"Fe", b"a", b"/v")


def is_frame(payload: bytes) -> bool:
    """Whether a payload is a telegram rather than JSON."""
    return payload.startswith(BEGINNINGS)


def frame_text(payload: bytes) -> str:
    """A payload that is a telegram, as the text ``read_frame`` takes."""
    return payload.hex() if payload[0] in {START, AWAKE[0]} else payload.decode("ascii", errors="replace")


def read_frame(text: str, *, measured_at: datetime | None, context: Context) -> MeterRecord:
    """What the telegram says.

    Raises:
        DecodeError: it is none, or what its format says of it.
    """
    frame = _bytes(text).lstrip(AWAKE)
    if frame[:1] == bytes([START]) and frame[-1:] == bytes([STOP]):
        if is_mbus(frame):
            return read_mbus(frame, measured_at=measured_at, context=context)
        if is_cjt188(frame):
            return read_cjt188(frame, measured_at=measured_at, context=context)
    message = "The telegram is neither an M-Bus long frame nor a CJ/T 188 frame, or not all of one."
    raise DecodeError(Reason.UNKNOWN_FORMAT, message)


def _bytes(text: str) -> bytes:
    plain = "".join(text[:LONGEST].split())
    try:
        if HEX.fullmatch(plain):
            return bytes.fromhex(plain)
        return base64.b64decode(plain, validate=True)
    except (ValueError, binascii.Error):
        raise DecodeError(Reason.MALFORMED, "The telegram is neither hexadecimal nor base64 text.") from None
