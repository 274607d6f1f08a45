"""What stands in quarantine, and what would have to be registered to release it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from accounts.scope import scoped_utility_id
from metering import topics
from metering.decoders import Decoded, MeterRecord, Record, StatusRecord, TemperatureRecord, decode
from metering.enums import DeviceKind, QuarantineState, Reason
from metering.models import Device, QuarantinedMessage
from metering.queries.registry import SPEAKERS


@dataclass(frozen=True, slots=True)
class Proposal:
    """The device whose absence keeps a message in quarantine, as far as the message tells.

    ``known`` is that device where it is registered, but not at the gateway it speaks through now.
    """

    kind: DeviceKind
    identity: str
    serial: str
    gateway: Device | None
    known: Device | None


def quarantined(*, strangers: bool = False) -> QuerySet[QuarantinedMessage]:
    """Messages to the utility in scope, the latest first; with ``strangers`` also those to no utility at all.

    Raises:
        NoUtilityInScopeError: no scope was entered.
    """
    rows = QuarantinedMessage.objects.order_by("-last_received_at")
    utility_id = scoped_utility_id()
    if utility_id is None:
        return rows
    return rows.filter(Q(utility_id=utility_id) | Q(utility=None) if strangers else Q(utility_id=utility_id))


def waiting_ids(*, reason: str = "") -> list[int]:
    """The waiting messages, oldest first, so that a replay keeps their order."""
    rows = QuarantinedMessage.objects.filter(state=QuarantineState.WAITING)
    rows = rows.filter(reason=reason) if reason else rows
    return list(rows.order_by("pk").values_list("pk", flat=True))


def proposal(message: QuarantinedMessage) -> Proposal | None:
    """What to register so that ``message`` can be released; None where that would not help.

    Needs the message's utility in scope.
    """
    if message.reason not in {Reason.UNKNOWN_DEVICE, Reason.UNKNOWN_METER}:
        return None
    topic = topics.parse(message.topic)
    kind = SPEAKERS.get(topic.channel)
    serials = list(dict.fromkeys(_serials(_decoded(message))))
    if message.reason == Reason.UNKNOWN_DEVICE:
        # One that speaks for several meters is their gateway.
        several = len(serials) > 1 or kind is None
        return Proposal(
            kind=DeviceKind.GATEWAY if several or kind is None else kind,
            identity=topic.device,
            serial="" if several else "".join(serials),
            gateway=None,
            known=None,
        )
    return _carried(topic.device, kind=kind, serials=serials)


def first_measured_at(proposed: Proposal, *, messages: Iterable[QuarantinedMessage]) -> datetime | None:
    """The first instant at which ``messages`` speak of the proposed device; None where they never do.

    They are of the topic that the proposal is about; what they say of other meters is not the device's.
    """
    return min(
        (
            _instant(record)
            for message in messages
            for record in _decoded(message).records
            if _is_of(record, proposed)
        ),
        default=None,
    )


def _is_of(record: Record, proposed: Proposal) -> bool:
    if proposed.kind == DeviceKind.GATEWAY:
        return True
    # One that signs in itself need not say who it is.
    return _serial(record) == proposed.serial or (proposed.gateway is None and not _serial(record))


def _decoded(message: QuarantinedMessage) -> Decoded:
    zone = None if message.utility is None else message.utility.zone
    channel = topics.parse(message.topic).channel
    return decode(channel, bytes(message.payload), message.received_at, zone=zone)


def _carried(identity: str, *, kind: DeviceKind | None, serials: list[str]) -> Proposal | None:
    gateway = Device.objects.filter(identity=identity, kind=DeviceKind.GATEWAY).first()
    if gateway is None or kind is None:
        return None
    hanging = set(gateway.meters.filter(kind=kind, serial__in=serials).values_list("serial", flat=True))
    missing = [serial for serial in serials if serial not in hanging]
    if not missing:
        return None
    known = Device.objects.filter(kind=kind, serial=missing[0]).first()
    return Proposal(kind, "", missing[0], gateway, known)


def _instant(record: Record) -> datetime:
    return record.at if isinstance(record, StatusRecord) else record.measured_at


def _serials(decoded: Decoded) -> Iterator[str]:
    return filter(None, map(_serial, decoded.records))


def _serial(record: Record) -> str:
    return record.serial if isinstance(record, MeterRecord | TemperatureRecord) else ""
