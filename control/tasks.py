"""Background work; every task makes one domain call a utility and may run twice."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from celery import shared_task
from django.utils import timezone

from accounts.models import Utility
from accounts.rounds import each_utility
from control.operations.alarms import Watched, watch_meters, watch_plant
from control.operations.answer_notices import tell_of_answers
from control.operations.notices import tell_duty
from control.operations.rollout import switch_due

logger = logging.getLogger(__name__)


@shared_task(name="control.watch_plant")
def watch_plant_task() -> None:
    """Look for what is wrong at the stations, and tell those on duty."""
    _each_utility(lambda at: watch_plant(at=at))


@shared_task(name="control.watch_meters")
def watch_meters_task() -> None:
    """Look for what is wrong with the meters."""
    _each_utility(lambda at: watch_meters(at=at))


@shared_task(name="control.switch_due")
def switch_due_task() -> None:
    """Take the stations under control whose day has come."""
    each_utility(_switch)


def _switch(utility: Utility) -> None:
    switched = switch_due(at=timezone.now())
    if switched:
        logger.info("%s: %s stations are steered from today", utility.slug, switched)


def _each_utility(look: Callable[[datetime], Watched]) -> None:
    each_utility(partial(_watch, look))


def _watch(look: Callable[[datetime], Watched], utility: Utility) -> None:
    now = timezone.now()
    done = look(now)
    told = tell_duty(at=now)
    if done.raised or done.cleared or told:
        logger.info(
            "%s: %s alarms raised, %s cleared, %s told", utility.slug, done.raised, done.cleared, told
        )


@shared_task(name="control.tell_of_answers")
def tell_of_answers_task() -> None:
    """Tell who voted what the station answered, utility after utility."""
    each_utility(lambda _utility: tell_of_answers(at=timezone.now()))
