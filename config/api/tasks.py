"""Background work of the conventions."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from config.api.keyed import purge

logger = logging.getLogger(__name__)


@shared_task(name="api.forget_answers")
def forget_answers() -> None:
    """Forget answers whose Idempotency-Keys are no longer kept."""
    if forgotten := purge(at=timezone.now()):
        logger.info("%s answers forgotten", forgotten)
