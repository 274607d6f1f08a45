"""Work done for one utility after another, where none is to suffer for what ails another."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack

from accounts.models import Utility
from accounts.scope import utility_scope

logger = logging.getLogger(__name__)


def each_utility(work: Callable[[Utility], object]) -> None:
    """Do ``work`` for every utility in its scope, by age; one that fails does not keep it from the others.

    Raises:
        Exception: what the last failing one raised, after all had their turn; the others are in the log.
    """
    with ExitStack() as turns:
        # Last in, first out.
        for utility in Utility.objects.order_by("-pk"):
            turns.callback(_turn, work, utility)


def _turn(work: Callable[[Utility], object], utility: Utility) -> None:
    try:
        with utility_scope(utility):
            work(utility)
    except Exception:
        # Passed on, whatever it is; but a later one's failure would hide it.
        logger.exception("%s: its turn failed", utility.slug)
        raise
