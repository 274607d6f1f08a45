"""Disputes: the books are brought to what the provider says now, however often it says it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from billing.enums import AccountCode, DisputeState, EntryKind
from billing.models import Dispute, Invoice, PaymentAttempt
from billing.operations.credit import balance_contracts, lock_contracts
from billing.operations.ledger import Side, post_entry
from billing.payments.provider import DisputeStatus, DisputeTold

STATE_OF: Final = {
    DisputeStatus.INQUIRY: DisputeState.INQUIRY,
    DisputeStatus.OPEN: DisputeState.OPEN,
    DisputeStatus.WON: DisputeState.WON,
    DisputeStatus.LOST: DisputeState.LOST,
    DisputeStatus.CLOSED: DisputeState.CLOSED,
}
# Answers may overtake each other on the way to us; one from an earlier stage is old news.
STAGE: Final = {
    DisputeState.INQUIRY: 0,
    DisputeState.OPEN: 1,
    DisputeState.CLOSED: 2,
    DisputeState.LOST: 2,
    DisputeState.WON: 2,
}
LAST_STAGE: Final = 2


@transaction.atomic
def settle_dispute(*, attempt: PaymentAttempt, told: DisputeTold, at: datetime) -> Dispute:
    """Bring a dispute and its postings to what the provider says.

    What the bank holds stands on `disputed`; once lost, the bill is owed again. The document stays as it
    is. Nothing is posted that stands already, so a bank that changes its mind is followed.
    """
    lock_contracts([attempt.invoice.contract_id])
    list(Invoice.objects.select_for_update(no_key=True).filter(pk=attempt.invoice_id).values_list("pk"))
    state = STATE_OF[told.status]
    dispute, _is_new = Dispute.objects.select_for_update().get_or_create(
        provider_dispute_id=told.dispute_id,
        defaults={
            "attempt": attempt,
            "amount_minor": told.amount_minor,
            "currency": told.currency,
            "reason": told.reason,
            "state": state,
            "opened_at": told.opened_at,
        },
    )
    before = DisputeState(dispute.state)
    if STAGE[state] < STAGE[before]:
        return dispute
    withdrawn = told.withdrawn_minor
    if state is before and state is not DisputeState.WON:
        # Within a stage the bank only ever takes; what says less was said earlier.
        withdrawn = max(withdrawn, dispute.withdrawn_minor)
    reopened = withdrawn if state is DisputeState.LOST else 0
    moved = withdrawn - dispute.withdrawn_minor, reopened - dispute.reopened_minor
    dispute.state, dispute.answer_by = state, told.answer_by
    dispute.withdrawn_minor, dispute.reopened_minor = withdrawn, reopened
    dispute.closed_at = (dispute.closed_at or at) if STAGE[state] == LAST_STAGE else None
    dispute.steps += any(moved)
    dispute.save()
    if any(moved):
        _post(dispute, withdrawn_minor=moved[0], reopened_minor=moved[1], at=at)
    return dispute


def _post(dispute: Dispute, *, withdrawn_minor: int, reopened_minor: int, at: datetime) -> None:
    invoice = dispute.attempt.invoice
    key = f"{dispute.key}:{dispute.steps}"
    post_entry(
        key=key,
        kind=EntryKind.DISPUTE,
        at=at,
        currency=dispute.currency,
        memo=dispute.reason,
        sides=[
            Side(account=AccountCode.PROVIDER_CLEARING, amount_minor=-withdrawn_minor),
            Side(
                account=AccountCode.DISPUTED,
                amount_minor=withdrawn_minor - reopened_minor,
                contract_id=invoice.contract_id,
                invoice_id=invoice.pk,
            ),
            Side(
                account=AccountCode.RECEIVABLE,
                amount_minor=reopened_minor,
                contract_id=invoice.contract_id,
                invoice_id=invoice.pk,
            ),
        ],
    )
    balance_contracts(contract_ids=[invoice.contract_id], cause=key, at=at)
