"""Saved cards: customers, a setup page that keeps a card for later, and charges without the customer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from billing.fakestripe import shapes
from billing.fakestripe.book import Book, Json
from billing.fakestripe.checkout import MAX_MINOR, MINIMUM_MINOR
from billing.fakestripe.events import emit
from billing.fakestripe.money import PAYS, CardDeclinedError, decline, decline_code, start_charge, succeed
from billing.fakestripe.refusals import StripeRefusalError

# Stripe's test cards that can be saved, and what they do when nobody is there.
SAVED_THEN_DECLINED: Final = "4000000000000341"
SAVED_THEN_AUTHENTICATE: Final = "4000002760003184"
SAVABLE: Final = frozenset({PAYS, SAVED_THEN_DECLINED, SAVED_THEN_AUTHENTICATE})


def create_customer(book: Book, params: Json) -> Json:
    """A customer, to whom cards are attached."""
    nulls = ("address", "default_source", "description", "discount", "email", "name", "phone", "shipping")
    given = {name: params.get(name) for name in nulls}
    return book.add(
        {
            "id": book.new_id("cus_", length=14),
            "object": "customer",
            **given,
            "created": book.now(),
            "livemode": False,
            "metadata": params.get("metadata", {}),
        }
    )


def save_card(book: Book, session: Json, *, card_number: str = PAYS) -> Json:
    """Complete an open setup session, as its customer would; the session afterwards.

    Raises:
        StripeRefusalError: the session is not open, or sets nothing up.
        CardDeclinedError: the card cannot be saved.
    """
    if session["mode"] != "setup" or session["status"] != "open":
        raise StripeRefusalError(f"This Checkout Session is {session['status']}.")
    if card_number not in SAVABLE:
        raise CardDeclinedError(decline_code(card_number))
    method = book.add(
        {
            "id": book.new_id("pm_1"),
            "object": "payment_method",
            "allow_redisplay": "limited",
            "billing_details": dict.fromkeys(("address", "email", "name", "phone", "tax_id")),
            "card": {"brand": "visa", "exp_month": 12, "exp_year": 2034, "last4": card_number[-4:]},
            "created": book.now(),
            "customer": session["customer"],
            "livemode": False,
            "metadata": {},
            "type": "card",
        },
        hidden={"card_number": card_number},
    )
    intent = book.add(_setup_intent(book, session, method))
    session.update(status="complete", url=None, setup_intent=intent["id"])
    emit(book, "setup_intent.succeeded", intent)
    emit(book, "checkout.session.completed", session)
    return session


def charge_saved(book: Book, params: Json, *, slowly: bool = False) -> Json:
    """Create and confirm an intent with a saved card while the customer is away.

    Raises:
        StripeRefusalError: a rule is broken, or the card is turned down (402, as Stripe answers).
    """
    method = _saved_method(book, params)
    _require_amount(params)
    intent = book.add(shapes.off_session_intent(book, params))
    emit(book, "payment_intent.created", intent)
    number = book.hidden[method["id"]]["card_number"]
    if number != PAYS:
        needs_person = number == SAVED_THEN_AUTHENTICATE
        code = "authentication_required" if needs_person else "card_declined"
        decline(book, intent, decline_code=code if needs_person else "generic_decline", code=code)
        raise _turned_down(intent, code=code)
    start_charge(book, intent, method="card")
    intent["payment_method"] = method["id"]
    if slowly:
        emit(book, "payment_intent.processing", intent)
    else:
        succeed(book, intent)
    return intent


def settle_saved(book: Book, intent: Json, *, succeeded: bool) -> Json:
    """End a slow charge of a saved card.

    Raises:
        StripeRefusalError: it awaits no money.
    """
    if intent["status"] != "processing":
        raise StripeRefusalError("This PaymentIntent awaits no money.")
    if succeeded:
        succeed(book, intent)
        return intent
    book.get("charge", intent["latest_charge"]).update(status="failed", failure_code="generic_decline")
    intent.update(status="requires_payment_method")
    emit(book, "payment_intent.payment_failed", intent)
    return intent


def detach(method: Json) -> Json:
    """Let go of a saved card; it can never be charged again."""
    if method["customer"] is None:
        message = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise StripeRefusalError(message, param="payment_method")
    method["customer"] = None
    return method


def _setup_intent(book: Book, session: Json, method: Json) -> Json:
    ident = book.new_id("seti_1")
    nulls = ("application", "cancellation_reason", "description", "last_setup_error", "latest_attempt")
    more = ("mandate", "next_action", "on_behalf_of", "payment_method_configuration_details")
    return {
        "id": ident,
        "object": "setup_intent",
        **dict.fromkeys((*nulls, *more, "payment_method_options", "single_use_mandate")),
        "client_secret": f"{ident}_secret_{book.new_id('')}",
        "created": book.now(),
        "customer": session["customer"],
        "livemode": False,
        "metadata": book.hidden[session["id"]]["setup_intent_data"].get("metadata", {}),
        "payment_method": method["id"],
        "payment_method_types": ["card"],
        "status": "succeeded",
        "usage": "off_session",
    }


def _saved_method(book: Book, params: Json) -> Json:
    if not (params.get("confirm") and params.get("off_session")):
        message = "This fake of Stripe knows intents that are confirmed at once and off session only."
        raise StripeRefusalError(message, param="confirm", kept=False)
    for name in ("customer", "payment_method"):
        if name not in params:
            message = f"Missing required param: {name}."
            raise StripeRefusalError(message, code="parameter_missing", param=name, kept=False)
    method = book.get("payment_method", params["payment_method"])
    if method["customer"] != params["customer"]:
        message = f"The PaymentMethod {method['id']} does not belong to the Customer {params['customer']}."
        raise StripeRefusalError(message, param="payment_method")
    return method


def _require_amount(params: Json) -> None:
    currency = params["currency"]
    if currency not in MINIMUM_MINOR:
        raise StripeRefusalError(f"Invalid currency: {currency}.", param="currency")
    if params["amount"] < MINIMUM_MINOR[currency]:
        message = f"Amount must be at least {MINIMUM_MINOR[currency]} ({currency})."
        raise StripeRefusalError(message, code="amount_too_small", param="amount")
    if params["amount"] > MAX_MINOR:
        message = f"Amount must be no more than {MAX_MINOR} ({currency})."
        raise StripeRefusalError(message, code="amount_too_large", param="amount")


def _turned_down(intent: Json, *, code: str) -> StripeRefusalError:
    refusal = StripeRefusalError(
        "Your card was declined."
        if code == "card_declined"
        else "Your card was declined. This transaction requires authentication.",
        code=code,
        kind="card_error",
        status=HTTPStatus.PAYMENT_REQUIRED,
    )
    refusal.body["error"]["payment_intent"] = intent
    return refusal
