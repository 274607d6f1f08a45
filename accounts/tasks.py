"""Background work; every task makes one domain call a utility and may run twice."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from accounts.operations.deliveries import deliver_due
from accounts.rounds import each_utility


@shared_task(name="accounts.deliver_notices")
def deliver_notices_task() -> None:
    """Send the notices that are due."""
    now = timezone.now()
    each_utility(lambda _utility: deliver_due(at=now))
