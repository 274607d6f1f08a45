"""What a provider says of a checkout, brought into our books: one transition function, one posting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from billing.enums import ATTEMPT_RANK, AccountCode, AttemptState, EntryKind
from billing.models import Invoice, PaymentAttempt
from billing.operations.credit import balance_contracts, lock_contracts
from billing.operations.ledger import Side, post_entry
from billing.payments.provider import Checkout, CheckoutStatus

STATE_OF: Final = {
    CheckoutStatus.OPEN: AttemptState.OPEN,
    CheckoutStatus.PROCESSING: AttemptState.PROCESSING,
    CheckoutStatus.PAID: AttemptState.PAID,
    CheckoutStatus.FAILED: AttemptState.FAILED,
    CheckoutStatus.EXPIRED: AttemptState.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Settlement:
    """The attempt as it stands now; ``fault`` says why the checkout was not believed, "" where it was."""

    attempt: PaymentAttempt
    fault: str = ""


@transaction.atomic
def settle(*, attempt: PaymentAttempt, checkout: Checkout, at: datetime) -> Settlement:
    """Take over what the provider says now; told twice or out of order, the outcome is the same.

    Money is posted once. What exceeds the debt, because somebody else paid meanwhile, becomes the
    customer's credit. A checkout that does not fit the attempt changes nothing but its note.
    """
    # Locks in one order everywhere: event, contract, invoice, attempt.
    lock_contracts([attempt.invoice.contract_id])
    invoice = lock_invoice(attempt.invoice_id)
    attempt = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
    fault = _fault(attempt, checkout)
    if fault:
        attempt.note = fault
        attempt.save(update_fields=["note"])
        return Settlement(attempt, fault)
    state = STATE_OF[checkout.status]
    facts: dict[str, Any] = {
        "provider_session_id": checkout.session_id,
        "provider_payment_id": checkout.payment_id,
        "url": checkout.url,
    }
    if state is AttemptState.PAID:
        facts["paid_at"] = at
    if advance(attempt, state, **facts) and state is AttemptState.PAID:
        _post(attempt, invoice, at=at)
    return Settlement(attempt)


def advance(attempt: PaymentAttempt, to: AttemptState, **facts: object) -> bool:
    """Move a locked attempt on, with what is known of it now; False where it is that far already."""
    if ATTEMPT_RANK[to] <= ATTEMPT_RANK[AttemptState(attempt.state)]:
        return False
    attempt.state = to
    for name, value in facts.items():
        setattr(attempt, name, value)
    attempt.save(update_fields=["state", *facts])
    return True


def lock_invoice(invoice_id: int) -> Invoice:
    """The invoice's row, so that no other payment of it is started or posted until we commit."""
    # No key is changed, so postings and lines may still refer to the row meanwhile.
    return Invoice.objects.select_for_update(no_key=True).get(pk=invoice_id)


def _fault(attempt: PaymentAttempt, checkout: Checkout) -> str:
    """Why this checkout cannot be this attempt's, or ""."""
    expected = (str(attempt.pk), attempt.amount_minor, attempt.currency)
    told = (checkout.attempt_id, checkout.amount_minor, checkout.currency)
    if told != expected:
        return f"The provider speaks of (attempt, amount, currency) {told}, our attempt is {expected}."
    if attempt.provider_session_id not in {None, checkout.session_id}:
        return f"The provider speaks of {checkout.session_id}, ours is {attempt.provider_session_id}."
    return ""


def _post(attempt: PaymentAttempt, invoice: Invoice, *, at: datetime) -> None:
    """The whole sum pays this bill; what that is too much becomes credit, and may pay another."""
    post_entry(
        key=attempt.key,
        kind=EntryKind.PAYMENT,
        at=at,
        currency=attempt.currency,
        memo=f"{attempt.provider} {attempt.provider_payment_id}",
        sides=[
            Side(account=AccountCode.PROVIDER_CLEARING, amount_minor=attempt.amount_minor),
            Side(
                account=AccountCode.RECEIVABLE,
                amount_minor=-attempt.amount_minor,
                contract_id=invoice.contract_id,
                invoice_id=invoice.pk,
            ),
        ],
    )
    balance_contracts(contract_ids=[invoice.contract_id], cause=attempt.key, at=at)
