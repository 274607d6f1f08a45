"""Sorting a batch of messages: what each says, who said it, of which device, and what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from metering import topics
from metering.decoders import (
    CHANNELS,
    Fault,
    MeterRecord,
    Record,
    StatusRecord,
    TelemetryRecord,
    TemperatureRecord,
    decode,
)
from metering.enums import DeviceKind, Reason
from metering.queries.registry import SPEAKERS, KnownTag, Registry, Sender, SenderKey, TagKey

# Control listens to these itself; they pass by here only because they share the subscription.
OTHERS: Final = frozenset({"ack"})


class Message(NamedTuple):
    """What the broker delivered, and when."""

    topic: str
    payload: bytes
    received_at: datetime


class Row(NamedTuple):
    """One record on its way into a table, and the message it came in."""

    message: int
    values: tuple[Any, ...]


@dataclass(slots=True)
class Sorted:
    """A batch, sorted by table; the faults by message."""

    readings: list[Row] = field(default_factory=list)
    temperatures: list[Row] = field(default_factory=list)
    telemetry: list[Row] = field(default_factory=list)
    statuses: list[Row] = field(default_factory=list)
    faults: defaultdict[int, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    utilities: dict[int, int] = field(default_factory=dict)
    records: int = 0
    ignored: int = 0


class _Spoken(NamedTuple):
    """A record, the message it came in, and the registered device that sent it."""

    n: int
    message: Message
    channel: str
    sender: Sender
    record: Record


def sort_messages(*, messages: Sequence[Message], registry: Registry) -> Sorted:
    """Decode every message and find its devices; what cannot be placed becomes a fault, nothing is lost."""
    batch = Sorted()
    addressed = _addressed(messages, batch)
    senders = registry.senders({key for _n, key, _channel in addressed})
    utilities = registry.utilities({slug for _n, (slug, _identity), _channel in addressed})
    spoken: list[_Spoken] = []
    for n, key, channel in addressed:
        message = messages[n]
        decoded = decode(channel, message.payload, message.received_at, zone=registry.zone(key[0]))
        batch.records += len(decoded.records) + len(decoded.faults)
        batch.faults[n] += decoded.faults
        sender = senders.get(key)
        if key[0] in utilities:
            batch.utilities[n] = utilities[key[0]]
        if sender is None:
            # Each record has its fault, so that the counters balance.
            batch.faults[n] += [_unknown_sender(key, is_utility=n in batch.utilities)] * len(decoded.records)
        else:
            spoken += [_Spoken(n, messages[n], channel, sender, record) for record in decoded.records]
    # All lookups of carried devices and signals in one go, when everything has been decoded.
    _place(spoken, batch=batch, registry=registry)
    batch.faults = defaultdict(list, {n: faults for n, faults in batch.faults.items() if faults})
    return batch


def _addressed(messages: Sequence[Message], batch: Sorted) -> list[tuple[int, SenderKey, str]]:
    """The messages on our channels: their place in the batch, their sender's name, the channel."""
    found = []
    for n, message in enumerate(messages):
        try:
            topic = topics.parse(message.topic)
        except topics.TopicError as error:
            batch.records += 1
            batch.faults[n].append(Fault(Reason.BAD_TOPIC, str(error)))
            continue
        if topic.channel in OTHERS:
            batch.ignored += 1
        elif topic.channel not in CHANNELS or topic.direction != topics.UP:
            batch.records += 1
            detail = f"Devices do not speak on '{topic.channel}'."
            batch.faults[n].append(Fault(Reason.BAD_TOPIC, detail))
        else:
            found.append((n, (topic.utility, topic.device), topic.channel))
    return found


def _unknown_sender(key: SenderKey, *, is_utility: bool) -> Fault:
    slug, identity = key
    if not is_utility:
        return Fault(Reason.BAD_TOPIC, f"There is no utility '{slug}'.")
    return Fault(Reason.UNKNOWN_DEVICE, f"No device '{identity}' is registered.")


def _place(spoken: Sequence[_Spoken], *, batch: Sorted, registry: Registry) -> None:
    carried = registry.carried(
        {
            (one.sender.device_id, SPEAKERS[one.channel], one.record.serial)
            for one in spoken
            if isinstance(one.record, MeterRecord | TemperatureRecord)
            and one.sender.kind == DeviceKind.GATEWAY
        }
    )
    tags = registry.tags(
        {(one.sender.utility_id, one.record.tag) for one in spoken if isinstance(one.record, TelemetryRecord)}
    )
    for one in spoken:
        device_id, fault = _device(one, carried)
        record = one.record
        if device_id is None or fault is not None:
            batch.faults[one.n].append(fault or _unknown_carried(one))
        elif isinstance(record, MeterRecord):
            batch.readings.append(Row(one.n, _reading_row(one, record, device_id=device_id)))
        elif isinstance(record, TemperatureRecord):
            values = (record.temperature_c, record.humidity_pct, one.message.received_at)
            place = (device_id, record.measured_at, one.sender.utility_id)
            batch.temperatures.append(Row(one.n, (*place, *values)))
        elif isinstance(record, StatusRecord):
            changed = (record.online, _changed_at(one, record), one.message.received_at)
            batch.statuses.append(Row(one.n, (device_id, one.sender.utility_id, *changed)))
        else:
            _place_signal(one, record, batch=batch, tags=tags)


def _place_signal(
    one: _Spoken, record: TelemetryRecord, *, batch: Sorted, tags: dict[TagKey, KnownTag]
) -> None:
    tag = tags.get((one.sender.utility_id, record.tag))
    if tag is None:
        fault = Fault(Reason.UNKNOWN_TAG, f"'{record.tag:.64}' is not a known plant signal.")
        batch.faults[one.n].append(fault)
        return
    value = tag.factor * record.value + tag.offset
    if not tag.low <= value <= tag.high:
        detail = f"'{record.tag}' is {value:g}, outside of {tag.low:g} to {tag.high:g}."
        batch.faults[one.n].append(Fault(Reason.IMPLAUSIBLE, detail))
    else:
        place = (one.sender.device_id, tag.id, record.measured_at, one.sender.utility_id)
        batch.telemetry.append(Row(one.n, (*place, value, one.message.received_at)))


def _device(one: _Spoken, carried: dict[tuple[int, str, str], int]) -> tuple[int | None, Fault | None]:
    """Whom the record is about: the sender, or what hangs on it; never merely whom the payload names."""
    sender, record = one.sender, one.record
    kind = SPEAKERS.get(one.channel)
    if kind is None:
        return sender.device_id, None
    if sender.kind == DeviceKind.GATEWAY and isinstance(record, MeterRecord | TemperatureRecord):
        return carried.get((sender.device_id, kind, record.serial)), None
    if sender.kind != kind:
        return None, Fault(Reason.BAD_TOPIC, f"A {sender.kind} does not speak on '{one.channel}'.")
    if isinstance(record, MeterRecord | TemperatureRecord) and record.serial not in {"", sender.serial}:
        detail = f"Device '{sender.serial}' speaks for '{record.serial}', which does not hang on it."
        return None, Fault(Reason.UNKNOWN_METER, detail)
    return sender.device_id, None


def _unknown_carried(one: _Spoken) -> Fault:
    serial = one.record.serial if isinstance(one.record, MeterRecord | TemperatureRecord) else ""
    if not serial:
        return Fault(Reason.UNKNOWN_METER, "A gateway's entry needs the 'id' of the meter it is from.")
    return Fault(Reason.UNKNOWN_METER, f"No device '{serial}' hangs on this gateway.")


def _reading_row(one: _Spoken, record: MeterRecord, *, device_id: int) -> tuple[Any, ...]:
    return (
        device_id,
        record.measured_at,
        one.sender.utility_id,
        record.energy_wh,
        record.volume_l,
        record.power_w,
        record.flow_l_h,
        record.supply_c,
        record.return_c,
        record.status,
        record.quality.value,
        one.message.received_at,
        one.sender.device_id,
        None if record.raw is None else record.raw.decode(),
        record.doubts,
        record.error_h,
        record.target_at,
        record.target_wh,
    )


def _changed_at(one: _Spoken, record: StatusRecord) -> datetime:
    # A last will was written when the device came, so only its arrival says when the device went.
    return record.at if record.online else one.message.received_at
