"""What no webhook told us: unfinished payments and refunds looked up, lists of the provider read."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.scope import across_utilities, utility_scope
from billing.enums import AttemptState, RefundState
from billing.models import PaymentAttempt, Payout, Refund, WebhookEvent
from billing.operations.attempts import settle
from billing.operations.clearing import cursor_of, move_cursor, read_movements, settle_payout
from billing.operations.news import news_of
from billing.operations.payments import LEAST_LIFE_TO_OPEN, close_outdated
from billing.operations.refunds import make_room, send_refund, settle_refund
from billing.operations.webhooks import receive_event
from billing.payments.provider import (
    InboundEvent,
    PaymentProvider,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from billing.queries.balance import open_minor
from billing.queries.payments import attempts_without_news

EVENTS: Final = "events"

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


def fill_gaps(*, provider: PaymentProvider, at: datetime) -> int:
    """Take over the provider's own list of events, so that no lost webhook stays lost; how many were new.

    An event that came by webhook already is no news. Where the provider has forgotten the row we stopped
    at (it keeps a month), the whole list is read again.
    """
    new = 0
    while page := _events(provider):
        with transaction.atomic():
            # An old event of a kind that changes nothing here need not fill the inbox.
            wanted = [event for event in page if news_of(event.type) is not None]
            known = set(
                WebhookEvent.objects.filter(event_id__in=[event.event_id for event in wanted]).values_list(
                    "event_id", flat=True
                )
            )
            for event in wanted:
                if event.event_id not in known:
                    receive_event(provider=provider.name, event=event, at=at)
                    new += 1
            move_cursor(provider=provider.name, stream=EVENTS, to=page[-1].event_id)
    return new


def _events(provider: PaymentProvider) -> list[InboundEvent]:
    cursor = cursor_of(provider=provider.name, stream=EVENTS)
    try:
        return provider.events_after(cursor)
    except ProviderRefusedError:
        if not cursor:
            raise
        return provider.events_after("")


def reconcile_refunds(*, provider: PaymentProvider, at: datetime) -> int:
    """Send refunds that were agreed, and look up those that wait for a bank; how many moved on."""
    with across_utilities("refunds of all utilities"):
        rows = Refund.objects.filter(state__in=[RefundState.APPROVED, RefundState.PENDING])
        refunds = list(rows.select_related("attempt__invoice").order_by("requested_at"))
    moved = 0
    for refund in refunds:
        with utility_scope(refund.utility_id):
            try:
                moved += _send_or_look(refund, provider=provider, at=at).state != refund.state
            except ProviderUnavailableError as error:
                logger.warning("refunds wait: %s", error)
                return moved
            except ProviderRefusedError:
                logger.exception("the provider knows nothing of refund %s", refund.pk)
    return moved


def reconcile_account(*, provider: PaymentProvider, at: datetime) -> int:
    """Read the provider's account, and post the payouts that waited for it; how many lines were new."""
    count = read_movements(provider=provider, at=at)
    for payout_id in Payout.objects.filter(posted_at__isnull=True).values_list("payout_id", flat=True):
        settle_payout(payout_id=payout_id, provider=provider, at=at)
    return count


def _send_or_look(refund: Refund, *, provider: PaymentProvider, at: datetime) -> Refund:
    if refund.provider_refund_id:
        told = provider.fetch_refund(refund.provider_refund_id)
        make_room(attempt=refund.attempt, told=told, provider=provider, at=at)
        return settle_refund(refund=refund, told=told, at=at)
    return send_refund(refund=refund, provider=provider, at=at)


def _catch_up(attempt: PaymentAttempt, *, provider: PaymentProvider, at: datetime) -> str:
    """The attempt's state afterwards."""
    if attempt.state == AttemptState.CREATING and attempt.mandate_id is not None:
        # A charge may have gone through unheard: it is sent again under its key, never given up.
        return attempt.state
    if attempt.state == AttemptState.CREATING:
        # Its resident may still ask again under the same key; after that nobody can.
        is_lost = attempt.expires_at - at < LEAST_LIFE_TO_OPEN
        return close_outdated(attempt=attempt, provider=provider, at=at).state if is_lost else attempt.state
    owed_minor = open_minor([attempt.invoice_id])[attempt.invoice_id]
    if attempt.state == AttemptState.OPEN and owed_minor != attempt.amount_minor:
        return close_outdated(attempt=attempt, provider=provider, at=at).state
    checkout = provider.fetch(attempt.provider_session_id or "")
    return settle(attempt=attempt, checkout=checkout, at=at).attempt.state
