"""How each object looks: the fields Stripe sends, with their values before any payment."""

from __future__ import annotations

from typing import Any, Final

from billing.fakestripe.book import Book, Json


def session(book: Book, params: Json, *, amount_minor: int, currency: str, methods: list[str]) -> Json:
    """An open checkout session."""
    ident = book.new_id("cs_test_a1", length=56)
    given = {name: params.get(name) for name in SESSION_ECHOES}
    return {
        "id": ident,
        "object": "checkout.session",
        **dict.fromkeys(SESSION_NULLS),
        **given,
        "adaptive_pricing": params.get("adaptive_pricing", {"enabled": True}),
        "amount_subtotal": amount_minor,
        "amount_total": amount_minor,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
        "created": book.now(),
        "currency": currency,
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer_creation": "if_required",
        "discounts": [],
        "expires_at": params.get("expires_at", book.now() + 24 * 3600),
        "invoice_creation": {"enabled": False, "invoice_data": {"metadata": {}}},
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": params.get("payment_method_options", {}),
        "payment_method_types": methods,
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{book.base_url}/c/pay/{ident}",
    }


SESSION_ECHOES: Final = (
    "allowed_payment_method_types",
    "cancel_url",
    "client_reference_id",
    "customer_email",
    "excluded_payment_method_types",
    "locale",
    "submit_type",
    "success_url",
)
SESSION_NULLS: Final = (
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "client_secret",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer",
    "customer_account",
    "customer_details",
    "invoice",
    "origin_context",
    "payment_intent",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "redirect_on_completion",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "subscription",
    "wallet_options",
)


def line_item(book: Book, item: Json) -> Json:
    """One line of a session, its price made from the inline data."""
    data = item["price_data"]
    amount = data["unit_amount"] * item["quantity"]
    return {
        "id": book.new_id("li_"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": data["currency"].lower(),
        "description": data["product_data"]["name"],
        "metadata": item.get("metadata", {}),
        "price": _price(book, data),
        "quantity": item["quantity"],
    }


def _price(book: Book, data: Json) -> Json:
    return {
        "id": book.new_id("price_"),
        "object": "price",
        **dict.fromkeys(("custom_unit_amount", "lookup_key", "nickname", "recurring", "tiers_mode")),
        "active": False,
        "billing_scheme": "per_unit",
        "created": book.now(),
        "currency": data["currency"].lower(),
        "livemode": False,
        "metadata": {},
        "product": book.new_id("prod_", length=14),
        "tax_behavior": data.get("tax_behavior", "unspecified"),
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": data["unit_amount"],
        "unit_amount_decimal": str(data["unit_amount"]),
    }


def payment_intent(book: Book, checkout: Json, data: Json) -> Json:
    """The intent behind a session; Stripe makes it when the customer first tries to pay."""
    ident = book.new_id("pi_3")
    return {
        "id": ident,
        "object": "payment_intent",
        **dict.fromkeys(INTENT_NULLS),
        "amount": checkout["amount_total"],
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{ident}_secret_{book.new_id('')}",
        "confirmation_method": "automatic",
        "created": book.now(),
        "currency": checkout["currency"],
        "description": data.get("description"),
        "livemode": False,
        # Stripe does not copy the session's metadata; only what was meant for the intent is here.
        "metadata": data.get("metadata", {}),
        "payment_method_options": {},
        "payment_method_types": checkout["payment_method_types"],
        "status": "requires_payment_method",
    }


def off_session_intent(book: Book, params: Json) -> Json:
    """An intent that a merchant makes by itself, for a saved card."""
    asked = {"amount_total": params["amount"], "currency": params["currency"]}
    intent = payment_intent(book, {**asked, "payment_method_types": ["card"]}, params)
    return {**intent, "customer": params["customer"], "payment_method": params["payment_method"]}


INTENT_NULLS: Final = (
    "application",
    "application_fee_amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "customer",
    "last_payment_error",
    "latest_charge",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration_details",
    "payment_record",
    "processing",
    "receipt_email",
    "review",
    "setup_future_usage",
    "shipping",
    "source",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
)


def charge(book: Book, intent: Json, *, method: str, status: str) -> Json:
    """One try to move the money of an intent: succeeded, pending or failed."""
    return {
        "id": book.new_id("ch_3" if method == "card" else "py_3"),
        "object": "charge",
        **dict.fromkeys(CHARGE_NULLS),
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if status == "succeeded" else 0,
        "amount_refunded": 0,
        "billing_details": dict.fromkeys(("address", "email", "name", "phone", "tax_id")),
        "captured": status == "succeeded",
        "created": book.now(),
        "currency": intent["currency"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": book.new_id("pm_1"),
        "payment_method_details": {"type": method, method: METHOD_DETAILS.get(method, {})},
        "refunded": False,
        "status": status,
    }


METHOD_DETAILS: Final[dict[str, Any]] = {"card": {"brand": "visa", "country": "US", "funding": "credit"}}
CHARGE_NULLS: Final = (
    "application",
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "calculated_statement_descriptor",
    "customer",
    "description",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "on_behalf_of",
    "outcome",
    "receipt_email",
    "receipt_number",
    "receipt_url",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer",
    "transfer_data",
    "transfer_group",
)


def webhook_endpoint(book: Book, params: Json, *, api_version: str) -> Json:
    """Where events go; its secret is shown once, on creation, and kept apart."""
    return {
        "id": book.new_id("we_1"),
        "object": "webhook_endpoint",
        "api_version": api_version,
        "application": None,
        "created": book.now(),
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": params.get("metadata", {}),
        "status": "enabled",
        "url": params["url"],
    }


def event(book: Book, *, kind: str, thing: Json, api_version: str) -> Json:
    """That something happened, with a copy of how it looked just then."""
    return {
        "id": book.new_id("evt_3"),
        "object": "event",
        "api_version": api_version,
        "created": book.now(),
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
