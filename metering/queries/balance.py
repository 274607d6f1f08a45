"""Whether everything that ingest took ended as something."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, F, Sum
from django.db.models.functions import Abs

from accounts.scope import across_utilities
from metering.models import UnbalancedBatch


def unaccounted(*, since: datetime) -> int:
    """How many records of the utility in scope ended as nothing, or twice, in batches after ``since``."""
    amiss = Abs(F("records") - F("stored") - F("duplicates") - F("quarantined"))
    rows = UnbalancedBatch.objects.filter(at__gt=since)
    return rows.aggregate(amiss=Sum(amiss))["amiss"] or 0


def unbalanced_batches() -> int:
    """How many batches ever did not balance, of all utilities together."""
    with across_utilities("ingest serves all of them"):
        return UnbalancedBatch.objects.aggregate(count=Count("at", distinct=True))["count"] or 0
