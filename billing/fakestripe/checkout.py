"""Checkout sessions: what may be asked for, and their life from open to complete or expired."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import Final
from urllib.parse import urlsplit

from billing.fakestripe import shapes
from billing.fakestripe.book import Book, Json
from billing.fakestripe.events import emit
from billing.fakestripe.refusals import StripeRefusalError, missing

MIN_LIFE_S: Final = 30 * 60
MAX_LIFE_S: Final = 24 * 3600
# About half a US dollar; below it no method pays.
MINIMUM_MINOR: Final = {"cny": 400, "dkk": 250, "eur": 50, "sek": 300, "usd": 50}
# Stripe's own bound: eight digits.
MAX_MINOR: Final = 99_999_999
# What this account has switched on; the dynamic set that the filters cut from.
OFFERED: Final = ("card", "alipay", "wechat_pay")
MAX_METADATA: Final = {"pairs": 50, "name": 40, "value": 500}
MAX_REFERENCE: Final = 200


def create(book: Book, params: Json) -> Json:
    """Open a session.

    Raises:
        StripeRefusalError: a parameter breaks one of Stripe's rules, or asks for what this fake lacks.
    """
    _refuse_unsupported(params)
    _require_addresses(params)
    _require_life(params, now=book.now())
    _require_metadata(params.get("metadata", {}))
    for name in ("payment_intent_data", "setup_intent_data"):
        _require_metadata(params.get(name, {}).get("metadata", {}))
    if params["mode"] == "setup":
        return _create_setup(book, params)
    amount_minor, currency = _total(params)
    methods = _methods(params)
    session = shapes.session(book, params, amount_minor=amount_minor, currency=currency, methods=methods)
    # Shown only when asked for, and needed for the page and the intent: kept beside the session.
    lines = [shapes.line_item(book, item) for item in params["line_items"]]
    intent_data = params.get("payment_intent_data", {})
    return _opened(book, session, hidden={"line_items": lines, "payment_intent_data": intent_data})


def expire(book: Book, session: Json) -> Json:
    """Close an open session by the merchant's wish.

    Raises:
        StripeRefusalError: it is complete or expired already.
    """
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. '
            f"This Checkout Session has a status of {session['status']}."
        )
        raise StripeRefusalError(message)
    session.update(status="expired", url=None)
    emit(book, "checkout.session.expired", session)
    return session


def expire_due(book: Book) -> int:
    """Expire what nobody paid in time; how many those were."""
    count = 0
    while book.expiries and book.expiries[0][0] <= book.now():
        _expires_at, ident = heappop(book.expiries)
        if book.objects[ident]["status"] == "open":
            expire(book, book.objects[ident])
            count += 1
    return count


def _opened(book: Book, session: Json, *, hidden: Json) -> Json:
    heappush(book.expiries, (session["expires_at"], session["id"]))
    return book.add(session, hidden=hidden)


def _create_setup(book: Book, params: Json) -> Json:
    """A page that keeps a card for later and takes no money."""
    if "line_items" in params or "payment_intent_data" in params:
        message = "You can not pass `line_items` or `payment_intent_data` in `setup` mode."
        raise StripeRefusalError(message, param="line_items")
    if "currency" not in params:
        message = "Missing required param: currency."
        raise StripeRefusalError(message, code="parameter_missing", param="currency")
    # Kept cards need somebody to be kept for; Stripe would make a guest, who cannot be charged later.
    customer = book.get("customer", params.get("customer", ""))
    session = shapes.session(book, params, amount_minor=0, currency=params["currency"], methods=["card"])
    session.update(
        amount_subtotal=None,
        amount_total=None,
        customer=customer["id"],
        mode="setup",
        payment_status="no_payment_required",
    )
    return _opened(
        book, session, hidden={"line_items": [], "setup_intent_data": params.get("setup_intent_data", {})}
    )


def _refuse_unsupported(params: Json) -> None:
    if params.get("mode") not in {"payment", "setup"}:
        raise StripeRefusalError("This fake of Stripe knows mode=payment and mode=setup only.", param="mode")
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise StripeRefusalError("This fake of Stripe knows ui_mode=hosted_page only.", param="ui_mode")
    if len(params.get("client_reference_id", "")) > MAX_REFERENCE:
        message = f"Invalid string: client_reference_id is longer than {MAX_REFERENCE} characters."
        raise StripeRefusalError(message, param="client_reference_id")


def _require_addresses(params: Json) -> None:
    if "success_url" not in params:
        message = "Missing required param: success_url."
        raise StripeRefusalError(message, code="parameter_missing", param="success_url")
    for name in ("success_url", "cancel_url"):
        parts = urlsplit(params.get(name, "https://absent.invalid"))
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise StripeRefusalError("Not a valid URL", code="url_invalid", param=name)


def _require_life(params: Json, *, now: int) -> None:
    life_s = params.get("expires_at", now + MAX_LIFE_S) - now
    if life_s < MIN_LIFE_S:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise StripeRefusalError(message, param="expires_at")
    if life_s > MAX_LIFE_S:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise StripeRefusalError(message, param="expires_at")


def _require_metadata(metadata: Json) -> None:
    if len(metadata) > MAX_METADATA["pairs"]:
        raise StripeRefusalError("Metadata can have at most 50 keys.", param="metadata")
    for name, value in metadata.items():
        if len(name) > MAX_METADATA["name"]:
            message = f"Metadata keys can have up to 40 characters: {name}"
            raise StripeRefusalError(message, param="metadata")
        if len(value) > MAX_METADATA["value"]:
            message = f"Metadata values can have up to 500 characters, but you passed in {len(value)}."
            raise StripeRefusalError(message, param=f"metadata[{name}]")


def _total(params: Json) -> tuple[int, str]:
    """The amount in minor units and its currency, over all lines."""
    if not params.get("line_items"):
        message = "You must pass `line_items` in `payment` mode."
        raise StripeRefusalError(message, code="parameter_missing", param="line_items")
    amounts = [_line_amount(item, where=f"line_items[{n}]") for n, item in enumerate(params["line_items"])]
    currencies = {item["price_data"]["currency"].lower() for item in params["line_items"]}
    if len(currencies) > 1:
        raise StripeRefusalError("All line items must have the same currency.", param="line_items")
    currency = currencies.pop()
    if currency not in MINIMUM_MINOR:
        raise StripeRefusalError(
            f"Invalid currency: {currency}.", param="line_items[0][price_data][currency]"
        )
    total = sum(amounts)
    if total < MINIMUM_MINOR[currency]:
        message = (
            f"The Checkout Session's total amount must be at least {MINIMUM_MINOR[currency]} ({currency})."
        )
        raise StripeRefusalError(message, code="amount_too_small", param="line_items")
    if total > MAX_MINOR:
        message = f"The Checkout Session's total amount must be no more than {MAX_MINOR} ({currency})."
        raise StripeRefusalError(message, code="amount_too_large", param="line_items")
    return total, currency


def _line_amount(item: Json, *, where: str) -> int:
    if "price" in item:
        # Prices are objects of their own at Stripe; none can be made here.
        raise missing("price", item["price"])
    data = item.get("price_data")
    if data is None:
        message = f"You must specify either `price` or `price_data` for {where}."
        raise StripeRefusalError(message, code="parameter_missing", param=where)
    for name, group in (("quantity", item), ("unit_amount", data), ("product_data", data)):
        if name not in group:
            param = f"{where}[{name}]" if group is item else f"{where}[price_data][{name}]"
            message = f"Missing required param: {param}."
            raise StripeRefusalError(message, code="parameter_missing", param=param)
    if item["quantity"] < 1 or data["unit_amount"] < 0:
        raise StripeRefusalError(f"Invalid non-negative integer in {where}.", param=where)
    amount: int = item["quantity"] * data["unit_amount"]
    return amount


def _methods(params: Json) -> list[str]:
    """The dynamic set of this account, filtered as asked."""
    allowed = params.get("allowed_payment_method_types")
    excluded = params.get("excluded_payment_method_types", [])
    methods = [m for m in OFFERED if m not in excluded and (allowed is None or m in allowed)]
    if not methods:
        message = "No valid payment method types for this Checkout Session."
        raise StripeRefusalError(message, param="allowed_payment_method_types")
    client = params.get("payment_method_options", {}).get("wechat_pay", {}).get("client")
    if "wechat_pay" in methods and client != "web":
        param = "payment_method_options[wechat_pay][client]"
        message = f"You must set `{param}` to `web` when using wechat_pay."
        raise StripeRefusalError(message, code="parameter_missing", param=param)
    return methods
