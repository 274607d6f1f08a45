"""Waking a worker from where work arises: by the task's name, without importing any task."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from celery import Celery

logger = logging.getLogger(__name__)


def wake_worker(task: str, *args: int | str) -> None:
    """Send a task; call it after commit.

    The work itself is a row that a sweep finds sooner or later, so a broker that does not answer is
    logged and nothing more.
    """
    # Celery takes half a second to load, and most processes never wake a worker.
    from kombu.exceptions import OperationalError  # noqa: PLC0415 - see above

    app: Celery = import_string(settings.TASK_APP)
    try:
        with app.connection_for_write() as broker:
            # Or it would knock for six seconds at a broker that is down, and whoever called us waits.
            broker.transport_options = {**(broker.transport_options or {}), "max_retries": 0}
            app.send_task(task, args=args, connection=broker, retry=False)
    except OperationalError as error:
        logger.warning("%s%r waits for the sweep, the broker does not answer: %s", task, args, error)
