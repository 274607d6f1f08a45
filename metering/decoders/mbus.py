"""M-Bus long frames of heat meters: the answer RSP_UD, checked and read.

Frame: EN 13757-2, 68 L L 68 C A CI … CS 16. Header and status byte: EN 13757-7 (formerly -3), with the
long header (CI 72), the short one (7A) or none (78). Only the meter's value of now over all tariffs becomes
canonical; every other block is kept under ``blocks`` with its head and data in hexadecimal digits.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from metering.decoders.context import Context, local_instant
from metering.decoders.drafts import Draft
from metering.decoders.frozen import Frozen, frozen, frozen_wh
from metering.decoders.mbus_blocks import DECIMALS, EXTENDED, Block, blocks, clock, date_text, meaning, number
from metering.decoders.mbus_tables import (
    APPLICATION_STATES,
    DATA_ERROR,
    FUNCTIONS,
    HEAT,
    HOURS,
    MAKERS_BITS,
    NAMES,
    STATUS_FLAGS,
)
from metering.decoders.records import DecodeError, MeterRecord
from metering.enums import Reason

OVERHEAD: Final = 6  # bytes around what the length counts: start, lengths, start, checksum, stop
ANSWERS: Final = frozenset({0x08, 0x18, 0x28, 0x38})
LONG_HEADER: Final = 0x72
# What each kind of header is long: identity, maker, version, type, access, status, configuration.
HEADERS: Final = {LONG_HEADER: 12, 0x7A: 4, 0x78: 0}
ENCRYPTION_MODE: Final = 0x1F00
ERROR: Final = 3  # the function of a value that stood there during an error
INSTANT: Final = b"\x6d"
DATE: Final = b"\x6c"
ERROR_FLAGS: Final = b"\xfd\x17"
NULL: Final = "null"


class _Header(NamedTuple):
    serial: str = ""
    manufacturer: str = ""
    version: int = 0
    medium: int = 0x04
    access: int = 0
    status: int = 0
    configuration: int = 0


def is_mbus(frame: bytes) -> bool:
    """Whether the bytes have the outline of an M-Bus long frame."""
    return len(frame) > OVERHEAD and frame[1:4] == bytes([len(frame) - OVERHEAD] * 2) + b"\x68"


def read_mbus(frame: bytes, *, measured_at: datetime | None, context: Context) -> MeterRecord:
    """What a long frame says; ``measured_at``, where the sender knows it, goes over the meter's clock.

    Raises:
        DecodeError: a wrong checksum, no answer of a heat meter, encrypted, broken off, without an
            instant or without a register.
    """
    header, data = _opened(frame)
    draft = Draft(format="mbus", manufacturer=header.manufacturer, version=header.version)
    targets = _Targets()
    shown: datetime | None = None
    for block in blocks(data):
        if block.vib == INSTANT and block.is_current and shown is None:
            shown = clock(block)
        _sort(block, draft)
        targets.note(block)
    draft.frozen = targets.first(context)
    if measured_at is None:
        if shown is None:
            message = "The M-Bus telegram has no clock: send it as 'frame' beside its 'measured_at'."
            raise DecodeError(Reason.MALFORMED, message)
        measured_at = local_instant(shown, field="the meter's clock", context=context)
    own = _status_words(header.status)
    draft.is_doubtful |= any("ERROR" in word for word in own)
    status = " ".join([*own, *draft.words]) or "OK"
    return draft.record(serial=header.serial, measured_at=measured_at, status=status)


def _opened(frame: bytes) -> tuple[_Header, bytes]:
    """The header and the data blocks of a sound frame."""
    control, kind, body = frame[4], frame[6], frame[7:-2]
    if frame[-2] != sum(frame[4:-2]) & 0xFF:
        raise DecodeError(Reason.MALFORMED, "The checksum of the M-Bus frame is wrong.")
    if control not in ANSWERS or kind not in HEADERS:
        message = f"The M-Bus frame (C 0x{control:02X}, CI 0x{kind:02X}) is no meter's answer."
        raise DecodeError(Reason.UNKNOWN_FORMAT, message)
    width = HEADERS[kind]
    if len(body) < width:
        raise DecodeError(Reason.MALFORMED, "The M-Bus telegram ends in its header.")
    header = _header(body[:width]) if width else _Header()
    if header.configuration & ENCRYPTION_MODE:
        raise DecodeError(Reason.UNKNOWN_FORMAT, "The M-Bus telegram is encrypted.")
    if header.medium not in HEAT:
        message = f"The M-Bus device is of type 0x{header.medium:02X}, which is no heat meter."
        raise DecodeError(Reason.UNKNOWN_FORMAT, message)
    return header, body[width:]


def _header(data: bytes) -> _Header:
    access, status, configuration = data[-4], data[-3], int.from_bytes(data[-2:], "little")
    if len(data) < HEADERS[LONG_HEADER]:
        return _Header(access=access, status=status, configuration=configuration)
    maker = int.from_bytes(data[4:6], "little")
    letters = "".join(chr(64 + (maker >> shift & 0x1F)) for shift in (10, 5, 0))
    return _Header(data[3::-1].hex().upper(), letters, data[6], data[7], access, status, configuration)


def _sort(block: Block, draft: Draft) -> None:
    """Into the canonical fields what belongs there, the rest aside."""
    found = meaning(block) if block.vib else None
    value = number(block)
    _listen(block, value, found.target if found else "", draft)
    if found is not None and value is not None and block.is_current:
        is_held = draft.take(found.target, value, factor=found.factor, divisor=found.divisor)
        if block.field in DECIMALS:
            count = 100 ** len(block.data)
            draft.wraps(found.target, count, factor=found.factor, divisor=found.divisor)
        if is_held:
            return
    _keep(block, value, draft)


def _listen(block: Block, value: int | None, target: str, draft: Draft) -> None:
    """What the block says of the meter's own health.

    A value that stood during an error stands in place of the good one, so that one field is in doubt. Of
    flags nobody knows what they concern, so everything is.
    """
    if (hours := _error_hours(block, value)) is not None:
        draft.take_error_time(hours)
    elif block.function == ERROR:
        if "VALUE_DURING_ERROR" not in draft.words:
            draft.words.append("VALUE_DURING_ERROR")
        if target and block.is_own:
            draft.doubt(target)
    if block.vib == ERROR_FLAGS and block.is_current and value:
        draft.is_doubtful = True
        draft.words.append(f"ERROR_FLAGS_{value & (1 << 8 * len(block.data)) - 1:X}")


def _error_hours(block: Block, value: int | None) -> Decimal | None:
    """The meter's hours in error: a time with the function of an error, or with the extension of one."""
    if value is None or not block.is_own or block.vib[0] & ~EXTENDED not in HOURS:
        return None
    said = (block.function, block.vib[1:])
    if said not in {(ERROR, b""), (0, DATA_ERROR)}:
        return None
    factor, divisor = HOURS[block.vib[0] & ~EXTENDED]
    return Decimal(value) * factor / divisor


class _Targets:
    """Registers of heat that the meter froze, and their days, by the storage they lie in."""

    def __init__(self) -> None:
        self._wh: dict[int, int | None] = {}
        self._days: dict[int, str] = {}

    def note(self, block: Block) -> None:
        """Remember what the block says of a storage other than that of now."""
        if not block.storage or block.function or block.tariff or block.subunit:
            return
        if block.vib in {DATE, INSTANT}:
            shown = date_text(block) if block.vib == DATE else clock(block)
            self._days.setdefault(block.storage, str(shown or NULL))
        elif (found := meaning(block)) and found.target == "energy_wh":
            value = number(block)
            wh = value and frozen_wh(value, factor=found.factor, divisor=found.divisor)
            self._wh.setdefault(block.storage, wh)

    def first(self, context: Context) -> Frozen:
        """The register of the first storage that has a day, which is that of the target day."""
        dated = min(self._wh.keys() & self._days.keys(), default=0)
        return frozen(self._wh[dated], self._days[dated], context) if dated else Frozen()


def _keep(block: Block, value: int | None, draft: Draft) -> None:
    kept: dict[str, str | int] = {"head": block.head.hex().upper(), "data": block.data.hex().upper()}
    for name in ("storage", "tariff", "subunit"):
        if place := getattr(block, name):
            kept[name] = place
    if block.function:
        kept["function"] = FUNCTIONS[block.function]
    if block.vib:
        _explain(block, value, kept)
    draft.keep("blocks", **kept)


def _explain(block: Block, value: int | None, kept: dict[str, str | int]) -> None:
    """Add what the block means, as far as it is known, in canonical units where it has one."""
    found = meaning(block)
    name = found.target if found else NAMES.get(block.vib.hex().upper(), "")
    if name:
        kept["name"] = name
    if block.vib == DATE and (day := date_text(block)):
        kept["value"] = day
    elif block.vib == INSTANT and (shown := clock(block)):
        kept["value"] = shown.isoformat()
    elif block.vib not in {DATE, INSTANT} and value is not None:
        kept["value"] = str(Decimal(value) * found.factor / found.divisor) if found else str(value)


def _status_words(status: int) -> list[str]:
    words = [APPLICATION_STATES[status & 3]] if status & 3 else []
    words += [word for flag, word in STATUS_FLAGS.items() if status & flag]
    return [*words, f"UNKNOWN_{status & MAKERS_BITS:X}"] if status & MAKERS_BITS else words
