"""Sessions through the real SDK: their rules, their shape, their end."""

from __future__ import annotations

import time
from typing import Any

import pytest
import stripe

from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import Inbox, browse, order, sdk

FIELDS_OF_THE_CLASS = {"OBJECT_NAME"}


def _item(**data: object) -> list[dict[str, Any]]:
    price = {"currency": "cny", "unit_amount": 500, "product_data": {"name": "Heat"}, **data}
    return [{"quantity": 1, "price_data": {key: value for key, value in price.items() if value is not None}}]


def test_a_session_is_open_unpaid_and_has_a_page(client: stripe.StripeClient, fake: FakeStripe) -> None:
    session = client.v1.checkout.sessions.create(params=order())

    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 12345)
    assert session.url == f"{fake.base_url}/c/pay/{session.id}"
    assert session.payment_intent is None
    assert session.payment_method_types == ["card", "alipay", "wechat_pay"]


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"line_items": None}, "line_items"),
        ({"line_items": _item(unit_amount=None)}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": _item(product_data=None)}, "line_items[0][price_data][product_data]"),
        ({"line_items": _item(unit_amount=399)}, "line_items"),
        ({"line_items": _item(unit_amount=100_000_000)}, "line_items"),
        ({"line_items": _item(currency="xyz")}, "line_items[0][price_data][currency]"),
        ({"line_items": _item() + _item(currency="eur")}, "line_items"),
        ({"line_items": [{"price": "price_1", "quantity": 1}]}, "id"),
        ({"success_url": None}, "success_url"),
        ({"cancel_url": "bills/1"}, "cancel_url"),
        ({"payment_method_options": None}, "payment_method_options[wechat_pay][client]"),
        ({"excluded_payment_method_types": ["card", "alipay", "wechat_pay"]}, "allowed_payment_method_types"),
        ({"client_reference_id": "x" * 201}, "client_reference_id"),
        ({"metadata": {"x" * 41: "y"}}, "metadata"),
        ({"metadata": {"x": "y" * 501}}, "metadata[x]"),
        ({"metadata": {str(n): "y" for n in range(51)}}, "metadata"),
        ({"ui_mode": "elements"}, "ui_mode"),
        ({"allow_promotion_codes": True}, "allow_promotion_codes"),
    ],
)
def test_a_rule_broken_is_an_error_that_names_its_parameter(
    client: stripe.StripeClient, fake: FakeStripe, changes: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.checkout.sessions.create(params=order(**changes))

    assert caught.value.param == param
    assert "checkout.session" not in fake.order("state")["objects"]


@pytest.mark.parametrize("life_s", [29 * 60, 25 * 3600])
def test_a_session_lives_half_an_hour_to_a_day(client: stripe.StripeClient, life_s: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
        client.v1.checkout.sessions.create(params=order(expires_at=int(time.time()) + life_s))


def test_who_has_another_key_is_refused(fake: FakeStripe) -> None:
    refused = pytest.raises(stripe.AuthenticationError, match="Invalid API Key provided: sk_test_")

    with sdk(fake, secret_key="sk_test_stranger") as stranger, refused:
        stranger.v1.checkout.sessions.create(params=order())


def test_another_api_version_is_refused(fake: FakeStripe) -> None:
    refused = pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version")

    with sdk(fake, version="2024-06-20") as old, refused:
        old.v1.checkout.sessions.create(params=order())


def test_an_unknown_session_and_an_unknown_address_are_not_found(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"No such checkout.session: 'cs_test_none'"):
        client.v1.checkout.sessions.retrieve("cs_test_none")
    with pytest.raises(stripe.InvalidRequestError, match="Unrecognized request URL"):
        client.v1.customers.list()


def test_an_open_session_can_be_expired_once(client: stripe.StripeClient, inbox: Inbox) -> None:
    session = client.v1.checkout.sessions.create(params=order())

    expired = client.v1.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    with pytest.raises(stripe.InvalidRequestError, match="status of expired"):
        client.v1.checkout.sessions.expire(session.id)
    assert inbox.wait_for("checkout.session.expired") == ["checkout.session.expired"]


def test_a_session_expires_by_the_clock(client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox) -> None:
    session = client.v1.checkout.sessions.create(params=order(expires_at=int(time.time()) + 1860))

    assert fake.order("clock", advance_s=1900)["expired"] == 1

    assert client.v1.checkout.sessions.retrieve(session.id).status == "expired"
    inbox.wait_for("checkout.session.expired")


def _paid(client: stripe.StripeClient, fake: FakeStripe) -> stripe.checkout.Session:
    session = client.v1.checkout.sessions.create(params=order())
    fake.order("pay", session=session.id, method="card")
    expand = ["payment_intent.latest_charge.balance_transaction", "line_items"]
    return client.v1.checkout.sessions.retrieve(session.id, params={"expand": expand})


def _mandatory(shape: type) -> set[str]:
    """What the SDK says is always there: everything not optional, and what is null rather than absent."""
    hints = shape.__annotations__.items()
    always = {name for name, hint in hints if not str(hint).startswith("typing.Optional")}
    return always - FIELDS_OF_THE_CLASS


def test_every_field_the_sdk_promises_is_there(client: stripe.StripeClient, fake: FakeStripe) -> None:
    session = _paid(client, fake)
    intent: Any = session.payment_intent
    charge = intent.latest_charge
    event = client.v1.events.list().data[0]
    refund = client.v1.refunds.create(params={"charge": charge.id, "amount": 100})
    endpoint = client.v1.webhook_endpoints.list().data[0]
    line = client.v1.checkout.sessions.line_items.list(session.id).data[0]
    assert line.price is not None

    things = [session, intent, charge, charge.balance_transaction, event, refund, endpoint, line, line.price]

    missing = {type(thing).__name__: _mandatory(type(thing)) - thing.to_dict().keys() for thing in things}
    assert {name: fields for name, fields in missing.items() if fields} == {}


def test_nothing_the_sdk_does_not_know_is_sent(client: stripe.StripeClient, fake: FakeStripe) -> None:
    session = _paid(client, fake)
    intent: Any = session.payment_intent

    things = [session, intent, intent.latest_charge, intent.latest_charge.balance_transaction]

    unknown = {
        type(thing).__name__: thing.to_dict().keys() - type(thing).__annotations__.keys() for thing in things
    }
    assert {name: fields for name, fields in unknown.items() if fields} == {}


def test_expansion_goes_where_the_sdk_says_and_no_further(
    client: stripe.StripeClient, fake: FakeStripe
) -> None:
    session = _paid(client, fake)
    intent: Any = session.payment_intent

    assert intent.latest_charge.balance_transaction.amount == 12345
    assert [line.amount_total for line in session.line_items.data] == [12345]  # type: ignore[union-attr]  # expanded
    for path in ("metadata", "payment_intent.amount", "a.b.c.d.e"):
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.checkout.sessions.retrieve(session.id, params={"expand": [path]})


def test_a_list_expands_its_rows(client: stripe.StripeClient, fake: FakeStripe) -> None:
    _paid(client, fake)

    rows = client.v1.checkout.sessions.list(params={"expand": ["data.payment_intent"]}).data

    assert [row.payment_intent.status for row in rows] == ["succeeded"]  # type: ignore[union-attr]  # expanded


def test_lists_are_cut_by_cursor_and_filtered(client: stripe.StripeClient) -> None:
    first, second, third = (client.v1.checkout.sessions.create(params=order()).id for _ in range(3))
    client.v1.checkout.sessions.expire(second)
    sessions = client.v1.checkout.sessions

    newest = sessions.list(params={"limit": 2})
    rest = sessions.list(params={"limit": 2, "starting_after": second})
    back = sessions.list(params={"limit": 1, "ending_before": first})

    assert ([row.id for row in newest.data], newest.has_more) == ([third, second], True)
    assert ([row.id for row in rest.data], rest.has_more) == ([first], False)
    assert ([row.id for row in back.data], back.has_more) == ([second], True)
    assert [row.id for row in sessions.list(params={"status": "expired"}).data] == [second]
    with pytest.raises(stripe.InvalidRequestError):
        sessions.list(params={"limit": 101})


def test_the_page_of_an_unknown_session_says_so(fake: FakeStripe) -> None:
    response, text = browse(f"{fake.base_url}/c/pay/cs_test_none")

    assert response.status == 404
    assert "There is no such checkout page." in text
