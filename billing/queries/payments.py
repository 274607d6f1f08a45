"""Payments as residents, clerks and the sweeps may see them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from accounts.queries.access import Access
from accounts.scope import across_utilities
from billing.enums import ACTIVE_ATTEMPTS, EventState
from billing.models import Dispute, PaymentAttempt, Refund, WebhookEvent
from billing.queries.invoices import invoice_of

# A webhook usually takes a second; after this long without news we ask.
NEWS_AFTER: Final = timedelta(minutes=10)
# A task usually takes an event at once; one that waits this long was lost.
TASK_LOST_AFTER: Final = timedelta(minutes=1)


def attempt_of(user: User, attempt_id: UUID, *, at: datetime) -> tuple[Access, PaymentAttempt] | None:
    """A payment of one of the person's invoices, and the way to its home; None where it is not theirs."""
    with across_utilities("a payment of a person's own invoice"):
        attempt = PaymentAttempt.objects.filter(pk=attempt_id).first()
    return None if attempt is None else _with_access(user, attempt, at=at)


def attempt_of_session(user: User, session_id: str, *, at: datetime) -> tuple[Access, PaymentAttempt] | None:
    """As :func:`attempt_of`, by the provider's session: what the return address carries."""
    with across_utilities("a payment of a person's own invoice"):
        attempt = PaymentAttempt.objects.filter(provider_session_id=session_id).first()
    return None if attempt is None else _with_access(user, attempt, at=at)


def attempts_without_news(*, at: datetime) -> QuerySet[PaymentAttempt]:
    """Unfinished payments the provider has had long enough to tell us about, oldest first."""
    unfinished = PaymentAttempt.objects.filter(state__in=ACTIVE_ATTEMPTS, created_at__lt=at - NEWS_AFTER)
    return unfinished.order_by("created_at")


def events_left_behind(*, at: datetime) -> QuerySet[WebhookEvent]:
    """Events nobody processed in time, oldest first."""
    waiting = WebhookEvent.objects.filter(state=EventState.RECEIVED, received_at__lt=at - TASK_LOST_AFTER)
    return waiting.order_by("received_at")


def events_in_scope() -> QuerySet[WebhookEvent]:
    """Events about payments of the utility in scope; an event itself names no utility."""
    sessions = PaymentAttempt.objects.values("provider_session_id")
    payments = PaymentAttempt.objects.exclude(provider_payment_id="").values("provider_payment_id")
    refunds = Refund.objects.filter(provider_refund_id__isnull=False).values("provider_refund_id")
    disputes = Dispute.objects.values("provider_dispute_id")
    return WebhookEvent.objects.filter(
        Q(subject_id__in=sessions)
        | Q(subject_id__in=payments)
        | Q(subject_id__in=refunds)
        | Q(subject_id__in=disputes)
    )


def _with_access(
    user: User, attempt: PaymentAttempt, *, at: datetime
) -> tuple[Access, PaymentAttempt] | None:
    found = invoice_of(user, attempt.invoice_id, at=at)
    if found is None:
        return None
    access, attempt.invoice = found
    return access, attempt
