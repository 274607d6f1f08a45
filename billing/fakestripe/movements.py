"""How each movement of money looks: balance transactions, refunds, disputes, payouts."""

from __future__ import annotations

from typing import Final

from billing.fakestripe.book import Book, Json

# 2.9 % and 2.00 of the minor unit's hundred, so that fees and net are never round by accident.
FEE_PER_MILLE: Final = 29
FEE_FIXED_MINOR: Final = 200
SETTLES_AFTER_S: Final = 2 * 24 * 3600


def balance_transaction(
    book: Book, source: Json, *, amount_minor: int, kind: str, fee_minor: int | None = None
) -> Json:
    """What a charge (positive), a refund, a dispute or a payout (negative) did to the account's balance.

    Charges cost a fee; anything else costs ``fee_minor``, or nothing.
    """
    usual = amount_minor * FEE_PER_MILLE // 1000 + FEE_FIXED_MINOR if kind == "charge" else 0
    fee = usual if fee_minor is None else fee_minor
    details = {"amount": fee, "application": None, "currency": source["currency"], "type": "stripe_fee"}
    return {
        "id": book.new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount_minor,
        "available_on": book.now() + SETTLES_AFTER_S,
        "balance_type": "payments",
        "created": book.now(),
        "currency": source["currency"],
        "description": None,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{**details, "description": "Stripe processing fees"}] if fee else [],
        "net": amount_minor - fee,
        "reporting_category": kind,
        "source": source["id"],
        "status": "pending",
        "type": kind,
    }


def refund(book: Book, of: Json, *, amount_minor: int, reason: str | None, metadata: Json) -> Json:
    """Money given back from a charge."""
    nulls = ("failure_balance_transaction", "pending_reason", "receipt_number", "source_transfer_reversal")
    return {
        "id": book.new_id("re_3"),
        "object": "refund",
        **dict.fromkeys((*nulls, "transfer_reversal", "balance_transaction", "customer", "customer_account")),
        **dict.fromkeys(("description", "failure_reason", "instructions_email", "next_action")),
        "amount": amount_minor,
        "charge": of["id"],
        "created": book.now(),
        "currency": of["currency"],
        "metadata": metadata,
        "payment_intent": of["payment_intent"],
        "payment_method": of["payment_method"],
        "reason": reason,
        "status": "succeeded",
    }


def dispute(book: Book, of: Json, *, amount_minor: int, reason: str, status: str) -> Json:
    """A cardholder's objection to a charge."""
    return {
        "id": book.new_id("du_1"),
        "object": "dispute",
        **dict.fromkeys(("intended_submission_method", "network_reason_code", "payment_method_details")),
        "amount": amount_minor,
        "balance_transactions": [],
        "charge": of["id"],
        "created": book.now(),
        "currency": of["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": book.now() + 7 * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": of["payment_intent"],
        "reason": reason,
        "status": status,
    }


def payout(book: Book, *, amount_minor: int, currency: str) -> Json:
    """Money on its way to the merchant's bank."""
    return {
        "id": book.new_id("po_1"),
        "object": "payout",
        **dict.fromkeys(PAYOUT_NULLS),
        "amount": amount_minor,
        "arrival_date": book.now(),
        "automatic": True,
        "created": book.now(),
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "completed",
        "source_type": "card",
        "status": "in_transit",
        "type": "bank_account",
    }


PAYOUT_NULLS: Final = (
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "destination",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "original_payout",
    "payout_method",
    "reversed_by",
    "statement_descriptor",
    "trace_id",
)
