"""The inbox of provider events: stored first, then a reason to look at the provider, never the truth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.scope import across_utilities, utility_scope
from billing.enums import EventState
from billing.models import PaymentAttempt, WebhookEvent
from billing.operations.attempts import settle
from billing.payments.provider import (
    Checkout,
    InboundEvent,
    PaymentProvider,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from config.api.outbox import wake_worker

CHECKOUT_EVENTS: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    }
)
# Money that goes back; our books know no such movement yet, so a clerk has to see it.
MONEY_BACK_EVENTS: Final = frozenset(
    {"refund.created", "refund.failed", "charge.dispute.created", "charge.dispute.funds_withdrawn"}
)


@transaction.atomic
def receive_event(*, provider: str, event: InboundEvent, at: datetime) -> WebhookEvent:
    """Store a verified event once and wake a worker after commit; the same event again is no news."""
    row, is_new = WebhookEvent.objects.get_or_create(
        provider=provider,
        event_id=event.event_id,
        defaults={
            "type": event.type,
            "subject_id": event.subject_id,
            "raw": event.raw,
            "received_at": at,
        },
    )
    if is_new:
        transaction.on_commit(partial(wake_worker, "billing.process_event", row.pk))
    return row


def process_event(*, event_id: int, provider: PaymentProvider, at: datetime) -> WebhookEvent:
    """Look at the provider what became of the checkout an event is about, and bring it into our books.

    Processing an event twice, at once or one after the other, does what doing it once does. Where the
    provider does not answer, the event stays where it is for the next sweep.
    """
    event = WebhookEvent.objects.get(pk=event_id)
    if event.state != EventState.RECEIVED:
        return event
    if event.type in MONEY_BACK_EVENTS:
        reason = _("Money went back at the provider; book it by hand.")
        return _close(event_id, EventState.ATTENTION, reason, at=at)
    if event.type not in CHECKOUT_EVENTS:
        return _close(event_id, EventState.IGNORED, "", at=at)
    try:
        checkout = provider.fetch(event.subject_id)
    except ProviderUnavailableError as error:
        WebhookEvent.objects.filter(pk=event_id).update(failures=F("failures") + 1, error=str(error))
        return WebhookEvent.objects.get(pk=event_id)
    except ProviderRefusedError as error:
        return _close(event_id, EventState.ATTENTION, str(error), at=at)
    return _apply(event_id, checkout, at=at)


def process_again(*, event_ids: Sequence[int]) -> int:
    """Put events back into the inbox and wake a worker for each, whatever became of them; how many."""
    with transaction.atomic():
        rows = WebhookEvent.objects.select_for_update().filter(pk__in=event_ids)
        for row in rows:
            row.state = EventState.RECEIVED
            row.save(update_fields=["state"])
            transaction.on_commit(partial(wake_worker, "billing.process_event", row.pk))
        return len(rows)


def _apply(event_id: int, checkout: Checkout, *, at: datetime) -> WebhookEvent:
    with transaction.atomic():
        # First of the locks (event, invoice, attempt): a second worker waits here, and finds it done.
        event = WebhookEvent.objects.select_for_update().get(pk=event_id)
        if event.state != EventState.RECEIVED:
            return event
        attempt = _attempt_of(checkout)
        if attempt is None:
            fault = _("No payment of ours is called '%(name)s'.") % {"name": checkout.attempt_id}
        else:
            with utility_scope(attempt.utility_id):
                fault = settle(attempt=attempt, checkout=checkout, at=at).fault
        return _close(event_id, EventState.ATTENTION if fault else EventState.DONE, fault, at=at)


def _attempt_of(checkout: Checkout) -> PaymentAttempt | None:
    """The attempt a checkout was opened for, by the name it carries: an event may overtake our own row."""
    try:
        attempt_id = UUID(checkout.attempt_id)
    except ValueError:
        return None
    with across_utilities("an event names its payment, not its utility"):
        return PaymentAttempt.objects.filter(pk=attempt_id).first()


@transaction.atomic
def _close(event_id: int, state: EventState, reason: str, *, at: datetime) -> WebhookEvent:
    event = WebhookEvent.objects.select_for_update().get(pk=event_id)
    event.state, event.error, event.processed_at = state, reason, at
    event.save(update_fields=["state", "error", "processed_at"])
    return event
