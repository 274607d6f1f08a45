"""What was paid on a bill and what goes back, as its resident reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from billing.enums import AttemptState, RefundState
from billing.models import BankMatch, Invoice, PaymentAttempt, Refund


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Money that came (above zero) or goes back (below), when, by which way, and how far it is."""

    at: datetime
    way: str
    state: str
    amount_minor: int
    reference: str


def receipts_of(invoice: Invoice) -> list[Receipt]:
    """All payments of a bill and their refunds, the newest first."""
    paid = PaymentAttempt.objects.filter(invoice=invoice, state=AttemptState.PAID)
    found = [
        Receipt(
            at=attempt.paid_at or attempt.created_at,
            way="online",
            state="paid",
            amount_minor=attempt.amount_minor,
            reference=attempt.provider_payment_id,
        )
        for attempt in paid
    ]
    matches = BankMatch.objects.filter(invoice=invoice, undone_at__isnull=True).select_related("line")
    found += [
        Receipt(
            at=match.matched_at,
            way="bank",
            state="paid",
            amount_minor=match.line.amount_minor,
            reference=match.line.line_id,
        )
        for match in matches
    ]
    refunds = Refund.objects.filter(attempt__invoice=invoice).exclude(
        state__in=[RefundState.REQUESTED, RefundState.REJECTED]
    )
    found += [
        Receipt(
            at=refund.ended_at or refund.requested_at,
            way="refund",
            state=refund.state,
            amount_minor=-refund.amount_minor,
            reference=refund.provider_refund_id or "",
        )
        for refund in refunds
    ]
    return sorted(found, key=lambda receipt: receipt.at, reverse=True)
