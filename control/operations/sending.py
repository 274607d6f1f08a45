"""What became of the targets on their way: the broker has them, the station answered."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from accounts.models import Utility
from control.acks import Ack, AckError, AckMessage, ack_of
from control.enums import TargetState
from control.models import Target, TargetTransition, ValveControl, ValveTarget, ValveTransition
from metering.enums import Reason
from metering.models import QuarantinedMessage

logger = logging.getLogger(__name__)


@transaction.atomic
def mark_published(*, commands: Collection[UUID], now: datetime) -> None:
    """The broker has acknowledged these commands; marked already is marked."""
    targets = Target.objects.filter(command__in=commands)
    valves = ValveTarget.objects.filter(command__in=commands)
    TargetTransition.objects.bulk_create(
        [target.step(TargetState.PUBLISHED, at=now) for target in targets], ignore_conflicts=True
    )
    ValveTransition.objects.bulk_create(
        [target.step(TargetState.PUBLISHED, at=now) for target in valves], ignore_conflicts=True
    )


@transaction.atomic
def record_acks(*, messages: Sequence[AckMessage]) -> int:
    """Record the stations' answers, the first to a command standing; how many could not be right.

    A device may answer only for the command that was sent to it. What is no answer, or cannot be right, is
    kept whole in quarantine with its reason.
    """
    readable, refused = _read(messages)
    targets = _commanded({ack.command for _message, ack in readable})
    answers = []
    for message, ack in readable:
        target = targets.get(ack.command)
        if target is None:
            refused.append(_kept(message, Reason.IMPLAUSIBLE, f"No target has the command {ack.command}."))
        elif (ack.utility, ack.device) != _receiver(target):
            detail = f"The command {ack.command} was not sent to {ack.utility}/{ack.device}."
            refused.append(_kept(message, Reason.IMPLAUSIBLE, detail))
        else:
            answers.append(_answer(ack, target, now=message.received_at))
    _store(answers)
    _quarantine(refused)
    return len(refused)


def _commanded(commands: Collection[UUID]) -> dict[UUID, Target | ValveTarget]:
    stations = Target.objects.filter(command__in=commands).select_related("utility", "controller")
    valves = ValveTarget.objects.filter(command__in=commands).select_related("utility", "controller")
    by_command: dict[UUID, Target | ValveTarget] = {target.command: target for target in stations}
    by_command.update({target.command: target for target in valves})
    return by_command


def _store(answers: Sequence[TargetTransition | ValveTransition]) -> None:
    stations = [answer for answer in answers if isinstance(answer, TargetTransition)]
    valves = [answer for answer in answers if isinstance(answer, ValveTransition)]
    TargetTransition.objects.bulk_create(stations, ignore_conflicts=True)
    ValveTransition.objects.bulk_create(valves, ignore_conflicts=True)
    if valves:
        _moved(valves)


def _moved(answers: Sequence[ValveTransition]) -> None:
    """A valve that obeyed stands where it was told to; an answer to an older command says nothing of now."""
    obeyed = {answer.target.pk for answer in answers if answer.state == TargetState.APPLIED}
    newer = ValveTarget.objects.filter(valve=OuterRef("valve"), issued_at__gt=OuterRef("issued_at"))
    standing = ValveTarget.objects.filter(~Exists(newer), pk__in=obeyed, valve=OuterRef("pk"))
    ValveControl.objects.filter(targets__in=obeyed).filter(Exists(standing)).update(
        position_pct=Subquery(standing.values("valve_pct")[:1])
    )


def _read(messages: Sequence[AckMessage]) -> tuple[list[tuple[AckMessage, Ack]], list[QuarantinedMessage]]:
    readable, refused = [], []
    for message in messages:
        try:
            readable.append((message, ack_of(message)))
        except AckError as error:
            refused.append(_kept(message, Reason.MALFORMED, str(error)))
    return readable, refused


def _quarantine(refused: Sequence[QuarantinedMessage]) -> None:
    """Keep them under the utility their topic names, where there is one, so that its clerks see them."""
    if not refused:
        return
    slugs = {kept.topic: kept.topic.split("/")[2:3] for kept in refused}
    known = Utility.objects.filter(slug__in={slug for parts in slugs.values() for slug in parts})
    by_slug = {utility.slug: utility for utility in known}
    for kept in refused:
        kept.utility = next((by_slug[slug] for slug in slugs[kept.topic] if slug in by_slug), None)
    QuarantinedMessage.objects.bulk_create(refused, ignore_conflicts=True)


def _kept(message: AckMessage, reason: Reason, detail: str) -> QuarantinedMessage:
    logger.warning("an answer on %s was refused: %s", message.topic, detail)
    return QuarantinedMessage(
        topic=message.topic,
        payload=message.payload,
        sha256=hashlib.sha256(message.payload).hexdigest(),
        received_at=message.received_at,
        last_received_at=message.received_at,
        reason=reason,
        detail=detail,
    )


def _receiver(target: Target | ValveTarget) -> tuple[str, str]:
    return target.utility.slug, target.controller.identity if target.controller else ""


def _answer(ack: Ack, target: Target | ValveTarget, *, now: datetime) -> TargetTransition | ValveTransition:
    return target.step(
        TargetState.APPLIED if ack.applied else TargetState.REJECTED,
        # A station's clock may be wrong; nothing is answered before it was asked, nor later than now.
        at=min(max(ack.at, target.issued_at), now),
        detail=ack.detail[:200],
    )
