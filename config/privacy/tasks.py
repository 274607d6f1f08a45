"""Background work on personal data; it may run twice."""

from __future__ import annotations

import logging

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from accounts.operations.privacy import forget_due, sweep
from config.privacy.archive import build_exports

logger = logging.getLogger(__name__)


@shared_task(name="privacy.build_exports")
def build_exports_task() -> None:
    """Make the archives that people asked for."""
    build_exports(clock=timezone.now)


@shared_task(name="privacy.keep_promises")
def keep_promises_task() -> None:
    """Forget whose time has come, and clear away what has served its purpose."""
    if forgotten := forget_due(at=timezone.now()):
        logger.info("%s people were forgotten as they wished", forgotten)
    sweep(at=timezone.now())
    call_command("clearsessions")
