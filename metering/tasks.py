"""Background work; every task makes one domain call a utility and may run twice."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

import orjson
from celery import shared_task
from django.utils import timezone

from accounts.models import Utility
from accounts.rounds import each_utility
from accounts.scope import utility_scope
from config.mqtt import publish_once
from metering.operations.alerts import tell_of_danger, tell_of_use
from metering.operations.consumption import cut_in_turn
from metering.operations.gaps import ask_again, find_gaps
from metering.operations.import_jobs import run_import, sweep_imports
from metering.operations.validation import validate_readings

logger = logging.getLogger(__name__)

CLIENT_ID: Final = "hearthline-backfill"
TAKEN_WITHIN_S: Final = 20.0


@shared_task(name="metering.validate_readings")
def validate_readings_task() -> None:
    """Validate what arrived since the last run, utility after utility."""
    each_utility(_validate)


def _validate(utility: Utility) -> None:
    done = validate_readings(at=timezone.now())
    if done.found or done.withdrawn:
        logger.info("%s: %s findings, %s withdrawn", utility.slug, done.found, done.withdrawn)


@shared_task(name="metering.mend_gaps")
def mend_gaps() -> None:
    """Find what meters must have said and nobody heard, and ask for it, utility after utility."""
    each_utility(_mend)


def _mend(utility: Utility) -> None:
    gaps = find_gaps(at=timezone.now())
    asked = ask_again(at=timezone.now(), publish=_publish)
    if gaps.found or gaps.filled or asked:
        logger.info(
            "%s: %s gaps found, %s filled, %s asked for", utility.slug, gaps.found, gaps.filled, asked
        )


def _publish(messages: Sequence[tuple[str, dict[str, Any]]]) -> list[bool]:
    texts = [(topic, orjson.dumps(message)) for topic, message in messages]
    return publish_once(texts, client_id=CLIENT_ID, patience_s=TAKEN_WITHIN_S)


@shared_task(name="metering.cut_consumption")
def cut_consumption_task() -> None:
    """Cut what is marked into hours, days and months, utility after utility."""
    each_utility(_cut)


def _cut(utility: Utility) -> None:
    done = cut_in_turn(at=timezone.now())
    if done.rows:
        logger.info("%s: %s rows of consumption cut from %s marks", utility.slug, done.rows, done.marks)


@shared_task(name="metering.run_import")
def run_import_task(utility_id: int, import_id: int) -> None:
    """Get on with one file of readings."""
    with utility_scope(utility_id):
        run_import(import_id=import_id, clock=timezone.now)


@shared_task(name="metering.sweep_imports")
def sweep_imports_task() -> None:
    """Wake workers for the files whose own task was lost or killed, utility after utility."""
    each_utility(_sweep)


def _sweep(utility: Utility) -> None:
    found = sweep_imports(at=timezone.now())
    if found:
        logger.warning("%s: imports %s were left behind", utility.slug, found)


@shared_task(name="metering.tell_of_danger")
def tell_of_danger_task() -> None:
    """Tell of leaks and frost, utility after utility."""
    each_utility(lambda _utility: tell_of_danger(at=timezone.now()))


@shared_task(name="metering.tell_of_use")
def tell_of_use_task() -> None:
    """Tell of unusual use, utility after utility."""
    each_utility(lambda _utility: tell_of_use(at=timezone.now()))
