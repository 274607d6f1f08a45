"""Disputes: a cardholder's bank takes the money back, and may have to return it."""

from __future__ import annotations

from typing import Final

from billing.fakestripe import movements
from billing.fakestripe.book import Book, Json
from billing.fakestripe.events import emit
from billing.fakestripe.refusals import StripeRefusalError

# What Stripe keeps of the merchant's money for every dispute, won or lost.
FEE_MINOR: Final = 1500
OPEN: Final = "needs_response"
INQUIRY: Final = "warning_needs_response"


def dispute(book: Book, charge: Json, *, reason: str = "fraudulent", inquiry: bool = False) -> Json:
    """Dispute what is left of a paid card charge; an ``inquiry`` moves no money yet.

    Raises:
        StripeRefusalError: nothing is left of it, it is disputed already, or the method knows no disputes.
    """
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"] or left < 1 or charge["payment_method_details"]["type"] != "card":
        raise StripeRefusalError(f"Charge {charge['id']} cannot be disputed.")
    status = INQUIRY if inquiry else OPEN
    given = book.add(movements.dispute(book, charge, amount_minor=left, reason=reason, status=status))
    charge["disputed"] = True
    emit(book, "charge.dispute.created", given)
    if not inquiry:
        _move(book, given, amount_minor=-left, fee_minor=FEE_MINOR)
        emit(book, "charge.dispute.funds_withdrawn", given)
    return given


def close_dispute(book: Book, given: Json, *, won: bool) -> Json:
    """The bank decides; money that was withdrawn comes back where the merchant wins.

    Raises:
        StripeRefusalError: it is decided already.
    """
    if given["status"] not in {OPEN, INQUIRY}:
        raise StripeRefusalError(f"Dispute {given['id']} is {given['status']} already.")
    if given["status"] == INQUIRY:
        given["status"] = "warning_closed"
        # An inquiry that comes to nothing leaves the charge as it was.
        book.get("charge", given["charge"])["disputed"] = False
    else:
        given["status"] = "won" if won else "lost"
    if given["status"] == "won":
        _move(book, given, amount_minor=given["amount"], fee_minor=0)
        emit(book, "charge.dispute.funds_reinstated", given)
    emit(book, "charge.dispute.closed", given)
    return given


def _move(book: Book, given: Json, *, amount_minor: int, fee_minor: int) -> None:
    moved = movements.balance_transaction(
        book, given, amount_minor=amount_minor, kind="adjustment", fee_minor=fee_minor
    )
    moved["reporting_category"] = "dispute" if amount_minor < 0 else "dispute_reversal"
    given["balance_transactions"].append(book.add(moved))
