"""Readings of meters: which format an entry is in, by its shape, and the flat JSON ones themselves.

A new format is a file with what recognises it and what reads it, a line in READERS, and golden telegrams.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from metering.decoders import elvaco, kamstrup
from metering.decoders.context import Context
from metering.decoders.formats import NATIVE, Format, format_of
from metering.decoders.frames import read_frame
from metering.decoders.frozen import frozen, frozen_wh
from metering.decoders.records import DecodeError, Fault, MeterRecord, Record
from metering.decoders.values import gauge, instant, kept_json, register, text
from metering.enums import Quality, Reason

LONGEST_SERIAL: Final = 32
LONGEST_STATUS: Final = 1000
# Words in a meter's status after which what it counts cannot be relied upon.
DOUBTS: Final = (
    "ERROR",
    "FAILURE",
    "INTERRUPTED",
    "SHORT_CIRCUIT",
    "MEASURING_RANGE",
    "WRONG_",
    "REVERSE_FLOW",
    "_AIR",
)
Entry = Mapping[str, Any]
# What holds a telegram, or what a LoRaWAN server made of one, beside the instant of its sender.
WRAPPERS: Final = frozenset({"frame", "data", "object", "uplink_message", "values"})
DECODERS: Final[tuple[tuple[Callable[[Entry], bool], Callable[..., list[Record | Fault]]], ...]] = (
    (kamstrup.recognises, kamstrup.read),
    (elvaco.recognises, elvaco.read),
)


def read_entry(said: Any, context: Context) -> list[Record | Fault]:  # noqa: ANN401 - JSON
    """What one entry of the ``reading`` channel says.

    Raises:
        DecodeError: it is in no registered format, or not what its format wants.
    """
    if isinstance(said, str):
        return [read_frame(said, measured_at=None, context=context)]
    entry = json_object(said)
    if WRAPPERS.isdisjoint(entry) or not NATIVE.rules.keys().isdisjoint(entry):
        if "energy" in entry and elvaco.recognises(entry):
            return elvaco.read(entry, measured_at=_sent_at(entry, context), context=context)
        return [read_flat(entry, format_of(entry), context)]
    if "frame" in entry:
        frame = text(entry["frame"], "frame", longest=2048)
        return [read_frame(frame, measured_at=_sent_at(entry, context), context=context)]
    return _read_decoded(entry, context)


def _read_decoded(entry: Entry, context: Context) -> list[Record | Fault]:
    """What a LoRaWAN server's decoder made of an uplink, bare or in the server's envelope."""
    envelope, measured_at = entry, _sent_at(entry, context)
    if isinstance(envelope.get("uplink_message"), dict):
        envelope = envelope["uplink_message"]
        measured_at = measured_at or _sent_at(envelope, context)
    inner = next((envelope[key] for key in INSIDE if isinstance(envelope.get(key), dict)), envelope)
    for recognises, read in DECODERS:
        if recognises(inner):
            return read(inner, measured_at=measured_at, context=context)
    raise DecodeError(Reason.UNKNOWN_FORMAT, "The decoded uplink is in no registered format.")


# Where The Things Stack and ChirpStack keep the decoder's output, and when they say it came.
INSIDE: Final = ("decoded_payload", "data", "object")
SENT: Final = ("measured_at", "received_at", "time")


def _sent_at(entry: Entry, context: Context) -> datetime | None:
    field = next((field for field in SENT if isinstance(entry.get(field), str)), None)
    return None if field is None else instant(entry[field], field=field, received_at=context.received_at)


def read_flat(entry: Entry, form: Format, context: Context) -> MeterRecord:
    """An entry whose fields each say one thing."""
    values, raw = _split(entry, form)
    error_h, target_at, target_wh = _beside(raw, form, context)
    if "energy_wh" not in values and "volume_l" not in values:
        raise DecodeError(Reason.MALFORMED, "There is no register: neither energy nor volume.")
    status = optional_text(raw.pop(form.status, None), form.status, longest=LONGEST_STATUS)
    return MeterRecord(
        optional_text(raw.pop(form.serial, None), form.serial, longest=LONGEST_SERIAL),
        instant(raw.pop(form.instant), field=form.instant, received_at=context.received_at),
        values.get("energy_wh"),
        values.get("volume_l"),
        values.get("power_w"),
        values.get("flow_l_h"),
        values.get("supply_c"),
        values.get("return_c"),
        status,
        quality(status),
        kept_json(raw),
        error_h=error_h,
        target_at=target_at,
        target_wh=target_wh,
    )


def _beside(raw: Entry, form: Format, context: Context) -> tuple[float | None, datetime | None, int | None]:
    """The hours in error and the frozen register with its instant; what is no such thing is only kept."""
    error_h: float | None = None
    wh: int | None = None
    for field, rule in form.beside.items():
        value = raw.get(field)
        # Not a bool, which is an int too.
        if not isinstance(value, int | float) or value is True or value is False:
            continue
        if not rule.low <= value <= rule.high:
            continue
        if rule.target == "error_h":
            error_h = float(value)
        elif wh is None:
            wh = frozen_wh(Decimal(repr(value)), factor=rule.factor, divisor=rule.divisor)
    shown = next((raw[field] for field in form.target_at if isinstance(raw.get(field), str)), "")
    return error_h, *frozen(wh, shown, context)


@lru_cache(maxsize=4096)
def quality(status: str) -> Quality:
    """Suspect where the meter doubts itself: what it counted meanwhile may be missing."""
    return Quality.SUSPECT if any(word in status for word in DOUBTS) else Quality.MEASURED


def _split(entry: Entry, form: Format) -> tuple[dict[str, Any], dict[str, Any]]:
    """The canonical values, and all that is kept as it came."""
    values: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    rules, sentinels = form.rules, form.sentinels
    for field, value in entry.items():
        rule = rules.get(field)
        if rule is None or (sentinels and _is_sentinel(value, form)):
            raw[field] = value
        elif value is not None:
            target = rule.target
            if target in values:
                raise DecodeError(Reason.MALFORMED, f"'{field}' says again what another field has said.")
            if rule.is_register:
                values[target], is_whole = register(value, field=field, rule=rule)
                if not is_whole:
                    raw[field] = value
            else:
                values[target] = gauge(value, field=field, rule=rule)
    return values, raw


def _is_sentinel(value: Any, form: Format) -> bool:  # noqa: ANN401 - JSON
    return type(value) in {int, float} and value in form.sentinels


def json_object(said: Any) -> Entry:  # noqa: ANN401 - JSON
    """``said`` itself, if it is an object."""
    if isinstance(said, dict):
        return said
    raise DecodeError(Reason.MALFORMED, "It is not a JSON object.")


def optional_text(value: Any, field: str, *, longest: int) -> str:  # noqa: ANN401 - JSON
    """A text that may be absent."""
    return "" if value is None else text(value, field, longest=longest)
