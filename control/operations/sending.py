"""What became of the targets on their way: the broker has them, the station answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from control.enums import TargetState
from control.models import Target, TargetTransition


@dataclass(frozen=True, slots=True)
class Ack:
    """A station's answer: ``utility`` and ``device`` are the topic's, which the broker has checked."""

    utility: str
    device: str
    command: UUID
    applied: bool
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RefusedAck:
    """An answer that cannot be right, with the reason as a sentence."""

    ack: Ack
    reason: str


@transaction.atomic
def mark_published(*, target_ids: Collection[int], now: datetime) -> None:
    """The broker has acknowledged these targets; marked already is marked."""
    TargetTransition.objects.bulk_create(
        (
            TargetTransition(utility_id=target.utility_id, target=target, state=TargetState.PUBLISHED, at=now)
            for target in Target.objects.filter(pk__in=target_ids)
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def record_acks(*, acks: Sequence[Ack], now: datetime) -> list[RefusedAck]:
    """Record the stations' answers, the first to a command standing; hand back those that cannot be right.

    A device may answer only for the command that was sent to it.
    """
    commands = {ack.command for ack in acks}
    rows = Target.objects.filter(command__in=commands).select_related("utility", "controller")
    targets = {target.command: target for target in rows}
    refused = [
        RefusedAck(ack=ack, reason=fault) for ack in acks if (fault := _fault(ack, targets.get(ack.command)))
    ]
    wrong = {id(refusal.ack) for refusal in refused}
    TargetTransition.objects.bulk_create(
        (_answer(ack, targets[ack.command], now=now) for ack in acks if id(ack) not in wrong),
        ignore_conflicts=True,
    )
    return refused


def _fault(ack: Ack, target: Target | None) -> str:
    if target is None:
        return f"No target has the command {ack.command}."
    device = target.controller.identity if target.controller else ""
    if (ack.utility, ack.device) != (target.utility.slug, device):
        return f"The command {ack.command} was not sent to {ack.utility}/{ack.device}."
    return ""


def _answer(ack: Ack, target: Target, *, now: datetime) -> TargetTransition:
    return TargetTransition(
        utility_id=target.utility_id,
        target=target,
        state=TargetState.APPLIED if ack.applied else TargetState.REJECTED,
        # A station's clock may be wrong; nothing is answered before it was asked, nor later than now.
        at=min(max(ack.at, target.issued_at), now),
        detail=ack.detail[:200],
    )
