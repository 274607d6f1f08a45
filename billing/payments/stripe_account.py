"""Stripe's objects about money that goes back or on to the bank, in the domain's words."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

import stripe

from billing.payments.inbound import envelope
from billing.payments.provider import (
    DisputeStatus,
    DisputeTold,
    InboundEvent,
    MovementTold,
    PayoutTold,
    RefundStatus,
    RefundTold,
)

# `canceled` and `requires_action` are of methods we do not offer; neither has moved money.
REFUNDS: Final = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
DISPUTES: Final = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.CLOSED,
    "prevented": DisputeStatus.CLOSED,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}


def refund_told(refund: stripe.Refund) -> RefundTold:
    """A refund fetched with its payment."""
    metadata = refund.metadata.to_dict() if refund.metadata else {}
    return RefundTold(
        provider_refund_id=refund.id,
        status=REFUNDS[refund.status or "pending"],
        amount_minor=refund.amount,
        currency=refund.currency.upper(),
        payment_id=_name(refund.payment_intent),
        attempt_id=_attempt(refund.payment_intent),
        refund_id=str(metadata.get("refund", "")),
    )


def dispute_told(dispute: stripe.Dispute) -> DisputeTold:
    """A dispute fetched with its payment. What the bank holds is the sum of what it moved."""
    due_by = dispute.evidence_details.due_by
    return DisputeTold(
        dispute_id=dispute.id,
        status=DISPUTES.get(dispute.status, DisputeStatus.OPEN),
        amount_minor=dispute.amount,
        withdrawn_minor=-sum(moved.amount for moved in dispute.balance_transactions),
        currency=dispute.currency.upper(),
        reason=dispute.reason,
        payment_id=_name(dispute.payment_intent),
        attempt_id=_attempt(dispute.payment_intent),
        opened_at=_instant(dispute.created),
        answer_by=_instant(due_by) if due_by else None,
    )


def payout_told(payout: stripe.Payout) -> PayoutTold:
    """A payout."""
    return PayoutTold(
        payout_id=payout.id,
        amount_minor=payout.amount,
        currency=payout.currency.upper(),
        arrives_on=_instant(payout.arrival_date).date(),
        has_failed=payout.status in {"failed", "canceled"},
    )


def movement_told(moved: stripe.BalanceTransaction) -> MovementTold:
    """A line of the account, fetched with its source."""
    source: Any = moved.source
    is_known = source is not None and not isinstance(source, str)
    return MovementTold(
        movement_id=moved.id,
        kind=moved.type,
        source_id=_name(source),
        payment_id=_name(getattr(source, "payment_intent", None)) if is_known else "",
        amount_minor=moved.amount,
        fee_minor=moved.fee,
        currency=moved.currency.upper(),
        created_at=_instant(moved.created),
    )


def event_told(event: stripe.Event) -> InboundEvent:
    """An event of the list, read as if it had been sent."""
    content = event.to_dict()
    return envelope(content, raw=json.dumps(content, default=str, ensure_ascii=False))


def _name(thing: Any) -> str:  # noqa: ANN401 - an id, an object or nothing
    return "" if thing is None else thing if isinstance(thing, str) else str(thing.id)


def _attempt(intent: str | stripe.PaymentIntent | None) -> str:
    if intent is None or isinstance(intent, str) or not intent.metadata:
        return ""
    return str(intent.metadata.to_dict().get("attempt", ""))


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
