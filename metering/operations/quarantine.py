"""Deciding about quarantined messages: release, register and release, discard."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Household, Substation
from metering.enums import QuarantineState
from metering.models import Device, QuarantinedMessage
from metering.operations.batch import described, keep
from metering.operations.devices import install_device, register_device
from metering.operations.sorting import Message
from metering.operations.validation import validate_again
from metering.queries.quarantine import first_measured_at, proposal
from metering.queries.registry import Registry

logger = logging.getLogger(__name__)

CHUNK: Final = 500
DECIDED: Final = ("state", "decided_at", "decision", "reason", "detail")


def release_quarantined(*, message_ids: Sequence[int], at: datetime) -> int:
    """Store the waiting ones of these messages the way ingestion does; how many could be released.

    What still cannot be stored waits on, with the reason of today. Messages are taken in the order given,
    each chunk in one transaction; one that the database refuses does not hold up the others.
    """
    return sum(
        _release(message_ids=message_ids[start : start + CHUNK], at=at)
        for start in range(0, len(message_ids), CHUNK)
    )


@transaction.atomic
def register_and_release(
    *,
    message: QuarantinedMessage,
    household: Household | None,
    substation: Substation | None,
    at: datetime,
) -> Device:
    """Register the device that ``message`` lacks, hang it up, and release all that waits on its topic.

    A device that is registered, but speaks through another gateway now, is moved to that gateway. It hangs
    in its place from the first measurement on that waits for it. Needs the message's utility in scope.

    Raises:
        ValidationError: no registration would help, or the device cannot hang there.
    """
    proposed = proposal(message)
    if proposed is None:
        raise ValidationError(_("Registering a device would not release this message."))
    if proposed.known is None:
        device = register_device(
            kind=proposed.kind, identity=proposed.identity, serial=proposed.serial, gateway=proposed.gateway
        )
    else:
        # Somebody moved the meter and told nobody.
        device = proposed.known
        device.gateway = proposed.gateway
        device.full_clean()
        device.save(update_fields=["gateway"])
    waiting = QuarantinedMessage.objects.filter(topic=message.topic, state=QuarantineState.WAITING)
    message_ids = list(waiting.order_by("pk").values_list("pk", flat=True))
    if household is not None or substation is not None:
        # What is released but was measured before the device hung there would never be billed.
        measured_at = first_measured_at(proposed, messages=waiting.select_related("utility").iterator(CHUNK))
        starts_at = measured_at or message.received_at
        install_device(device=device, household=household, substation=substation, starts_at=starts_at)
    release_quarantined(message_ids=message_ids, at=at)
    return device


@transaction.atomic
def discard_quarantined(*, message_ids: Sequence[int], decision: str, at: datetime) -> int:
    """Judge waiting messages worthless, and say why; how many were. They stay readable.

    Raises:
        ValidationError: no reason is given.
    """
    if not decision.strip():
        raise ValidationError(_("Say why the message is worthless."))
    rows = QuarantinedMessage.objects.filter(pk__in=message_ids, state=QuarantineState.WAITING)
    return rows.update(state=QuarantineState.DISCARDED, decision=decision.strip(), decided_at=at)


def _release(*, message_ids: Sequence[int], at: datetime) -> int:
    try:
        with transaction.atomic():
            return _release_together(message_ids=message_ids, at=at)
    except (IntegrityError, DataError) as error:
        if len(message_ids) == 1:
            logger.warning("quarantined message %s stays: %s", message_ids[0], error)
            return 0
    middle = len(message_ids) // 2
    first = _release(message_ids=message_ids[:middle], at=at)
    return first + _release(message_ids=message_ids[middle:], at=at)


def _release_together(*, message_ids: Sequence[int], at: datetime) -> int:
    rows = list(
        QuarantinedMessage.objects.select_for_update()
        .filter(pk__in=message_ids, state=QuarantineState.WAITING)
        .order_by("pk")
    )
    # Read as on the day they came: what was the future then is still refused.
    messages = [Message(row.topic, bytes(row.payload), row.received_at) for row in rows]
    kept = keep(messages=messages, registry=Registry())
    # Also what a message that waits on has brought.
    validate_again(readings=kept.outcome.readings)
    for n, row in enumerate(rows):
        if faults := kept.faults.get(n):
            row.reason, row.detail = described(faults)
        else:
            row.state, row.decided_at = QuarantineState.RELEASED, at
    QuarantinedMessage.objects.bulk_update(rows, DECIDED)
    return sum(row.state == QuarantineState.RELEASED for row in rows)
