"""A target that ran out with nothing in its place is written down as such."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef

from control.enums import TargetState
from control.models import Target, TargetTransition

# Older ones were seen to long ago; this keeps the statement small.
LOOKED_BACK: Final = timedelta(days=1)
NOT_ALIVE: Final = (TargetState.EXPIRED, TargetState.REJECTED, TargetState.SHADOWED)


@transaction.atomic
def expire_targets(*, now: datetime) -> int:
    """Record every target in scope that ran out unreplaced by ``now``; how many there were."""
    settled = TargetTransition.objects.filter(target=OuterRef("pk"), state__in=NOT_ALIVE)
    successor = Target.objects.filter(
        substation=OuterRef("substation"),
        issued_at__gt=OuterRef("issued_at"),
        issued_at__lte=OuterRef("expires_at"),
    )
    ran_out = Target.objects.filter(expires_at__gt=now - LOOKED_BACK, expires_at__lte=now)
    rows = ran_out.filter(~Exists(settled), ~Exists(successor))
    ended = TargetTransition.objects.bulk_create(
        (
            TargetTransition(
                utility_id=target.utility_id, target=target, state=TargetState.EXPIRED, at=target.expires_at
            )
            for target in rows
        ),
        ignore_conflicts=True,
    )
    return len(ended)
