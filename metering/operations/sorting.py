"""Sorting a batch of messages: what each says, who said it, of which device, and what is wrong with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any, Final, NamedTuple

from metering import topics
from metering.decoders import (
    CHANNELS,
    Decoded,
    Fault,
    MeterRecord,
    Payload,
    Record,
    StatusRecord,
    TelemetryRecord,
    TemperatureRecord,
    decode,
    decode_many,
)
from metering.enums import DeviceKind, Quality, Reason
from metering.queries.registry import SPEAKERS, CarriedKey, KnownTag, Registry, Sender, SenderKey, TagKey

# Control listens to these itself; they pass by here only because they share the subscription.
OTHERS: Final = frozenset({"ack"})
# Asked for with every row: an enum's `value` and a union made anew cost as much as the rest of the row.
USUAL: Final = Quality.MEASURED
USUAL_TEXT: Final = USUAL.value
MEASURING: Final = (MeterRecord, TemperatureRecord)


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

    def note(self, n: int, said: Decoded, *, utility_id: int | None) -> None:
        """Count what a message says, and keep what could not be read in it."""
        self.records += len(said.records) + len(said.faults)
        if said.faults:
            self.faults[n] += said.faults
        if utility_id is not None:
            self.utilities[n] = utility_id


class Address(NamedTuple):
    """Who calls himself a message's sender, and on which of our channels."""

    sender: SenderKey
    channel: str


class Heard(NamedTuple):
    """What a batch of messages says, in their order, before anybody is known.

    ``addresses`` has None for a message on a channel that others listen to, a fault for one on no channel;
    ``decoded`` has None where there is no address, or where the utility's clock is not known yet.
    """

    addresses: Sequence[Address | Fault | None]
    decoded: Sequence[Decoded | None]


class _Spoken(NamedTuple):
    """What a registered device has said in one message."""

    n: int
    message: Message
    channel: str
    sender: Sender
    records: list[Record]


def hear_messages(*, messages: Sequence[Message], zone: Callable[[str], tzinfo | None]) -> Heard:
    """Decode every message.

    Asks no database, so that it may be done while another batch is being stored. ``zone`` is asked for the
    clock of a utility by its slug, and may not know it.
    """
    addresses = [_address(message.topic) for message in messages]
    # Once for each: the registry may forget meanwhile.
    zones = {slug: zone(slug) for slug in {one.sender[0] for one in addresses if isinstance(one, Address)}}
    said = {
        n: Payload(one.channel, message.payload, message.received_at, zones[one.sender[0]])
        for n, (one, message) in enumerate(zip(addresses, messages, strict=True))
        if isinstance(one, Address) and zones[one.sender[0]] is not None
    }
    decoded: list[Decoded | None] = [None] * len(messages)
    for n, found in zip(said, decode_many(list(said.values())), strict=True):
        decoded[n] = found
    return Heard(addresses, decoded)


# A device speaks on the same topic for years; as many as `topics` remembers.
@lru_cache(maxsize=topics.REMEMBERED)
def _address(topic: str) -> Address | Fault | None:
    try:
        parsed = topics.parse(topic)
    except topics.TopicError as error:
        return Fault(Reason.BAD_TOPIC, str(error))
    if parsed.channel in OTHERS:
        return None
    if parsed.channel not in CHANNELS or parsed.direction != topics.UP:
        return Fault(Reason.BAD_TOPIC, f"Devices do not speak on '{parsed.channel}'.")
    return Address((parsed.utility, parsed.device), parsed.channel)


def sort_messages(*, messages: Sequence[Message], registry: Registry, heard: Heard | None = None) -> Sorted:
    """Find the devices of all that was said; what cannot be placed becomes a fault, nothing is lost.

    ``heard`` is what `hear_messages` made of the same messages, if that was done before.
    """
    batch = Sorted()
    if heard is None:
        heard = hear_messages(messages=messages, zone=registry.zone)
    keys = {one.sender for one in heard.addresses if isinstance(one, Address)}
    senders = registry.senders(keys)
    utilities = registry.utilities({slug for slug, _identity in keys})
    spoken: list[_Spoken] = []
    for n, (message, address, decoded) in enumerate(zip(messages, *heard, strict=True)):
        if address is None:
            batch.ignored += 1
        elif isinstance(address, Fault):
            batch.records += 1
            batch.faults[n].append(address)
        else:
            (slug, _identity), channel = address
            zone = registry.zone(slug)
            said = decoded or decode(channel, message.payload, message.received_at, zone)
            batch.note(n, said, utility_id=utilities.get(slug))
            sender = senders.get(address.sender)
            if sender is not None:
                spoken.append(_Spoken(n, message, channel, sender, said.records))
            elif said.records:
                # Each record has its fault, so that the counters balance.
                stranger = _unknown_sender(address.sender, is_utility=slug in utilities)
                batch.faults[n] += [stranger] * len(said.records)
    # All lookups of carried devices and signals in one go, when everything has been decoded.
    _place(spoken, batch=batch, registry=registry)
    return batch


def _unknown_sender(key: SenderKey, *, is_utility: bool) -> Fault:
    slug, identity = key
    if not is_utility:
        return Fault(Reason.BAD_TOPIC, f"There is no utility '{slug}'.")
    return Fault(Reason.UNKNOWN_DEVICE, f"No device '{identity}' is registered.")


def _place(spoken: Sequence[_Spoken], *, batch: Sorted, registry: Registry) -> None:
    carried = registry.carried(_carried_keys(spoken))
    tags = registry.tags(_tag_keys(spoken))
    for one in spoken:
        for record in one.records:
            device_id, fault = _device(one, record, carried)
            if device_id is None:
                batch.faults[one.n].append(fault or _unknown_carried(record))
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


def _carried_keys(spoken: Sequence[_Spoken]) -> set[CarriedKey]:
    return {
        (one.sender.device_id, SPEAKERS[one.channel], record.serial)
        for one in spoken
        if one.sender.kind == DeviceKind.GATEWAY
        for record in one.records
        if isinstance(record, MEASURING)
    }


def _tag_keys(spoken: Sequence[_Spoken]) -> set[TagKey]:
    return {
        (one.sender.utility_id, record.tag)
        for one in spoken
        if one.channel == "telemetry"
        for record in one.records
        if isinstance(record, TelemetryRecord)
    }


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


def _device(
    one: _Spoken, record: Record, carried: Mapping[CarriedKey, int]
) -> tuple[int | None, Fault | None]:
    """Whom the record is about: the sender, or what hangs on it; never merely whom the payload names."""
    sender = one.sender
    kind = SPEAKERS.get(one.channel)
    if kind is None:
        return sender.device_id, None
    if not isinstance(record, MEASURING):
        return _alone(one, kind)
    if sender.kind == DeviceKind.GATEWAY:
        return carried.get((sender.device_id, kind, record.serial)), None
    if sender.kind == kind and record.serial and record.serial != sender.serial:
        detail = f"Device '{sender.serial}' speaks for '{record.serial}', which does not hang on it."
        return None, Fault(Reason.UNKNOWN_METER, detail)
    return _alone(one, kind)


def _alone(one: _Spoken, kind: str) -> tuple[int | None, Fault | None]:
    """The sender itself, where it is of the kind that speaks on this channel."""
    if one.sender.kind == kind:
        return one.sender.device_id, None
    return None, Fault(Reason.BAD_TOPIC, f"A {one.sender.kind} does not speak on '{one.channel}'.")


def _unknown_carried(record: Record) -> Fault:
    serial = record.serial if isinstance(record, MEASURING) else ""
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
        USUAL_TEXT if record.quality is USUAL else record.quality.value,
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
