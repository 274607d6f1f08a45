"""Money moving: paying a session, declines, slow methods, refunds."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from billing.fakestripe import shapes
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
    decline_code = _decline_code(card_number) if method == "card" else ""
    if decline_code:
        _decline(book, intent, decline_code=decline_code)
        raise CardDeclinedError(decline_code)
    _start_charge(book, intent, method=method)
    # Complete means confirmed by the customer, not paid: slow methods differ here.
    session.update(status="complete", url=None, customer_details={"email": session["customer_email"]})
    if slowly:
        emit(book, "payment_intent.processing", intent)
        emit(book, "checkout.session.completed", session)
        return session
    _succeed(book, session, intent)
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
        _succeed(book, session, intent)
        emit(book, "checkout.session.async_payment_succeeded", session)
    else:
        charge = book.get("charge", intent["latest_charge"])
        charge.update(status="failed", failure_code="generic_decline")
        intent.update(status="requires_payment_method")
        emit(book, "payment_intent.payment_failed", intent)
        emit(book, "checkout.session.async_payment_failed", session)
    return session


def refund(book: Book, params: Json) -> Json:
    """Give back a charge or a part of it.

    Raises:
        StripeRefusalError: neither charge nor intent is named, nothing was paid, or more is asked for
            than is left.
    """
    charge = _refundable_charge(book, params)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["refunded"]:
        message = f"Charge {charge['id']} has already been refunded."
        raise StripeRefusalError(message, code="charge_already_refunded")
    amount = params.get("amount", left)
    if amount < 1:
        raise StripeRefusalError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise StripeRefusalError(message, param="amount")
    given = shapes.refund(
        book, charge, amount_minor=amount, reason=params.get("reason"), metadata=params.get("metadata", {})
    )
    balance = shapes.balance_transaction(book, given, amount_minor=-amount, kind="refund")
    given["balance_transaction"] = book.add(balance)["id"]
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    book.add(given)
    emit(book, "refund.created", given)
    emit(book, "charge.refunded", charge)
    return given


def _intent(book: Book, session: Json) -> Json:
    if session["payment_intent"]:
        return book.get("payment_intent", session["payment_intent"])
    data = book.hidden[session["id"]]["payment_intent_data"]
    intent = book.add(shapes.payment_intent(book, session, data))
    session["payment_intent"] = intent["id"]
    emit(book, "payment_intent.created", intent)
    return intent


def _decline_code(card_number: str) -> str:
    if card_number == PAYS:
        return ""
    # Test mode turns down every card that is not one of Stripe's test cards.
    return DECLINES.get(card_number, "live_mode_test_card")


def _decline(book: Book, intent: Json, *, decline_code: str) -> None:
    charge = book.add(shapes.charge(book, intent, method="card", status="failed"))
    charge.update(failure_code="card_declined", failure_message="Your card was declined.")
    error = {
        "code": "card_declined",
        "decline_code": decline_code,
        "type": "card_error",
        "charge": charge["id"],
    }
    intent.update(latest_charge=charge["id"], last_payment_error=error)
    emit(book, "charge.failed", charge)
    emit(book, "payment_intent.payment_failed", intent)


def _start_charge(book: Book, intent: Json, *, method: str) -> None:
    charge = book.add(shapes.charge(book, intent, method=method, status="pending"))
    intent.update(
        latest_charge=charge["id"],
        payment_method=charge["payment_method"],
        status="processing",
        last_payment_error=None,
    )


def _succeed(book: Book, session: Json, intent: Json) -> None:
    charge = book.get("charge", intent["latest_charge"])
    balance = book.add(shapes.balance_transaction(book, charge, amount_minor=charge["amount"], kind="charge"))
    charge.update(
        status="succeeded",
        paid=True,
        captured=True,
        amount_captured=charge["amount"],
        balance_transaction=balance["id"],
    )
    intent.update(status="succeeded", amount_received=intent["amount"])
    session.update(payment_status="paid")
    emit(book, "charge.succeeded", charge)
    emit(book, "payment_intent.succeeded", intent)


def _refundable_charge(book: Book, params: Json) -> Json:
    if "charge" in params:
        charge = book.get("charge", params["charge"])
    elif "payment_intent" in params:
        intent = book.get("payment_intent", params["payment_intent"])
        charge = book.get("charge", intent["latest_charge"] or "")
    else:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise StripeRefusalError(message, code="parameter_missing", param="charge")
    if not charge["paid"]:
        message = f"Charge {charge['id']} does not have a successful charge to refund."
        raise StripeRefusalError(message, status=HTTPStatus.BAD_REQUEST, code="charge_not_paid")
    return charge
