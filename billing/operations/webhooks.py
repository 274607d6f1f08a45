"""The inbox of provider events: stored first, then a reason to look at the provider, never the truth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F

from billing.enums import EventState
from billing.models import WebhookEvent
from billing.operations.news import news_of
from billing.payments.provider import (
    InboundEvent,
    PaymentProvider,
    ProviderRefusedError,
    ProviderUnavailableError,
)
from config.api.outbox import wake_worker


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
    """Look at the provider what became of the thing an event is about, and bring it into our books.

    Processing an event twice, at once or one after the other, does what doing it once does. Where the
    provider does not answer, the event stays where it is for the next sweep.
    """
    event = WebhookEvent.objects.get(pk=event_id)
    if event.state != EventState.RECEIVED:
        return event
    take_news = news_of(event.type)
    if take_news is None:
        return _close(event_id, EventState.IGNORED, "", at=at)
    try:
        # Outside of any transaction: no lock of ours waits for the provider's answer.
        fault = take_news(subject_id=event.subject_id, provider=provider, at=at)
    except ProviderUnavailableError as error:
        WebhookEvent.objects.filter(pk=event_id).update(failures=F("failures") + 1, error=str(error))
        return WebhookEvent.objects.get(pk=event_id)
    except ProviderRefusedError as error:
        fault = str(error)
    return _close(event_id, EventState.ATTENTION if fault else EventState.DONE, fault, at=at)


def process_again(*, event_ids: Sequence[int]) -> int:
    """Put events back into the inbox and wake a worker for each, whatever became of them; how many."""
    with transaction.atomic():
        rows = WebhookEvent.objects.select_for_update().filter(pk__in=event_ids)
        for row in rows:
            row.state = EventState.RECEIVED
            row.save(update_fields=["state"])
            transaction.on_commit(partial(wake_worker, "billing.process_event", row.pk))
        return len(rows)


@transaction.atomic
def _close(event_id: int, state: EventState, reason: str, *, at: datetime) -> WebhookEvent:
    event = WebhookEvent.objects.select_for_update().get(pk=event_id)
    if event.state != EventState.RECEIVED:
        # A second worker was faster, with the same news.
        return event
    event.state, event.error, event.processed_at = state, reason, at
    event.save(update_fields=["state", "error", "processed_at"])
    return event
