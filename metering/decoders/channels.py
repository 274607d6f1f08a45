"""The channels a device speaks on, and how each payload is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final, NamedTuple

import orjson

from metering.decoders.context import Context
from metering.decoders.frames import frame_text, is_frame
from metering.decoders.readings import LONGEST_SERIAL, Entry, json_object, optional_text, read_entry
from metering.decoders.records import (
    DecodeError,
    Fault,
    Record,
    StatusRecord,
    TelemetryRecord,
    TemperatureRecord,
)
from metering.decoders.values import instant, number, within
from metering.enums import Reason

# Air that people live in, with room for a broken window and a sauna.
ROOM_C: Final = (-40.0, 80.0)
HUMIDITY_PCT: Final = (0.0, 100.0)
# Whatever a signal is, beyond this it is no measurement; the vocabulary knows narrower ranges.
SIGNAL: Final = (-1e12, 1e12)
# How many objects a signal may lie within: plant, circuit, pump, and one to spare.
DEEPEST: Final = 4
# PostgreSQL can keep no NUL in a text, and no meter needs one.
NUL: Final = b"\\u0000"


class Decoded(NamedTuple):
    """All that a payload says, in its order, and what was wrong with the rest."""

    records: list[Record]
    faults: list[Fault]


def decode(channel: str, payload: bytes, received_at: datetime, zone: tzinfo | None = None) -> Decoded:
    """Read ``payload`` as ``channel`` (a key of CHANNELS) means it; never raises on any bytes.

    ``zone`` is the utility's, for meters whose clock knows none; without it their telegrams are faults.
    """
    is_telegram = channel == "reading" and is_frame(payload)
    try:
        entries = [frame_text(payload)] if is_telegram else _entries(payload)
    except DecodeError as error:
        return Decoded([], [Fault(error.reason, str(error))])
    read, context = CHANNELS[channel], Context(received_at, zone)
    records: list[Record] = []
    faults: list[Fault] = []
    for place, entry in enumerate(entries, start=1):
        try:
            for said in read(entry, context):
                if isinstance(said, Fault):
                    faults.append(said)
                else:
                    records.append(said)
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


def _temperature(said: Any, context: Context) -> list[Record | Fault]:  # noqa: ANN401 - JSON
    entry = json_object(said)
    humidity_pct = None
    if entry.get("humidity_pct") is not None:
        humidity_pct = _number_within(entry, "humidity_pct", bounds=HUMIDITY_PCT)
    return [
        TemperatureRecord(
            optional_text(entry.get("id"), "id", longest=LONGEST_SERIAL),
            instant(entry.get("measured_at"), field="measured_at", received_at=context.received_at),
            _number_within(entry, "temperature_c", bounds=ROOM_C),
            humidity_pct,
        )
    ]


def _number_within(entry: Entry, field: str, *, bounds: tuple[float, float]) -> float:
    low, high = bounds
    return within(number(entry.get(field), field), low=low, high=high, field=field)


def _telemetry(said: Any, context: Context) -> list[Record | Fault]:  # noqa: ANN401 - JSON
    entry = json_object(said)
    measured_at = instant(entry.get("measured_at"), field="measured_at", received_at=context.received_at)
    points = entry.get("points")
    if not isinstance(points, dict) or not points:
        raise DecodeError(Reason.MALFORMED, "'points' is not an object with at least one signal.")
    return list(_points(points, measured_at))


def _points(points: Entry, measured_at: datetime, *, path: str = "", depth: int = 1) -> Iterator[Record]:
    """Every number of the object; where it holds objects, their names are joined by dots."""
    low, high = SIGNAL
    for name, value in points.items():
        tag = f"{path}{name}"
        if isinstance(value, dict) and value and depth < DEEPEST:
            yield from _points(value, measured_at, path=f"{tag}.", depth=depth + 1)
        else:
            said = within(_signal(value, tag), low=low, high=high, field=tag[:64])
            yield TelemetryRecord(tag, measured_at, said)


def _signal(value: Any, tag: str) -> float:  # noqa: ANN401 - JSON
    """A number; a switch said as true or false is 1 or 0."""
    return float(value) if isinstance(value, bool) else number(value, tag[:64])


def _status(said: Any, context: Context) -> list[Record | Fault]:  # noqa: ANN401 - JSON
    entry = json_object(said)
    online = entry.get("online")
    if not isinstance(online, bool):
        raise DecodeError(Reason.MALFORMED, "'online' is neither true nor false.")
    return [StatusRecord(online, instant(entry.get("at"), field="at", received_at=context.received_at))]


CHANNELS: Final[Mapping[str, Callable[[Any, Context], list[Record | Fault]]]] = {
    "reading": read_entry,
    "temperature": _temperature,
    "telemetry": _telemetry,
    "status": _status,
}
