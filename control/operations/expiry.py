"""A target that ran out with nothing in its place is written down as such."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from control.enums import TargetState
from control.models import Target, TargetTransition, ValveTarget, ValveTransition

Told = TypeVar("Told", Target, ValveTarget)

# Older ones were seen to long ago; this keeps the statement small.
LOOKED_BACK: Final = timedelta(days=1)
NOT_ALIVE: Final = (TargetState.EXPIRED, TargetState.REJECTED, TargetState.SHADOWED)


@transaction.atomic
def expire_targets(*, now: datetime) -> int:
    """Record every target in scope that ran out unreplaced by ``now``; how many there were."""
    stations = _ran_out(
        Target.objects.all(),
        steps=TargetTransition.objects.filter(target=OuterRef("pk")),
        siblings=Target.objects.filter(substation=OuterRef("substation")),
        now=now,
    )
    valves = _ran_out(
        ValveTarget.objects.all(),
        steps=ValveTransition.objects.filter(target=OuterRef("pk")),
        siblings=ValveTarget.objects.filter(valve=OuterRef("valve")),
        now=now,
    )
    ended = [target.step(TargetState.EXPIRED, at=target.expires_at) for target in stations]
    shut = [target.step(TargetState.EXPIRED, at=target.expires_at) for target in valves]
    TargetTransition.objects.bulk_create(ended, ignore_conflicts=True)
    ValveTransition.objects.bulk_create(shut, ignore_conflicts=True)
    return len(ended) + len(shut)


def _ran_out(
    told: QuerySet[Told], *, steps: QuerySet[Any], siblings: QuerySet[Told], now: datetime
) -> QuerySet[Told]:
    successor = siblings.filter(issued_at__gt=OuterRef("issued_at"), issued_at__lte=OuterRef("expires_at"))
    lately = told.filter(expires_at__gt=now - LOOKED_BACK, expires_at__lte=now)
    return lately.filter(~Exists(steps.filter(state__in=NOT_ALIVE)), ~Exists(successor))
