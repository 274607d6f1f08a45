"""Giving money back: asked for, agreed by a second person above the limit, sent once, booked as it goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import User
from billing.enums import (
    LIVE_REFUNDS,
    REFUND_RANK,
    AccountCode,
    AttemptState,
    EntryKind,
    RefundReason,
    RefundState,
)
from billing.models import Dispute, Invoice, JournalEntry, PaymentAttempt, Refund
from billing.operations.credit import balance_contracts, credit_minor, lock_contracts
from billing.operations.ledger import Side, post_entry, reverse_entry
from billing.payments.provider import (
    KEYS_HOLD_FOR,
    PaymentProvider,
    ProviderRefusedError,
    RefundOrder,
    RefundStatus,
    RefundTold,
)
from billing.queries.dunning import payment_rules

STATE_OF: Final = {
    RefundStatus.PENDING: RefundState.PENDING,
    RefundStatus.SUCCEEDED: RefundState.SUCCEEDED,
    RefundStatus.FAILED: RefundState.FAILED,
}


class RefundError(ValueError):
    """Why a refund cannot be, in the clerk's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Who wants how much of which payment to go back, and why."""

    attempt: PaymentAttempt
    amount_minor: int
    reason: RefundReason
    by: User
    note: str = ""


@transaction.atomic
def request_refund(*, request: RefundRequest, at: datetime) -> Refund:
    """Write a refund down; up to the utility's limit it is agreed at once, above it a second person decides.

    The limit is of the payment: what else of it goes back without a second person's word counts too.

    Raises:
        RefundError: the payment is not paid, is disputed, or has less left to give back.
    """
    attempt = _locked(request.attempt)
    left = refundable_minor(attempt)
    if not 0 < request.amount_minor <= left:
        raise RefundError(
            _("Between 1 and %(left)s of this payment's smallest coin can go back.") % {"left": left}
        )
    alone_minor = request.amount_minor + _unseen_minor(attempt)
    needs_second = alone_minor > payment_rules().refund_alone_up_to_minor
    refund = Refund.objects.create(
        contract_id=attempt.invoice.contract_id,
        attempt=attempt,
        amount_minor=request.amount_minor,
        currency=attempt.currency,
        reason=request.reason,
        state=RefundState.REQUESTED if needs_second else RefundState.APPROVED,
        needs_second_person=needs_second,
        requested_by=request.by,
        requested_at=at,
        note=request.note,
    )
    if not needs_second:
        _post_due(refund, attempt.invoice, at=at)
    return refund


@transaction.atomic
def decide_refund(*, refund: Refund, by: User, agreed: bool, at: datetime) -> Refund:
    """The second person's word. Deciding again what is decided changes nothing.

    Raises:
        RefundError: the one who decides is the one who asked.
    """
    attempt = _locked(refund.attempt)
    refund = Refund.objects.select_for_update().get(pk=refund.pk)
    if refund.state != RefundState.REQUESTED:
        return refund
    if refund.requested_by_id == by.pk:
        raise RefundError(_("Somebody else has to agree to a refund you asked for."))
    refund.decided_by, refund.decided_at = by, at
    refund.state = RefundState.APPROVED if agreed else RefundState.REJECTED
    refund.save(update_fields=["decided_by", "decided_at", "state"])
    if agreed:
        _post_due(refund, attempt.invoice, at=at)
    return refund


def send_refund(*, refund: Refund, provider: PaymentProvider, at: datetime) -> Refund:
    """Have the provider give the money back; after any failure, call this again.

    Once the provider may have forgotten the key, the refund is looked up before it is sent anew.

    Raises:
        ProviderUnavailableError: it does not answer; the refund waits for the next sweep.
    """
    if refund.state not in {RefundState.APPROVED, RefundState.PENDING}:
        return refund
    order = RefundOrder(
        key=refund.key,
        refund_id=str(refund.pk),
        payment_id=refund.attempt.provider_payment_id,
        amount_minor=refund.amount_minor,
    )
    asked_at = refund.decided_at or refund.requested_at
    try:
        found = provider.find_refund(order) if at >= asked_at + KEYS_HOLD_FOR else None
        told = found or provider.refund(order)
    except ProviderRefusedError as error:
        return _end(refund, RefundState.FAILED, provider_refund_id=None, note=str(error), at=at)
    make_room(attempt=refund.attempt, told=told, provider=provider, at=at)
    return settle_refund(refund=refund, told=told, at=at)


def settle_refund(*, refund: Refund, told: RefundTold, at: datetime) -> Refund:
    """Take over what the provider says of a refund now; told twice or out of order, it ends the same."""
    return _end(refund, STATE_OF[told.status], provider_refund_id=told.provider_refund_id, note="", at=at)


@transaction.atomic
def import_refund(*, attempt: PaymentAttempt, told: RefundTold, at: datetime) -> Refund:
    """Book a refund that somebody made at the provider: it has happened, so it needs nobody's consent."""
    attempt = _locked(attempt)
    known = Refund.objects.filter(provider_refund_id=told.provider_refund_id).first()
    if known is None and told.status is RefundStatus.FAILED:
        # Neither side holds anything of it; written down all the same, so that nobody wonders later.
        return _external(attempt, told, at=at, state=RefundState.FAILED)
    if known is None:
        known = _external(attempt, told, at=at, state=RefundState.APPROVED)
        _post_due(known, attempt.invoice, at=at)
    return settle_refund(refund=known, told=told, at=at)


def make_room(*, attempt: PaymentAttempt, told: RefundTold, provider: PaymentProvider, at: datetime) -> None:
    """Hear what became of a payment's other refunds, where with this one they would exceed it.

    The provider never gives back too much, so one of the others has failed and the news is on its way.
    """
    others = Refund.objects.filter(attempt=attempt, state__in=[RefundState.PENDING, RefundState.SUCCEEDED])
    others = others.exclude(provider_refund_id=told.provider_refund_id)
    given_minor = sum(others.values_list("amount_minor", flat=True))
    if given_minor + told.amount_minor <= attempt.amount_minor:
        return
    for other in others.select_related("attempt__invoice"):
        newest = provider.fetch_refund(other.provider_refund_id or "")
        settle_refund(refund=other, told=newest, at=at)


def refundable_minor(attempt: PaymentAttempt) -> int:
    """What of a payment may still go back: nothing of one that is not paid or that a bank has taken back."""
    is_taken = Dispute.objects.filter(attempt=attempt, withdrawn_minor__gt=0).exists()
    if attempt.state != AttemptState.PAID or is_taken:
        return 0
    given = Refund.objects.filter(attempt=attempt, state__in=LIVE_REFUNDS)
    return attempt.amount_minor - (given.aggregate(minor=Sum("amount_minor"))["minor"] or 0)


def _unseen_minor(attempt: PaymentAttempt) -> int:
    """What goes back of a payment without anybody but who asked; split in parts it is no less."""
    unseen = Refund.objects.filter(attempt=attempt, state__in=LIVE_REFUNDS, decided_by__isnull=True)
    return unseen.aggregate(minor=Sum("amount_minor"))["minor"] or 0


def _external(attempt: PaymentAttempt, told: RefundTold, *, at: datetime, state: RefundState) -> Refund:
    return Refund.objects.create(
        contract_id=attempt.invoice.contract_id,
        attempt=attempt,
        amount_minor=told.amount_minor,
        currency=told.currency,
        reason=RefundReason.EXTERNAL,
        state=state,
        needs_second_person=False,
        requested_at=at,
        provider_refund_id=told.provider_refund_id,
    )


@transaction.atomic
def _end(
    refund: Refund, to: RefundState, *, provider_refund_id: str | None, note: str, at: datetime
) -> Refund:
    _locked(refund.attempt)
    refund = Refund.objects.select_for_update().get(pk=refund.pk)
    before = RefundState(refund.state)
    if REFUND_RANK[to] <= REFUND_RANK[before]:
        return refund
    refund.state = to
    refund.note = refund.note or note
    refund.provider_refund_id = provider_refund_id or refund.provider_refund_id
    refund.ended_at = None if to is RefundState.PENDING else at
    refund.save(update_fields=["state", "note", "provider_refund_id", "ended_at"])
    if to is RefundState.SUCCEEDED:
        _post_gone(refund, at=at)
    if to is RefundState.FAILED:
        _undo(refund, was_gone=before is RefundState.SUCCEEDED, at=at)
    return refund


def _locked(attempt: PaymentAttempt) -> PaymentAttempt:
    """The payment, after the locks on its customer's money, in their order."""
    lock_contracts([attempt.invoice.contract_id])
    list(Invoice.objects.select_for_update(no_key=True).filter(pk=attempt.invoice_id).values_list("pk"))
    return PaymentAttempt.objects.select_for_update(of=("self",)).select_related("invoice").get(pk=attempt.pk)


def _post_due(refund: Refund, invoice: Invoice, *, at: datetime) -> None:
    """We owe it from now on: out of the credit first; the rest is owed again on the bill that was paid."""
    from_credit = min(max(0, credit_minor(refund.contract_id, refund.currency)), refund.amount_minor)
    post_entry(
        key=refund.key,
        kind=EntryKind.REFUND,
        at=at,
        currency=refund.currency,
        memo=refund.get_reason_display(),
        sides=[
            Side(
                account=AccountCode.CUSTOMER_CREDIT,
                amount_minor=from_credit,
                contract_id=refund.contract_id,
            ),
            Side(
                account=AccountCode.RECEIVABLE,
                amount_minor=refund.amount_minor - from_credit,
                contract_id=refund.contract_id,
                invoice_id=invoice.pk,
            ),
            Side(
                account=AccountCode.REFUNDS_DUE,
                amount_minor=-refund.amount_minor,
                contract_id=refund.contract_id,
            ),
        ],
    )


def _post_gone(refund: Refund, *, at: datetime) -> None:
    post_entry(
        key=f"{refund.key}:gone",
        kind=EntryKind.REFUND,
        at=at,
        currency=refund.currency,
        memo=refund.provider_refund_id or "",
        sides=[
            Side(
                account=AccountCode.REFUNDS_DUE,
                amount_minor=refund.amount_minor,
                contract_id=refund.contract_id,
            ),
            Side(account=AccountCode.PROVIDER_CLEARING, amount_minor=-refund.amount_minor),
        ],
    )


def _undo(refund: Refund, *, was_gone: bool, at: datetime) -> None:
    """What was booked for it is taken back, step by step; the customer has the credit again."""
    if was_gone:
        reverse_entry(key=f"{refund.key}:gone", into=f"{refund.key}:returned", at=at)
    if JournalEntry.objects.filter(key=refund.key).exists():
        reverse_entry(key=refund.key, into=f"{refund.key}:failed", at=at)
    balance_contracts(contract_ids=[refund.contract_id], cause=f"{refund.key}:failed", at=at)
