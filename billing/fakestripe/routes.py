"""Stripe's addresses, each with the SDK's type of its parameters and the names this fake acts on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import stripe.params as shapes_of
import stripe.params.checkout as checkout_shapes

from billing.fakestripe import checkout, events, payouts, refunds, saved, shapes
from billing.fakestripe.book import Book, Json
from billing.fakestripe.expand import page
from billing.fakestripe.listing import CURSORS, listed
from billing.fakestripe.refusals import StripeRefusalError

Handler = Callable[[Book, Json, str], Json]
ID: Final = r"([A-Za-z0-9_]+)"


@dataclass(frozen=True, slots=True)
class Route:
    """One address: the method, the pattern with at most one id, who answers, what may be sent."""

    method: str
    pattern: str
    handler: Handler
    shape: type
    acts_on: frozenset[str]


def find(method: str, path: str) -> tuple[Route, str]:
    """The route of a request and the id in its address.

    Raises:
        StripeRefusalError: Stripe has no such address, or this fake does not.
    """
    for route in ROUTES:
        match = re.fullmatch(route.pattern, path)
        if match and route.method == method:
            return route, match[1] if match.groups() else ""
    message = f"Unrecognized request URL ({method}: {path}). This fake of Stripe does not know it."
    raise StripeRefusalError(message, status=HTTPStatus.NOT_FOUND)


def act(book: Book, route: Route, ident: str, *, params: Json) -> Json:
    """What the address answers.

    Raises:
        StripeRefusalError: the request breaks a rule, or asks for what this fake does not act on.
    """
    unsupported = sorted(params.keys() - route.acts_on)
    if unsupported:
        message = f"This fake of Stripe does not act on {', '.join(unsupported)} and will not pretend to."
        raise StripeRefusalError(message, param=unsupported[0], kept=False)
    return route.handler(book, params, ident)


def _retriever(kind: str) -> Handler:
    return lambda book, _params, ident: book.get(kind, ident)


def _lister(kind: str, url: str) -> Handler:
    return lambda book, params, _ident: listed(book.newest_first(kind), params, url=url)


def _expire_session(book: Book, _params: Json, ident: str) -> Json:
    return checkout.expire(book, book.get("checkout.session", ident))


def _line_items(book: Book, params: Json, ident: str) -> Json:
    session = book.get("checkout.session", ident)
    url = f"/v1/checkout/sessions/{session['id']}/line_items"
    return listed(book.hidden[session["id"]]["line_items"], params, url=url)


def _create_endpoint(book: Book, params: Json, _ident: str) -> Json:
    if urlsplit(params["url"]).scheme not in {"http", "https"}:
        raise StripeRefusalError("Invalid URL: An explicit scheme must be provided.", param="url")
    version = params.get("api_version", events.API_VERSION)
    if version != events.API_VERSION:
        message = f"This fake of Stripe renders events in {events.API_VERSION} only."
        raise StripeRefusalError(message, param="api_version")
    secret = book.new_id("whsec_", length=32)
    endpoint = shapes.webhook_endpoint(book, params, api_version=version)
    book.add(endpoint, hidden={"secret": secret})
    # Stripe shows the secret this once.
    return {**endpoint, "secret": secret}


def _delete_endpoint(book: Book, _params: Json, ident: str) -> Json:
    endpoint = book.get("webhook_endpoint", ident)
    book.remove(endpoint)
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def _refund(book: Book, params: Json, _ident: str) -> Json:
    return refunds.refund(book, params, slowly=book.take_slow("refunds"))


def _charge_saved(book: Book, params: Json, _ident: str) -> Json:
    return saved.charge_saved(book, params, slowly=book.take_slow("charges"))


def _detach(book: Book, _params: Json, ident: str) -> Json:
    return saved.detach(book.get("payment_method", ident))


def _list_balance(book: Book, params: Json, _ident: str) -> Json:
    filters = {name: value for name, value in params.items() if name != "payout"}
    rows = payouts.of_payout(book, params.get("payout"))
    return listed(rows, filters, url="/v1/balance_transactions")


def _list_endpoints(book: Book, _params: Json, _ident: str) -> Json:
    return page(list(book.newest_first("webhook_endpoint")), url="/v1/webhook_endpoints")


READ: Final = frozenset({"expand"})
LIST: Final = frozenset(CURSORS)
SESSION: Final = frozenset(
    {
        "adaptive_pricing",
        "allowed_payment_method_types",
        "cancel_url",
        "client_reference_id",
        "currency",
        "customer",
        "customer_email",
        "excluded_payment_method_types",
        "expand",
        "expires_at",
        "line_items",
        "locale",
        "metadata",
        "mode",
        "payment_intent_data",
        "payment_method_options",
        "setup_intent_data",
        "submit_type",
        "success_url",
        "ui_mode",
    }
)
REFUND: Final = frozenset({"amount", "charge", "expand", "metadata", "payment_intent", "reason"})
SAVED_CHARGE: Final = frozenset(
    {
        "amount",
        "confirm",
        "currency",
        "customer",
        "description",
        "expand",
        "metadata",
        "off_session",
        "payment_method",
    }
)
CUSTOMER: Final = frozenset({"description", "email", "metadata", "name"})
ENDPOINT: Final = frozenset({"api_version", "description", "enabled_events", "metadata", "url"})

SESSIONS: Final = "/v1/checkout/sessions"
ROUTES: Final = (
    Route(
        "POST", SESSIONS, lambda b, p, _: checkout.create(b, p), checkout_shapes.SessionCreateParams, SESSION
    ),
    Route(
        "GET",
        SESSIONS,
        _lister("checkout.session", SESSIONS),
        checkout_shapes.SessionListParams,
        LIST | {"status", "payment_intent"},
    ),
    Route(
        "GET", f"{SESSIONS}/{ID}", _retriever("checkout.session"), checkout_shapes.SessionRetrieveParams, READ
    ),
    Route("POST", f"{SESSIONS}/{ID}/expire", _expire_session, checkout_shapes.SessionExpireParams, READ),
    Route(
        "GET", f"{SESSIONS}/{ID}/line_items", _line_items, checkout_shapes.SessionListLineItemsParams, LIST
    ),
    Route(
        "GET",
        "/v1/payment_intents",
        _lister("payment_intent", "/v1/payment_intents"),
        shapes_of.PaymentIntentListParams,
        LIST | {"customer"},
    ),
    Route(
        "GET",
        f"/v1/payment_intents/{ID}",
        _retriever("payment_intent"),
        shapes_of.PaymentIntentRetrieveParams,
        READ,
    ),
    Route(
        "GET",
        "/v1/charges",
        _lister("charge", "/v1/charges"),
        shapes_of.ChargeListParams,
        LIST | {"payment_intent"},
    ),
    Route("GET", f"/v1/charges/{ID}", _retriever("charge"), shapes_of.ChargeRetrieveParams, READ),
    Route("POST", "/v1/refunds", _refund, shapes_of.RefundCreateParams, REFUND),
    Route(
        "GET",
        "/v1/refunds",
        _lister("refund", "/v1/refunds"),
        shapes_of.RefundListParams,
        LIST | {"charge", "payment_intent"},
    ),
    Route("GET", f"/v1/refunds/{ID}", _retriever("refund"), shapes_of.RefundRetrieveParams, READ),
    Route(
        "GET",
        "/v1/events",
        _lister("event", "/v1/events"),
        shapes_of.EventListParams,
        LIST | {"type", "types"},
    ),
    Route("GET", f"/v1/events/{ID}", _retriever("event"), shapes_of.EventRetrieveParams, READ),
    Route(
        "GET",
        "/v1/balance_transactions",
        _list_balance,
        shapes_of.BalanceTransactionListParams,
        LIST | {"source", "type", "currency", "payout"},
    ),
    Route(
        "GET",
        f"/v1/balance_transactions/{ID}",
        _retriever("balance_transaction"),
        shapes_of.BalanceTransactionRetrieveParams,
        READ,
    ),
    Route(
        "GET",
        "/v1/disputes",
        _lister("dispute", "/v1/disputes"),
        shapes_of.DisputeListParams,
        LIST | {"charge", "payment_intent"},
    ),
    Route("GET", f"/v1/disputes/{ID}", _retriever("dispute"), shapes_of.DisputeRetrieveParams, READ),
    Route(
        "GET",
        "/v1/payouts",
        _lister("payout", "/v1/payouts"),
        shapes_of.PayoutListParams,
        LIST | {"status"},
    ),
    Route("GET", f"/v1/payouts/{ID}", _retriever("payout"), shapes_of.PayoutRetrieveParams, READ),
    Route(
        "POST",
        "/v1/customers",
        lambda b, p, _: saved.create_customer(b, p),
        shapes_of.CustomerCreateParams,
        CUSTOMER,
    ),
    Route("GET", f"/v1/customers/{ID}", _retriever("customer"), shapes_of.CustomerRetrieveParams, READ),
    Route(
        "GET",
        f"/v1/setup_intents/{ID}",
        _retriever("setup_intent"),
        shapes_of.SetupIntentRetrieveParams,
        READ,
    ),
    Route("POST", "/v1/payment_intents", _charge_saved, shapes_of.PaymentIntentCreateParams, SAVED_CHARGE),
    Route(
        "GET",
        f"/v1/payment_methods/{ID}",
        _retriever("payment_method"),
        shapes_of.PaymentMethodRetrieveParams,
        READ,
    ),
    Route(
        "POST", f"/v1/payment_methods/{ID}/detach", _detach, shapes_of.PaymentMethodDetachParams, frozenset()
    ),
    Route("POST", "/v1/webhook_endpoints", _create_endpoint, shapes_of.WebhookEndpointCreateParams, ENDPOINT),
    Route("GET", "/v1/webhook_endpoints", _list_endpoints, shapes_of.WebhookEndpointListParams, LIST),
    Route(
        "GET",
        f"/v1/webhook_endpoints/{ID}",
        _retriever("webhook_endpoint"),
        shapes_of.WebhookEndpointRetrieveParams,
        READ,
    ),
    Route(
        "DELETE",
        f"/v1/webhook_endpoints/{ID}",
        _delete_endpoint,
        shapes_of.WebhookEndpointDeleteParams,
        frozenset(),
    ),
)
