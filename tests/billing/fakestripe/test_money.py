"""Paying, declining, waiting for the bank, giving back: what the SDK sees of it."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import Inbox, order


def _session(client: stripe.StripeClient) -> str:
    return client.v1.checkout.sessions.create(params=order()).id


def _seen(client: stripe.StripeClient, session_id: str) -> Any:  # noqa: ANN401 - expanded, which the SDK's types cannot say
    expand = ["payment_intent.latest_charge.balance_transaction"]
    return client.v1.checkout.sessions.retrieve(session_id, params={"expand": expand})


@pytest.mark.parametrize("method", ["card", "alipay", "wechat_pay"])
def test_a_paid_session_has_its_money_on_the_balance(
    client: stripe.StripeClient, fake: FakeStripe, method: str
) -> None:
    session_id = _session(client)

    fake.order("pay", session=session_id, method=method)

    seen = _seen(client, session_id)
    charge = seen.payment_intent.latest_charge
    assert (seen.status, seen.payment_status, seen.url) == ("complete", "paid", None)
    assert (seen.payment_intent.status, seen.payment_intent.amount_received) == ("succeeded", 12345)
    assert charge.payment_method_details.type == method
    # 2.9 % of 12345, cut to 358, and 200.
    assert (charge.balance_transaction.fee, charge.balance_transaction.net) == (558, 11787)


def test_only_the_metadata_meant_for_the_intent_reaches_it(
    client: stripe.StripeClient, fake: FakeStripe
) -> None:
    params = order(payment_intent_data={"metadata": {"attempt": "of the intent"}})
    session_id = client.v1.checkout.sessions.create(params=params).id
    fake.order("pay", session=session_id)

    seen = _seen(client, session_id)

    assert seen.metadata.to_dict() == {"attempt": "a-1"}
    assert seen.payment_intent.metadata.to_dict() == {"attempt": "of the intent"}


def test_a_declined_card_leaves_the_session_open_for_another(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox
) -> None:
    session_id = _session(client)
    with pytest.raises(ValueError, match="generic_decline"):
        fake.order("pay", session=session_id, card="4000000000000002")
    declined = _seen(client, session_id)

    fake.order("pay", session=session_id, method="alipay")

    assert (declined.status, declined.payment_intent.status) == ("open", "requires_payment_method")
    assert declined.payment_intent.last_payment_error.decline_code == "generic_decline"
    assert _seen(client, session_id).payment_intent.id == declined.payment_intent.id
    assert inbox.wait_for("checkout.session.completed") == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_a_paid_session_takes_neither_money_nor_an_end_again(
    client: stripe.StripeClient, fake: FakeStripe
) -> None:
    session_id = _session(client)
    fake.order("pay", session=session_id)
    before = fake.order("state")["objects"]

    with pytest.raises(ValueError, match="complete"):
        fake.order("pay", session=session_id)
    with pytest.raises(stripe.InvalidRequestError, match="status of complete"):
        client.v1.checkout.sessions.expire(session_id)

    assert fake.order("state")["objects"] == before


def test_a_method_that_was_not_offered_is_refused(client: stripe.StripeClient, fake: FakeStripe) -> None:
    session_id = client.v1.checkout.sessions.create(params=order(allowed_payment_method_types=["card"])).id

    with pytest.raises(ValueError, match="does not take alipay"):
        fake.order("pay", session=session_id, method="alipay")

    assert _seen(client, session_id).payment_status == "unpaid"


@pytest.mark.parametrize(
    ("succeeded", "status", "last"),
    [
        (True, "paid", "checkout.session.async_payment_succeeded"),
        (False, "unpaid", "checkout.session.async_payment_failed"),
    ],
)
def test_a_slow_payment_is_complete_before_it_is_paid(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox, *, succeeded: bool, status: str, last: str
) -> None:
    session_id = _session(client)
    fake.order("pay", session=session_id, slowly=True)
    waiting = _seen(client, session_id)

    fake.order("settle", session=session_id, succeeded=succeeded)

    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    assert waiting.payment_intent.status == "processing"
    assert _seen(client, session_id).payment_status == status
    assert inbox.wait_for(last)[-1] == last


def test_only_a_slow_payment_can_be_settled(client: stripe.StripeClient, fake: FakeStripe) -> None:
    session_id = _session(client)

    with pytest.raises(ValueError, match="awaits no money"):
        fake.order("settle", session=session_id, succeeded=True)


def test_refunds_add_up_to_the_charge_and_no_further(client: stripe.StripeClient, fake: FakeStripe) -> None:
    session_id = _session(client)
    fake.order("pay", session=session_id)
    intent_id = _seen(client, session_id).payment_intent.id
    refunds = client.v1.refunds

    first = refunds.create(params={"payment_intent": intent_id, "amount": 345, "metadata": {"why": "cold"}})
    with pytest.raises(stripe.InvalidRequestError, match=r"12345\) is greater than unrefunded .* \(12000\)"):
        refunds.create(params={"payment_intent": intent_id, "amount": 12345})
    rest = refunds.create(params={"payment_intent": intent_id})
    with pytest.raises(stripe.InvalidRequestError, match="already been refunded") as caught:
        refunds.create(params={"payment_intent": intent_id, "amount": 1})

    charge = _seen(client, session_id).payment_intent.latest_charge
    movements = client.v1.balance_transactions.list(params={"type": "refund"}).data
    assert [(refund.amount, refund.status) for refund in (first, rest)] == [
        (345, "succeeded"),
        (12000, "succeeded"),
    ]
    assert (charge.amount_refunded, charge.refunded) == (12345, True)
    assert [movement.amount for movement in movements] == [-12000, -345]
    assert caught.value.code == "charge_already_refunded"


def test_a_refund_needs_something_paid(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="payment_intent or charge"):
        client.v1.refunds.create(params={"amount": 1})
    with pytest.raises(stripe.InvalidRequestError, match="No such charge"):
        client.v1.refunds.create(params={"charge": "ch_none"})
    assert client.v1.refunds.list().data == []
