"""Waking a worker from where work arises: by the task's name, without importing any task."""

from __future__ import annotations

import logging

from celery import Celery
from django.conf import settings
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)


def wake_worker(task: str, *args: int | str) -> None:
    """Send a task; call it after commit.

    The work itself is a row that a sweep finds sooner or later, so a broker that does not answer is
    logged and nothing more.
    """
    app: Celery = import_string(settings.TASK_APP)
    try:
        app.send_task(task, args=args, retry=False)
    except OperationalError as error:
        logger.warning("%s%r waits for the sweep, the broker does not answer: %s", task, args, error)
