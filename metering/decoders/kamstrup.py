"""What Kamstrup's LoRaWAN decoder prints: ``values``, one object a quantity and hour, newest first.

The field list is that of the decoder in The Things Network's device repository (vendor/kamstrup). An uplink
brings 12 to 33 hours, most of which the one before has brought too; each hour becomes one record. The
timestamps have no zone. An hour without a value has a null in it and is no zero.
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
from metering.decoders.values import JOULES, number, text
from metering.enums import Reason

LONGEST: Final = 40
ONE: Final = Decimal(1)
MEANINGS: Final[Mapping[tuple[str, str], Meaning]] = {
    ("Energy", "Wh"): Meaning("energy_wh", ONE),
    ("Energy", "kWh"): Meaning("energy_wh", Decimal(1000)),
    ("Energy", "MWh"): Meaning("energy_wh", Decimal(10**6)),
    ("Energy", "J"): Meaning("energy_wh", ONE, JOULES),
    ("Energy", "GJ"): Meaning("energy_wh", Decimal(10**9), JOULES),
    ("Volume", "m3"): Meaning("volume_l", Decimal(1000)),
    ("Power", "W"): Meaning("power_w", ONE),
    ("Power", "kW"): Meaning("power_w", Decimal(1000)),
    ("Power", "J/h"): Meaning("power_w", ONE, JOULES),
    ("Volume flow", "m3/h"): Meaning("flow_l_h", Decimal(1000)),
    ("Flow temperature", "C"): Meaning("supply_c", ONE),
    ("Return temperature", "C"): Meaning("return_c", ONE),
}

# The unit in place of the true one where the meter has no value; it concerns that quantity alone.
INVALID: Final = "Invalid"
TARGETS: Final = {kind: found.target for (kind, _unit), found in MEANINGS.items()}


def recognises(entry: Mapping[str, Any]) -> bool:
    """Whether it is this decoder's output."""
    return isinstance(entry.get("values"), list)


def read(entry: Mapping[str, Any], *, measured_at: datetime | None, context: Context) -> list[Record | Fault]:
    """A record for every hour that has a register, a fault for every one that cannot be read.

    ``measured_at`` is not asked: each value has its own hour.

    Raises:
        DecodeError: a value is no object, or no hour has a register.
    """
    del measured_at
    hours: dict[str, list[Mapping[str, Any]]] = {}
    for value in entry["values"]:
        if not isinstance(value, dict):
            raise DecodeError(Reason.MALFORMED, "In 'values' there is something that is not an object.")
        hour = value.get("Timestamp")
        hours.setdefault("" if hour is None else text(hour, "Timestamp", longest=LONGEST), []).append(value)
    said: list[Record | Fault] = []
    for hour, values in hours.items():
        if any(_meaning(value) in REGISTERS for value in values if value.get("Value") is not None):
            said.append(_read_hour(hour, values, entry, context))
    if not said:
        raise DecodeError(Reason.MALFORMED, "In no hour is there a register: neither energy nor volume.")
    return said


REGISTERS: Final = ("energy_wh", "volume_l")


def _read_hour(
    hour: str, values: list[Mapping[str, Any]], entry: Mapping[str, Any], context: Context
) -> Record | Fault:
    draft = Draft(format="kamstrup")
    try:
        for value in values:
            _sort(value, draft)
        serial = entry.get("serial")
        return draft.record(
            serial="" if serial is None else text(serial, "serial", longest=LONGEST),
            measured_at=local_instant(_local(hour), field="Timestamp", context=context),
            status=" ".join(draft.words) or "OK",
        )
    except DecodeError as error:
        return Fault(error.reason, f"The hour {hour}: {error}")


def _meaning(value: Mapping[str, Any]) -> str | None:
    found = _found(value)
    return found.target if found else None


def _found(value: Mapping[str, Any]) -> Meaning | None:
    kind, unit = value.get("Type"), value.get("Unit")
    return MEANINGS.get((kind, unit)) if isinstance(kind, str) and isinstance(unit, str) else None


def _sort(value: Mapping[str, Any], draft: Draft) -> None:
    found, shown = _found(value), value.get("Value")
    if value.get("Unit") == INVALID and (target := TARGETS.get(str(value.get("Type")))):
        draft.doubt(target)
    if found is not None and shown is not None:
        exact = Decimal(repr(number(shown, found.target)))
        if draft.take(found.target, exact, factor=found.factor, divisor=found.divisor):
            return
    if shown is True and isinstance(value.get("Type"), str):
        draft.words.append(value["Type"].upper().replace(" ", "_")[:LONGEST])
    draft.keep("values", **{key: shown for key, shown in value.items() if key != "Timestamp"})


def _local(hour: str) -> datetime:
    try:
        local = datetime.fromisoformat(hour)
    except ValueError:
        raise DecodeError(Reason.MALFORMED, f"'{hour}' is not an instant.") from None
    if local.tzinfo is not None:
        raise DecodeError(Reason.MALFORMED, f"'{hour}' has a zone, which this format never has.")
    return local
