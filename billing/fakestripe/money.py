"""Money moving in: paying a session, declines, slow methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from billing.fakestripe import movements, shapes
from billing.fakestripe.book import Book, Json
from billing.fakestripe.events import emit
from billing.fakestripe.refusals import StripeRefusalError

PAYS: Final = "4242424242424242"
# Stripe's own test cards that are turned down, with the code it gives.
DECLINES: Final = {
    "4000000000000002": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000000069": "expired_card",
}


@dataclass(frozen=True, slots=True)
class CardDeclinedError(Exception):
    """The bank says no; the session stays open for another try."""

    decline_code: str


def pay(book: Book, session: Json, *, method: str, card_number: str = "", slowly: bool = False) -> Json:
    """Pay an open session, as its customer; the session afterwards.

    ``slowly`` leaves it complete but unpaid until :func:`settle`, as bank debits do.

    Raises:
        StripeRefusalError: the session is not open or does not offer ``method``.
        CardDeclinedError: the card is one of those that are turned down.
    """
    if session["status"] != "open":
        raise StripeRefusalError(f"This Checkout Session is {session['status']}.")
    if method not in session["payment_method_types"]:
        raise StripeRefusalError(f"This Checkout Session does not take {method}.")
    # Stripe makes the intent at the first try, not with the session; declined ones count.
    intent = _intent(book, session)
    declined = decline_code(card_number) if method == "card" else ""
    if declined:
        decline(book, intent, decline_code=declined)
        raise CardDeclinedError(declined)
    start_charge(book, intent, method=method)
    # Complete means confirmed by the customer, not paid: slow methods differ here.
    session.update(status="complete", url=None, customer_details={"email": session["customer_email"]})
    if slowly:
        emit(book, "payment_intent.processing", intent)
        emit(book, "checkout.session.completed", session)
        return session
    session.update(payment_status="paid")
    succeed(book, intent)
    emit(book, "checkout.session.completed", session)
    return session


def settle(book: Book, session: Json, *, succeeded: bool) -> Json:
    """End a slow payment, days later.

    Raises:
        StripeRefusalError: the session awaits no money.
    """
    if session["status"] != "complete" or session["payment_status"] != "unpaid":
        raise StripeRefusalError("This Checkout Session awaits no money.")
    intent = book.get("payment_intent", session["payment_intent"])
    if succeeded:
        session.update(payment_status="paid")
        succeed(book, intent)
        emit(book, "checkout.session.async_payment_succeeded", session)
    else:
        charge = book.get("charge", intent["latest_charge"])
        charge.update(status="failed", failure_code="generic_decline")
        intent.update(status="requires_payment_method")
        emit(book, "payment_intent.payment_failed", intent)
        emit(book, "checkout.session.async_payment_failed", session)
    return session


def _intent(book: Book, session: Json) -> Json:
    if session["payment_intent"]:
        return book.get("payment_intent", session["payment_intent"])
    data = book.hidden[session["id"]]["payment_intent_data"]
    intent = book.add(shapes.payment_intent(book, session, data))
    session["payment_intent"] = intent["id"]
    emit(book, "payment_intent.created", intent)
    return intent


def decline_code(card_number: str) -> str:
    """Why a card is turned down, "" where it pays."""
    if card_number == PAYS:
        return ""
    # Test mode turns down every card that is not one of Stripe's test cards.
    return DECLINES.get(card_number, "live_mode_test_card")


def decline(book: Book, intent: Json, *, decline_code: str, code: str = "card_declined") -> None:
    """Note a try that the bank turned down; the intent takes another."""
    charge = book.add(shapes.charge(book, intent, method="card", status="failed"))
    charge.update(failure_code=code, failure_message="Your card was declined.")
    error = {
        "code": code,
        "decline_code": decline_code,
        "type": "card_error",
        "charge": charge["id"],
    }
    intent.update(latest_charge=charge["id"], last_payment_error=error)
    emit(book, "charge.failed", charge)
    emit(book, "payment_intent.payment_failed", intent)


def start_charge(book: Book, intent: Json, *, method: str) -> None:
    """Begin to move an intent's money."""
    charge = book.add(shapes.charge(book, intent, method=method, status="pending"))
    intent.update(
        latest_charge=charge["id"],
        payment_method=charge["payment_method"],
        status="processing",
        last_payment_error=None,
    )


def succeed(book: Book, intent: Json) -> None:
    """The money is the merchant's."""
    charge = book.get("charge", intent["latest_charge"])
    moved = movements.balance_transaction(book, charge, amount_minor=charge["amount"], kind="charge")
    balance = book.add(moved)
    charge.update(
        status="succeeded",
        paid=True,
        captured=True,
        amount_captured=charge["amount"],
        balance_transaction=balance["id"],
    )
    intent.update(status="succeeded", amount_received=intent["amount"])
    emit(book, "charge.succeeded", charge)
    emit(book, "payment_intent.succeeded", intent)
