"""The channels a device speaks on, and how each payload is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from metering.decoders.formats import format_of
from metering.decoders.records import (
    DecodeError,
    Fault,
    MeterRecord,
    Record,
    StatusRecord,
    TelemetryRecord,
    TemperatureRecord,
)
from metering.decoders.values import gauge, instant, number, register, text, within
from metering.enums import Quality, Reason

LONGEST_SERIAL: Final = 32
LONGEST_STATUS: Final = 1000
# Air that people live in, with room for a broken window and a sauna.
ROOM_C: Final = (-40.0, 80.0)
HUMIDITY_PCT: Final = (0.0, 100.0)
# Whatever a signal is, beyond this it is no measurement; the vocabulary knows narrower ranges.
SIGNAL: Final = (-1e12, 1e12)
# PostgreSQL can keep no NUL in a text, and no meter needs one.
NUL: Final = b"\\u0000"

Entry = Mapping[str, Any]


class Decoded(NamedTuple):
    """All that a payload says, in its order, and what was wrong with the rest."""

    records: list[Record]
    faults: list[Fault]


def decode(channel: str, payload: bytes, received_at: datetime) -> Decoded:
    """Read ``payload`` as ``channel`` (a key of CHANNELS) means it; never raises on any bytes."""
    try:
        entries = _entries(payload)
    except DecodeError as error:
        return Decoded([], [Fault(error.reason, str(error))])
    read, records, faults = CHANNELS[channel], [], []
    for place, entry in enumerate(entries, start=1):
        try:
            records += read(_object(entry), received_at)
        except DecodeError as error:
            where = f"Entry {place} of {len(entries)}: " if len(entries) > 1 else ""
            faults.append(Fault(error.reason, f"{where}{error}"))
    return Decoded(records, faults)


def _entries(payload: bytes) -> list[Any]:
    try:
        document = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise DecodeError(Reason.MALFORMED, f"The payload is not JSON: {error}.") from None
    if NUL in payload:
        raise DecodeError(Reason.MALFORMED, "The payload contains a NUL character.")
    if type(document) is not list:
        return [document]
    if not document:
        raise DecodeError(Reason.MALFORMED, "The list is empty.")
    return document


def _object(entry: object) -> Entry:
    if isinstance(entry, dict):
        return entry
    raise DecodeError(Reason.MALFORMED, "It is not a JSON object.")


def _optional_text(value: object, field: str, *, longest: int) -> str:
    return "" if value is None else text(value, field, longest=longest)


def _kept(raw: dict[str, Any]) -> bytes | None:
    """What is kept beside the canonical fields, as JSON again."""
    try:
        return orjson.dumps(raw) if raw else None
    except orjson.JSONEncodeError as error:
        raise DecodeError(Reason.MALFORMED, f"The entry cannot be kept: {error}.") from None


def _reading(entry: Entry, received_at: datetime) -> list[Record]:
    form = format_of(entry)
    values: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    for field, value in entry.items():
        rule = form.rules.get(field)
        if rule is None:
            raw[field] = value
        elif value is not None:
            if rule.target in values:
                raise DecodeError(Reason.MALFORMED, f"'{field}' says again what another field has said.")
            if rule.is_register:
                values[rule.target], is_whole = register(value, field=field, rule=rule)
                if not is_whole:
                    raw[field] = value
            else:
                values[rule.target] = gauge(value, field=field, rule=rule)
    if "energy_wh" not in values and "volume_l" not in values:
        raise DecodeError(Reason.MALFORMED, "There is no register: neither energy nor volume.")
    status = _optional_text(raw.pop(form.status, None), form.status, longest=LONGEST_STATUS)
    return [
        MeterRecord(
            _optional_text(raw.pop(form.serial, None), form.serial, longest=LONGEST_SERIAL),
            instant(raw.pop(form.instant), field=form.instant, received_at=received_at),
            values.get("energy_wh"),
            values.get("volume_l"),
            values.get("power_w"),
            values.get("flow_l_h"),
            values.get("supply_c"),
            values.get("return_c"),
            status,
            # The meter doubts itself: what it counted meanwhile may be missing.
            Quality.SUSPECT if "ERROR" in status else Quality.MEASURED,
            _kept(raw),
        )
    ]


def _temperature(entry: Entry, received_at: datetime) -> list[Record]:
    humidity_pct = None
    if entry.get("humidity_pct") is not None:
        humidity_pct = _number_within(entry, "humidity_pct", bounds=HUMIDITY_PCT)
    return [
        TemperatureRecord(
            _optional_text(entry.get("id"), "id", longest=LONGEST_SERIAL),
            instant(entry.get("measured_at"), field="measured_at", received_at=received_at),
            _number_within(entry, "temperature_c", bounds=ROOM_C),
            humidity_pct,
        )
    ]


def _number_within(entry: Entry, field: str, *, bounds: tuple[float, float]) -> float:
    low, high = bounds
    return within(number(entry.get(field), field), low=low, high=high, field=field)


def _telemetry(entry: Entry, received_at: datetime) -> list[Record]:
    measured_at = instant(entry.get("measured_at"), field="measured_at", received_at=received_at)
    points = entry.get("points")
    if not isinstance(points, dict) or not points:
        raise DecodeError(Reason.MALFORMED, "'points' is not an object with at least one signal.")
    return list(_points(points, measured_at))


def _points(points: Entry, measured_at: datetime) -> Iterator[Record]:
    for tag, value in points.items():
        low, high = SIGNAL
        yield TelemetryRecord(
            tag, measured_at, within(number(value, tag[:64]), low=low, high=high, field=tag[:64])
        )


def _status(entry: Entry, received_at: datetime) -> list[Record]:
    online = entry.get("online")
    if not isinstance(online, bool):
        raise DecodeError(Reason.MALFORMED, "'online' is neither true nor false.")
    return [StatusRecord(online, instant(entry.get("at"), field="at", received_at=received_at))]


CHANNELS: Final[Mapping[str, Callable[[Entry, datetime], list[Record]]]] = {
    "reading": _reading,
    "temperature": _temperature,
    "telemetry": _telemetry,
    "status": _status,
}
