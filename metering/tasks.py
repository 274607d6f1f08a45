"""Background work; every task makes one domain call a utility and may run twice."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from accounts.models import Utility
from accounts.scope import utility_scope
from metering.operations.validation import validate_readings

logger = logging.getLogger(__name__)


@shared_task(name="metering.validate_readings")
def validate_readings_task() -> None:
    """Validate what arrived since the last run, utility after utility."""
    for utility in Utility.objects.order_by("pk"):
        with utility_scope(utility):
            done = validate_readings(at=timezone.now())
        if done.found or done.withdrawn:
            logger.info("%s: %s findings, %s withdrawn", utility.slug, done.found, done.withdrawn)
