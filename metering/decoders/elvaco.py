"""What the LoRaWAN decoders of Elvaco's modules print (CMi4110 to CMi4160, in Landis+Gyr and Diehl meters).

The field list is that of the decoders in The Things Network's device repository (vendor/elvaco). Where the
meter sends the value of an error the decoder prints 0 in its place and 32 as ``error_flag``: such a zero is
none, and of such fields the meter says itself that they are in doubt. Other flags concern all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from metering.decoders.context import Context, local_instant
from metering.decoders.drafts import Draft
from metering.decoders.mbus_tables import Meaning
from metering.decoders.records import DecodeError, Fault, Record
from metering.decoders.values import number, text
from metering.enums import Reason

THOUSAND: Final = Decimal(1000)
LONGEST: Final = 40
MEANINGS: Final[Mapping[str, Meaning]] = {
    "energy": Meaning("energy_wh", THOUSAND),
    "volume": Meaning("volume_l", THOUSAND),
    "power": Meaning("power_w", THOUSAND),
    "flow": Meaning("flow_l_h", THOUSAND),
    "flow_temperature": Meaning("supply_c", Decimal(1)),
    "return_temperature": Meaning("return_c", Decimal(1)),
}
# Of these one stands in every print of theirs.
MARKS: Final = frozenset({"error_flag", "serial_from_message", "datetime_heat_meter"})
SERIALS: Final = ("serial_from_message", "serial")
SERIAL_DIGITS: Final = 8
VALUE_IN_ERROR: Final = 32


def recognises(entry: Mapping[str, Any]) -> bool:
    """Whether it is one of these decoders' output."""
    return not MARKS.isdisjoint(entry) and not MEANINGS.keys().isdisjoint(entry)


def read(entry: Mapping[str, Any], *, measured_at: datetime | None, context: Context) -> list[Record | Fault]:
    """The one record; the meter's own clock, where it sends one, goes under the sender's instant.

    Raises:
        DecodeError: something is not a number, there is no instant, or no register.
    """
    flags = _whole_number(entry.get("error_flag"), "error_flag")
    draft = Draft(format="elvaco")
    _doubt(entry, flags, draft)
    for field, value in entry.items():
        found = MEANINGS.get(field)
        # In an error a zero may be the decoder's, and nobody can tell.
        is_value = found is not None and value is not None and not (flags and value == 0)
        if found is None or not is_value or not _is_held(field, value, found, draft):
            draft.raw[field] = value
    return [
        draft.record(
            serial=_serial(entry),
            measured_at=measured_at or _clock(entry, context),
            status=f"ERROR_FLAGS_{flags:X}" if flags else "OK",
        )
    ]


def _doubt(entry: Mapping[str, Any], flags: int, draft: Draft) -> None:
    """Note what the flags concern: the zeros beside that of the decoder, else all of it."""
    doubted = [found.target for field, found in MEANINGS.items() if entry.get(field) == 0]
    draft.is_doubtful = bool(flags) and not (flags == VALUE_IN_ERROR and doubted)
    if flags == VALUE_IN_ERROR:
        for target in doubted:
            draft.doubt(target)


def _is_held(field: str, value: Any, found: Meaning, draft: Draft) -> bool:  # noqa: ANN401 - JSON
    return draft.take(found.target, Decimal(repr(number(value, field))), factor=found.factor)


def _whole_number(value: Any, field: str) -> int:  # noqa: ANN401 - JSON
    if value is None:
        return 0
    if type(value) is int and value >= 0:
        return value
    raise DecodeError(Reason.MALFORMED, f"'{field}' is {value!r:.40}, which is no whole number.")


def _serial(entry: Mapping[str, Any]) -> str:
    value = next((entry[field] for field in SERIALS if entry.get(field) is not None), "")
    # The decoder reads the digits as a number and loses the zeros in front.
    return f"{value:0{SERIAL_DIGITS}d}" if type(value) is int else text(value, "serial", longest=LONGEST)


def _clock(entry: Mapping[str, Any], context: Context) -> datetime:
    shown = entry.get("datetime_heat_meter")
    try:
        local = datetime.fromisoformat(text(shown, "datetime_heat_meter", longest=LONGEST))
    except ValueError:
        message = "There is no instant: neither 'measured_at' beside 'data' nor 'datetime_heat_meter'."
        raise DecodeError(Reason.MALFORMED, message) from None
    return local_instant(local.replace(tzinfo=None), field="datetime_heat_meter", context=context)
