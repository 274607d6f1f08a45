"""What an event is a reason to look at, and how what is found there enters our books."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.scope import across_utilities, utility_scope
from billing.enums import AttemptState
from billing.models import PaymentAttempt, PaymentMandate, Refund
from billing.operations.attempts import settle
from billing.operations.autopay import settle_setup
from billing.operations.clearing import read_movements, settle_payout
from billing.operations.disputes import settle_dispute
from billing.operations.refunds import import_refund, make_room, settle_refund
from billing.payments.provider import PaymentProvider, ProviderUnavailableError, RefundTold


class TakeNews(Protocol):
    """Asks the provider about ``subject_id`` and books what it says; why that did not fit, or ""."""

    def __call__(self, *, subject_id: str, provider: PaymentProvider, at: datetime) -> str:
        """Ask and book."""
        ...


def news_of(event_type: str) -> TakeNews | None:
    """Who looks after events of a type; None for those that change nothing here."""
    return NEWS.get(event_type)


def take_checkout(*, subject_id: str, provider: PaymentProvider, at: datetime) -> str:
    """A checkout page was paid, failed or expired."""
    mandate = _mandate(subject_id)
    if mandate is None:
        checkout = provider.fetch(subject_id)
        attempt = _attempt(checkout.attempt_id, "")
        if attempt is not None:
            with utility_scope(attempt.utility_id):
                return settle(attempt=attempt, checkout=checkout, at=at).fault
        if checkout.attempt_id:
            return _unknown(checkout.attempt_id)
    told = provider.fetch_setup(subject_id)
    # The answer that named the page may have been lost; the page still carries our name.
    mandate = mandate or _mandate_called(told.mandate_id)
    if mandate is None:
        return _unknown(subject_id)
    with utility_scope(mandate.utility_id):
        settle_setup(mandate=mandate, told=told, at=at)
    return ""


def take_charge(*, subject_id: str, provider: PaymentProvider, at: datetime) -> str:
    """A payment moved; those made on a page are the page's news."""
    with across_utilities("an event names its payment, not its utility"):
        if PaymentAttempt.objects.filter(provider_payment_id=subject_id, mandate__isnull=True).exists():
            return ""
    checkout = provider.fetch(subject_id)
    attempt = _attempt(checkout.attempt_id, "")
    if attempt is None or attempt.mandate_id is None:
        return ""
    with utility_scope(attempt.utility_id):
        return settle(attempt=attempt, checkout=checkout, at=at).fault


def take_refund(*, subject_id: str, provider: PaymentProvider, at: datetime) -> str:
    """Money goes back: by our own order, or by somebody's hand at the provider."""
    told = provider.fetch_refund(subject_id)
    attempt = _paid_attempt(told.attempt_id, told.payment_id, provider=provider, at=at)
    if attempt is None:
        return _unknown(told.payment_id)
    with utility_scope(attempt.utility_id):
        make_room(attempt=attempt, told=told, provider=provider, at=at)
        refund = _own_refund(told)
        if refund is None:
            import_refund(attempt=attempt, told=told, at=at)
            return ""
        if (refund.amount_minor, refund.currency) != (told.amount_minor, told.currency):
            return f"The provider gave back {told.amount_minor} {told.currency}, we asked for {refund}."
        settle_refund(refund=refund, told=told, at=at)
        return ""


def take_dispute(*, subject_id: str, provider: PaymentProvider, at: datetime) -> str:
    """A cardholder's bank objects, takes the money, or decides."""
    told = provider.fetch_dispute(subject_id)
    attempt = _paid_attempt(told.attempt_id, told.payment_id, provider=provider, at=at)
    if attempt is None:
        return _unknown(told.payment_id)
    with utility_scope(attempt.utility_id):
        settle_dispute(attempt=attempt, told=told, at=at)
    return ""


def take_payout(*, subject_id: str, provider: PaymentProvider, at: datetime) -> str:
    """The provider sent money to the bank."""
    read_movements(provider=provider, at=at)
    settle_payout(payout_id=subject_id, provider=provider, at=at)
    # Where it waits for movements, the sweep of the account comes back to it.
    return ""


# Whatever has been done with it, each type is a reason to look, and looking again is harmless.
NEWS: Final[dict[str, TakeNews]] = {
    "checkout.session.completed": take_checkout,
    "checkout.session.async_payment_succeeded": take_checkout,
    "checkout.session.async_payment_failed": take_checkout,
    "checkout.session.expired": take_checkout,
    "payment_intent.succeeded": take_charge,
    "payment_intent.payment_failed": take_charge,
    "refund.created": take_refund,
    "refund.updated": take_refund,
    "refund.failed": take_refund,
    "charge.dispute.created": take_dispute,
    "charge.dispute.updated": take_dispute,
    "charge.dispute.funds_withdrawn": take_dispute,
    "charge.dispute.funds_reinstated": take_dispute,
    "charge.dispute.closed": take_dispute,
    "payout.paid": take_payout,
    "payout.failed": take_payout,
    "payout.canceled": take_payout,
    "payout.reconciliation_completed": take_payout,
}


def _mandate(session_id: str) -> PaymentMandate | None:
    with across_utilities("an event names its page, not its utility"):
        return PaymentMandate.objects.filter(provider_session_id=session_id).first()


def _mandate_called(mandate_id: str) -> PaymentMandate | None:
    with across_utilities("an event names its page, not its utility"):
        try:
            return PaymentMandate.objects.filter(pk=UUID(mandate_id)).first()
        except ValueError:
            return None


def _unknown(name: str) -> str:
    return _("No payment of ours is called '%(name)s'.") % {"name": name}


def _attempt(attempt_id: str, payment_id: str) -> PaymentAttempt | None:
    """The attempt a thing is about, by the name it carries: an event may overtake our own row."""
    with across_utilities("an event names its payment, not its utility"):
        rows = PaymentAttempt.objects.select_related("invoice")
        try:
            return rows.filter(pk=UUID(attempt_id)).first()
        except ValueError:
            return rows.filter(provider_payment_id=payment_id).first() if payment_id else None


def _paid_attempt(
    attempt_id: str, payment_id: str, *, provider: PaymentProvider, at: datetime
) -> PaymentAttempt | None:
    """As above; where the news that it was paid has not come yet, that is caught up on first.

    Raises:
        ProviderUnavailableError: its payment is not ours yet, so its going back has to wait.
    """
    attempt = _attempt(attempt_id, payment_id)
    if attempt is None or attempt.state == AttemptState.PAID:
        return attempt
    if attempt.provider_session_id:
        with utility_scope(attempt.utility_id):
            checkout = provider.fetch(attempt.provider_session_id)
            attempt = settle(attempt=attempt, checkout=checkout, at=at).attempt
    if attempt.state != AttemptState.PAID:
        raise ProviderUnavailableError(f"Payment {attempt.pk} is {attempt.state} as far as we know.")
    return attempt


def _own_refund(told: RefundTold) -> Refund | None:
    try:
        return Refund.objects.select_related("attempt__invoice").filter(pk=UUID(told.refund_id)).first()
    except ValueError:
        return None
