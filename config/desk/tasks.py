"""Background work that needs several apps; every task makes one domain call a utility and may run twice."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from accounts.models import Utility
from accounts.rounds import each_utility
from billing.queries.billed import billed_periods
from billing.queries.seasons import is_heat_due
from comfort.operations.cold import watch_rooms
from metering.operations.policies import apply_policies
from metering.operations.retention import Pruned, prune

logger = logging.getLogger(__name__)


@shared_task(name="desk.watch_rooms")
def watch_rooms_task() -> None:
    """Look for homes under the minimum, utility after utility; the season is billing's to know."""
    each_utility(_watch_rooms)


def _watch_rooms(utility: Utility) -> None:
    now = timezone.now()
    done = watch_rooms(at=now, heat_due=is_heat_due(utility.local_date(now)))
    if done.began or done.ended:
        logger.info(
            "%s: %s homes fell under the minimum, %s are over it", utility.slug, done.began, done.ended
        )


@shared_task(name="desk.prune_measurements")
def prune_measurements_task() -> None:
    """Delete what need not be kept, utility after utility; what a bill stands on is billing's to know."""
    apply_policies()
    each_utility(_prune)


def _prune(utility: Utility) -> None:
    gone = prune(at=timezone.now(), kept_of=billed_periods)
    if gone != Pruned():
        logger.info("%s: no longer kept: %s", utility.slug, gone)
