"""What no webhook told us: unfinished payments looked up at the provider."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from accounts.scope import across_utilities, utility_scope
from billing.enums import AttemptState
from billing.models import PaymentAttempt
from billing.operations.attempts import settle
from billing.operations.payments import LEAST_LIFE_TO_OPEN, close_outdated
from billing.payments.provider import PaymentProvider, ProviderRefusedError, ProviderUnavailableError
from billing.queries.balance import open_minor
from billing.queries.payments import attempts_without_news

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """How many unfinished payments were looked at, and how many of them have moved on."""

    looked_at: int
    moved: int


def reconcile_attempts(*, provider: PaymentProvider, at: datetime) -> Reconciliation:
    """Bring every payment without news up to date: paid, expired, or its page closed where nothing is owed.

    Each is a transaction of its own. Where the provider stops answering, the rest waits for the next run.
    """
    with across_utilities("payments of all utilities"):
        attempts = list(attempts_without_news(at=at))
    moved = 0
    for looked_at, attempt in enumerate(attempts, start=1):
        try:
            with utility_scope(attempt.utility_id):
                state = _catch_up(attempt, provider=provider, at=at)
        except ProviderUnavailableError as error:
            logger.warning("reconciliation stops at %s of %s: %s", looked_at, len(attempts), error)
            return Reconciliation(looked_at, moved)
        except ProviderRefusedError:
            logger.exception("the provider knows nothing of payment %s", attempt.pk)
            continue
        moved += state != attempt.state
    return Reconciliation(len(attempts), moved)


def _catch_up(attempt: PaymentAttempt, *, provider: PaymentProvider, at: datetime) -> str:
    """The attempt's state afterwards."""
    if attempt.state == AttemptState.CREATING:
        # Its resident may still ask again under the same key; after that nobody can.
        is_lost = attempt.expires_at - at < LEAST_LIFE_TO_OPEN
        return close_outdated(attempt=attempt, provider=provider, at=at).state if is_lost else attempt.state
    owed_minor = open_minor([attempt.invoice_id])[attempt.invoice_id]
    if attempt.state == AttemptState.OPEN and owed_minor != attempt.amount_minor:
        return close_outdated(attempt=attempt, provider=provider, at=at).state
    checkout = provider.fetch(attempt.provider_session_id or "")
    return settle(attempt=attempt, checkout=checkout, at=at).attempt.state
