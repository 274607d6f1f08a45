"""Saved cards at Stripe: a setup page, charges while the customer is away, letting go of a card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import stripe

from billing.payments.provider import ChargeOrder, Checkout, CheckoutStatus, SetupOrder, SetupTold

if TYPE_CHECKING:
    from stripe.params import PaymentIntentCreateParams
    from stripe.params.checkout import SessionCreateParams

EXPAND: Final = ["setup_intent.payment_method"]
STATES: Final = {"succeeded": CheckoutStatus.PAID, "processing": CheckoutStatus.PROCESSING}


def start_setup(client: stripe.StripeClient, order: SetupOrder, *, locale: str) -> SetupTold:
    """Make a customer to keep the card for, and open the page."""
    customer = client.v1.customers.create(
        params={"metadata": {"mandate": order.mandate_id}},
        options={"idempotency_key": f"{order.key}-customer"},
    )
    params: SessionCreateParams = {
        "mode": "setup",
        "currency": order.currency.lower(),
        "customer": customer.id,
        # Wallets of one use cannot be charged later.
        "allowed_payment_method_types": ["card"],
        "locale": locale,
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "metadata": {"mandate": order.mandate_id},
        "setup_intent_data": {"metadata": {"mandate": order.mandate_id}},
    }
    session = client.v1.checkout.sessions.create(params=params, options={"idempotency_key": order.key})
    return setup_told(session)


def fetch_setup(client: stripe.StripeClient, session_id: str) -> SetupTold:
    """Read the page and the card behind it."""
    return setup_told(client.v1.checkout.sessions.retrieve(session_id, params={"expand": EXPAND}))


def setup_told(session: stripe.checkout.Session) -> SetupTold:
    """A setup page as the domain knows it."""
    intent, customer = session.setup_intent, session.customer
    method = intent.payment_method if isinstance(intent, stripe.SetupIntent) else None
    card = method.card if isinstance(method, stripe.PaymentMethod) else None
    metadata = session.metadata.to_dict() if session.metadata else {}
    return SetupTold(
        session_id=session.id,
        mandate_id=str(metadata.get("mandate", "")),
        url=session.url or "",
        customer_id=customer if isinstance(customer, str) else customer.id if customer else "",
        method_id=method.id if isinstance(method, stripe.PaymentMethod) else "",
        label=f"{card.brand} {card.last4}" if card else "",
    )


def charge(client: stripe.StripeClient, order: ChargeOrder) -> Checkout:
    """Create and confirm an intent; where the card is turned down, the intent says so."""
    params: PaymentIntentCreateParams = {
        "amount": order.amount_minor,
        "currency": order.currency.lower(),
        "customer": order.customer_id,
        "payment_method": order.method_id,
        "description": order.title,
        "off_session": True,
        "confirm": True,
        "metadata": {"attempt": order.attempt_id},
    }
    try:
        intent = client.v1.payment_intents.create(params=params, options={"idempotency_key": order.key})
    except stripe.CardError as error:
        body = error.error
        if body is None or body.payment_intent is None:
            raise
        intent = body.payment_intent
    # The key answers what was true when it was first used; a slow charge has gone on since.
    return fetch_charge(client, intent.id)


def find_charge(client: stripe.StripeClient, order: ChargeOrder) -> Checkout | None:
    """The customer's charge that carries the attempt's name."""
    # A list knows at once what a search learns late.
    rows = client.v1.payment_intents.list(params={"customer": order.customer_id, "limit": 100})
    ours = {"attempt": order.attempt_id}.items()
    for intent in rows.auto_paging_iter():
        if intent.metadata and ours <= intent.metadata.to_dict().items():
            return fetch_charge(client, intent.id)
    return None


def fetch_charge(client: stripe.StripeClient, payment_id: str) -> Checkout:
    """How a charge stands; its payment stands where a page would."""
    intent = client.v1.payment_intents.retrieve(payment_id)
    metadata = intent.metadata.to_dict() if intent.metadata else {}
    return Checkout(
        session_id=intent.id,
        status=STATES.get(intent.status, CheckoutStatus.FAILED),
        url="",
        amount_minor=intent.amount,
        currency=intent.currency.upper(),
        attempt_id=str(metadata.get("attempt", "")),
        payment_id=intent.id,
    )
