"""Stripe Checkout behind the provider's protocol, through Stripe's own SDK."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import stripe

from billing.payments import stripe_cards
from billing.payments.provider import (
    ChargeOrder,
    Checkout,
    CheckoutOrder,
    CheckoutStatus,
    DisputeTold,
    InboundEvent,
    MovementTold,
    PayoutTold,
    ProviderRefusedError,
    ProviderUnavailableError,
    RefundOrder,
    RefundStatus,
    RefundTold,
    SetupOrder,
    SetupTold,
)
from billing.payments.stripe_account import (
    dispute_told,
    event_told,
    movement_told,
    payout_told,
    refund_told,
)

if TYPE_CHECKING:
    from stripe.params import BalanceTransactionListParams, EventListParams, RefundCreateParams
    from stripe.params.checkout import SessionCreateParams

# How long a resident may stare at a spinner: to connect, to be answered.
TIMEOUT_S: Final = (5.0, 20.0)
# The SDK asks again by itself, under the same idempotency key.
RETRIES: Final = 2
# The longest page Stripe gives.
PAGE: Final = 100
EXPAND: Final = ["payment_intent.latest_charge.balance_transaction"]
# Our languages in Stripe's spelling; it guesses from the browser where we have none.
LOCALES: Final = {"en": "en", "zh-hans": "zh", "da": "da", "de": "de", "sv": "sv"}
# A filter on what the account has switched on; where we name none, Stripe chooses by country.
METHODS: Final = {"CNY": ["card", "alipay", "wechat_pay"]}


class StripeGateway:
    """Hosted checkout at Stripe, or at a stand-in under ``api_base``."""

    name = "stripe"

    def __init__(
        self, *, secret_key: str, api_base: str = "", http_client: stripe.HTTPClient | None = None
    ) -> None:
        """Make a client; nothing is sent yet. Long tests bring an ``http_client`` that needs no socket."""
        self._http = http_client or stripe.RequestsClient(timeout=TIMEOUT_S)
        self._client = stripe.StripeClient(
            secret_key,
            base_addresses={"api": api_base} if api_base else {},
            max_network_retries=RETRIES,
            http_client=self._http,
        )

    def close(self) -> None:
        """Let go of the connections kept for the next call."""
        self._http.close()  # type: ignore[no-untyped-call]  # the SDK's

    def start(self, order: CheckoutOrder) -> Checkout:
        """Open a page. The key makes a second call return the first one's page."""
        with _translated():
            session = self._client.v1.checkout.sessions.create(
                params=_params(order), options={"idempotency_key": order.key}
            )
        return _checkout(session)

    def fetch(self, session_id: str) -> Checkout:
        """Read the page and the payment behind it; where a card was charged without one, the payment."""
        with _translated():
            if session_id.startswith("pi_"):
                return stripe_cards.fetch_charge(self._client, session_id)
            session = self._client.v1.checkout.sessions.retrieve(session_id, params={"expand": EXPAND})
        return _checkout(session)

    def expire(self, session_id: str) -> Checkout:
        """Close the page; where it is closed already, paid or expired, say which."""
        try:
            with _translated():
                self._client.v1.checkout.sessions.expire(session_id)
        except ProviderRefusedError:
            # Somebody was faster: the customer by paying, or the clock. The page itself tells.
            return self.fetch(session_id)
        return self.fetch(session_id)

    def start_setup(self, order: SetupOrder) -> SetupTold:
        """Open a page where a card is saved."""
        with _translated():
            return stripe_cards.start_setup(self._client, order, locale=LOCALES.get(order.locale, "auto"))

    def fetch_setup(self, session_id: str) -> SetupTold:
        """How that page stands now."""
        with _translated():
            return stripe_cards.fetch_setup(self._client, session_id)

    def charge(self, order: ChargeOrder) -> Checkout:
        """Charge a saved card; a card that is turned down is an answer."""
        with _translated():
            return stripe_cards.charge(self._client, order)

    def find_charge(self, order: ChargeOrder) -> Checkout | None:
        """Look through the customer's charges for the one that names the attempt."""
        with _translated():
            return stripe_cards.find_charge(self._client, order)

    def forget_method(self, method_id: str) -> None:
        """Let go of a saved card."""
        with _translated():
            self._client.v1.payment_methods.detach(method_id)

    def refund(self, order: RefundOrder) -> RefundTold:
        """Give back; the key makes a second call tell of the first one's refund."""
        params: RefundCreateParams = {
            "payment_intent": order.payment_id,
            "amount": order.amount_minor,
            "metadata": {"refund": order.refund_id},
            "expand": ["payment_intent"],
        }
        with _translated():
            told = refund_told(
                self._client.v1.refunds.create(params=params, options={"idempotency_key": order.key})
            )
        # The key answers what was true when it was first used; much may have happened since.
        return told if told.status is RefundStatus.FAILED else self.fetch_refund(told.provider_refund_id)

    def find_refund(self, order: RefundOrder) -> RefundTold | None:
        """Look through the payment's refunds for the one that carries our name."""
        with _translated():
            rows = self._client.v1.refunds.list(params={"payment_intent": order.payment_id, "limit": PAGE})
            ours = {"refund": order.refund_id}.items()
            found = [
                row.id
                for row in rows.auto_paging_iter()
                if row.metadata and ours <= row.metadata.to_dict().items()
            ]
        return self.fetch_refund(found[0]) if found else None

    def fetch_refund(self, provider_refund_id: str) -> RefundTold:
        """Read a refund and the payment behind it."""
        with _translated():
            return refund_told(
                self._client.v1.refunds.retrieve(provider_refund_id, params={"expand": ["payment_intent"]})
            )

    def fetch_dispute(self, dispute_id: str) -> DisputeTold:
        """Read a dispute and the payment behind it."""
        with _translated():
            return dispute_told(
                self._client.v1.disputes.retrieve(dispute_id, params={"expand": ["payment_intent"]})
            )

    def fetch_payout(self, payout_id: str) -> PayoutTold:
        """Read a payout."""
        with _translated():
            return payout_told(self._client.v1.payouts.retrieve(payout_id))

    def movements_of(self, payout_id: str) -> list[str]:
        """Names of all movements of a payout but its own."""
        with _translated():
            rows = self._client.v1.balance_transactions.list(params={"payout": payout_id, "limit": PAGE})
            return [row.id for row in rows.auto_paging_iter() if row.source != payout_id]

    def movements_after(self, movement_id: str) -> list[MovementTold]:
        """A page of the account's lines, oldest first."""
        params: BalanceTransactionListParams = {"limit": PAGE, "expand": ["data.source"]}
        if movement_id:
            params["ending_before"] = movement_id
        with _translated():
            rows = self._client.v1.balance_transactions.list(params=params)
            # Stripe lists the newest first; without a cursor the oldest page is the last one.
            found = list(rows.data) if movement_id else list(rows.auto_paging_iter())
        return [movement_told(row) for row in reversed(found)]

    def events_after(self, event_id: str) -> list[InboundEvent]:
        """A page of events, oldest first; all of the last thirty days where none is named."""
        params: EventListParams = {"limit": PAGE}
        if event_id:
            params["ending_before"] = event_id
        with _translated():
            rows = self._client.v1.events.list(params=params)
            found = list(rows.data) if event_id else list(rows.auto_paging_iter())
        return [event_told(row) for row in reversed(found)]


def _params(order: CheckoutOrder) -> SessionCreateParams:
    currency = order.currency.lower()
    methods = METHODS.get(order.currency)
    params: SessionCreateParams = {
        "mode": "payment",
        "submit_type": "pay",
        "locale": LOCALES.get(order.locale, "auto"),
        "client_reference_id": order.reference,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": currency,
                    "unit_amount": order.amount_minor,
                    "product_data": {"name": order.title},
                },
            }
        ],
        "payment_method_options": {"wechat_pay": {"client": "web"}},
        # Residents pay the amount on the bill, in its currency.
        "adaptive_pricing": {"enabled": False},
        "success_url": order.success_url,
        "cancel_url": order.cancel_url,
        "expires_at": int(order.expires_at.timestamp()),
        # Stripe copies nothing from the session to the payment, so both carry the name. Nothing personal.
        "metadata": {"attempt": order.attempt_id},
        "payment_intent_data": {"metadata": {"attempt": order.attempt_id}},
    }
    if methods:
        params["allowed_payment_method_types"] = list(methods)
    return params


def _checkout(session: stripe.checkout.Session) -> Checkout:
    intent = session.payment_intent
    metadata = session.metadata.to_dict() if session.metadata else {}
    return Checkout(
        session_id=session.id,
        status=_status(session),
        url=session.url or "",
        amount_minor=session.amount_total or 0,
        currency=(session.currency or "").upper(),
        attempt_id=str(metadata.get("attempt", "")),
        payment_id=intent if isinstance(intent, str) else intent.id if intent else "",
    )


def _status(session: stripe.checkout.Session) -> CheckoutStatus:
    if session.status == "open":
        return CheckoutStatus.OPEN
    if session.status == "expired":
        return CheckoutStatus.EXPIRED
    if session.payment_status == "paid":
        return CheckoutStatus.PAID
    # Complete and unpaid: a slow method, under way until its intent has come to an end.
    intent = session.payment_intent
    ended = {"requires_payment_method", "canceled"}
    if isinstance(intent, stripe.PaymentIntent) and intent.status in ended:
        return CheckoutStatus.FAILED
    return CheckoutStatus.PROCESSING


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the SDK's errors into the two the domain tells apart."""
    try:
        yield
    except (stripe.InvalidRequestError, stripe.IdempotencyError, stripe.CardError) as error:
        raise ProviderRefusedError(str(error)) from error
    except stripe.StripeError as error:
        # No connection, a 5xx, too many requests; a wrong key too: whoever mends it lets us try again.
        raise ProviderUnavailableError(str(error)) from error
