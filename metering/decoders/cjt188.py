"""CJ/T 188 heat frames: the answer to 901F (heat) and 911F (heat and cold).

Frame, after any number of FE: 68 T A0…A6 C L DI DI SER data CS 16; T 20 to 29 are heat meters, numbers are
binary coded decimals, least byte first. Layouts: CJ/T 188-2004, table for 901F, and its 2018 revision, told
apart by their length; 911F as meter drivers list its fields. The numbers of three bytes and their decimals
are those of the revision as public drivers read it: power 9999.99, flow 999.999 in 901F and 99.9999 in 911F.
The clock knows no zone: it is the utility's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple

from metering.decoders.context import Context, local_instant
from metering.decoders.drafts import Draft
from metering.decoders.frozen import Frozen, frozen_wh
from metering.decoders.mbus_blocks import decimal
from metering.decoders.mbus_tables import Meaning
from metering.decoders.records import DecodeError, MeterRecord
from metering.decoders.values import JOULES
from metering.enums import Reason

HEAD: Final = 11  # up to and with the length
TAIL: Final = 2
HEAT_TYPES: Final = range(0x20, 0x2A)
ANSWER: Final = 0x81
FAILED: Final = 0xC1
CLOCK_WIDTH: Final = 7
TARGET: Final = "target_wh"
COUNTS: Final = 10**8  # eight digits, the last two of them decimals: after 999999.99 comes nothing


def _unit(exponent: int, divisor: int = 1) -> tuple[Decimal, int]:
    return Decimal(10) ** exponent, divisor


# Codes of units, and the way to Wh, W, litres and l/h; "hundreds" is how the standard writes large meters.
ENERGY_UNITS: Final[Mapping[int, tuple[Decimal, int]]] = {
    0x02: _unit(0),
    0x05: _unit(3),
    0x08: _unit(6),
    0x0A: _unit(8),
    0x01: _unit(0, JOULES),
    0x0B: _unit(3, JOULES),
    0x0E: _unit(6, JOULES),
    0x11: _unit(9, JOULES),
    0x13: _unit(11, JOULES),
}
UNITS: Final[Mapping[str, Mapping[int, tuple[Decimal, int]]]] = {
    "energy_wh": ENERGY_UNITS,
    "power_w": {0x14: _unit(0), 0x17: _unit(3), 0x1A: _unit(6)},
    "volume_l": {0x29: _unit(0), 0x2C: _unit(3)},
    "flow_l_h": {0x32: _unit(0), 0x35: _unit(3)},
    TARGET: ENERGY_UNITS,
}


class Field(NamedTuple):
    """A number of the frame: its bytes without the unit's, its decimals, what it is."""

    name: str
    width: int
    decimals: int = 0
    target: str = ""
    has_unit: bool = False


def _layout(
    *,
    power: int,
    flow: tuple[int, int],
    temperature: int = 3,
    hours: int = 3,
    cold: bool = False,
    pressure: int = 0,
) -> tuple[Field, ...]:
    """The fields in their order; sizes in bytes, ``flow`` with its decimals, ``pressure`` 0 for none."""
    heat = ("settlement_heat", "heat")
    registers = ("settlement_heat", "settlement_cold", "heat", "cold") if cold else heat
    targets = {"heat": "energy_wh", "settlement_heat": TARGET}
    return (
        *(Field(name, 4, 2, targets.get(name, ""), has_unit=True) for name in registers),
        Field("power", power, 2, "power_w", has_unit=True),
        Field("flow", *flow, "flow_l_h", has_unit=True),
        Field("volume", 4, 2, "volume_l", has_unit=True),
        Field("supply", temperature, 2, "supply_c"),
        Field("return", temperature, 2, "return_c"),
        *(Field(name, pressure, 2) for name in ("supply_pressure", "return_pressure") if pressure),
        Field("working_h", hours),
        Field("clock", CLOCK_WIDTH),
        Field("status", 2),
    )


def _width(layout: tuple[Field, ...]) -> int:
    return sum(field.width + field.has_unit for field in layout)


LAYOUTS: Final[Mapping[tuple[int, int], tuple[Field, ...]]] = {
    (identifier, _width(layout)): layout
    for identifier, layout in (
        (0x901F, _layout(power=4, flow=(4, 4))),
        (0x901F, _layout(power=3, flow=(4, 4))),
        (0x901F, _layout(power=3, flow=(3, 3))),
        (0x901F, _layout(power=3, flow=(3, 3), temperature=2, hours=4)),
        *((0x911F, _layout(power=3, flow=(3, 4), cold=True, pressure=width)) for width in (2, 3, 4)),
        (0x911F, _layout(power=3, flow=(3, 4), temperature=2, hours=4, cold=True, pressure=2)),
    )
}
STATUS_FLAGS: Final[Mapping[int, str]] = {0x01: "VALVE_CLOSED", 0x02: "VALVE_ABNORMAL", 0x04: "LOW_BATTERY"}
MAKERS_BITS: Final = 0xFFF8
START: Final = 0x68


def is_cjt188(frame: bytes) -> bool:
    """Whether the bytes have the outline of a CJ/T 188 frame."""
    return len(frame) > HEAD and frame[0] == START and len(frame) == HEAD + frame[HEAD - 1] + TAIL


def read_cjt188(frame: bytes, *, measured_at: datetime | None, context: Context) -> MeterRecord:
    """What a heat frame says; ``measured_at``, where the sender knows it, goes over the meter's clock.

    Raises:
        DecodeError: a wrong checksum, no heat meter's answer, an unknown layout, no instant or no register.
    """
    layout, body = _opened(frame)
    draft = Draft(format="cjt188", meter_type=frame[1])
    parts: dict[str, bytes] = {}
    at = 0
    for field in layout:
        end = at + field.width + field.has_unit
        parts[field.name] = body[at:end]
        _sort(field, body[at:end], draft)
        at = end
    if measured_at is None:
        measured_at = local_instant(_clock(parts["clock"]), field="the meter's clock", context=context)
    status = int.from_bytes(parts["status"], "little")
    return draft.record(
        serial=frame[8:1:-1].hex().upper(), measured_at=measured_at, status=_status_text(status)
    )


def _opened(frame: bytes) -> tuple[tuple[Field, ...], bytes]:
    """The layout of a sound frame, and its data."""
    kind, control = frame[1], frame[9]
    if frame[-2] != sum(frame[:-2]) & 0xFF:
        raise DecodeError(Reason.MALFORMED, "The checksum of the CJ/T 188 frame is wrong.")
    if control == FAILED:
        raise DecodeError(Reason.UNKNOWN_FORMAT, "The CJ/T 188 meter answers that it cannot answer.")
    if kind not in HEAT_TYPES or control != ANSWER:
        message = f"The CJ/T 188 frame (T 0x{kind:02X}, C 0x{control:02X}) is no heat meter's answer."
        raise DecodeError(Reason.UNKNOWN_FORMAT, message)
    body = frame[HEAD:-TAIL]
    for order in ("little", "big"):  # the standard sends the low byte first, not all meters do
        identifier = int.from_bytes(body[:2], order)
        if layout := LAYOUTS.get((identifier, len(body) - 3)):
            return layout, body[3:]
    message = f"The CJ/T 188 data {body[:2].hex().upper()} of {len(body)} bytes have no known layout."
    raise DecodeError(Reason.UNKNOWN_FORMAT, message)


def _sort(field: Field, data: bytes, draft: Draft) -> None:
    """Into the canonical fields what belongs there, the rest aside."""
    value = decimal(data[: field.width])
    unit = data[field.width] if field.has_unit else None
    counts = _meaning(field, unit)
    if value is not None and counts is not None and counts.target == TARGET:
        # Which day it is stands in the meter's settings, and in no answer of these.
        draft.frozen = Frozen(None, frozen_wh(value, factor=counts.factor, divisor=counts.divisor))
    elif value is not None and counts is not None:
        is_held = draft.take(counts.target, value, factor=counts.factor, divisor=counts.divisor)
        draft.wraps(counts.target, COUNTS, factor=counts.factor, divisor=counts.divisor)
        if is_held:
            return
    draft.keep("fields", name=field.name, data=data.hex().upper())


def _meaning(field: Field, unit: int | None) -> Meaning | None:
    if not field.target:
        return None
    factor, divisor = Decimal(1), 1
    if unit is not None:
        if unit not in UNITS[field.target]:
            return None
        factor, divisor = UNITS[field.target][unit]
    return Meaning(field.target, factor.scaleb(-field.decimals), divisor)


def _clock(data: bytes) -> datetime:
    """The naive time of seven decimal bytes: second, minute, hour, day, month, year, century.

    Raises:
        DecodeError: they are no time.
    """
    digits = data[::-1].hex()
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S")  # noqa: DTZ007 - local, its zone comes later
    except ValueError:
        message = f"The meter's clock shows {digits}, which is no time."
        raise DecodeError(Reason.MALFORMED, message) from None


def _status_text(status: int) -> str:
    words = [word for flag, word in STATUS_FLAGS.items() if status & flag]
    if status & MAKERS_BITS:
        words.append(f"UNKNOWN_{status & MAKERS_BITS:X}")
    return " ".join(words) or "OK"
