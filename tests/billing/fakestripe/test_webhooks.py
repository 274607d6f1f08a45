"""Webhooks: signed, at least once, in no promised order; and what tests can make of them."""

from __future__ import annotations

import json

import pytest
import stripe

from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import SECRET, Inbox, order, wait_until

PAID = [
    "payment_intent.created",
    "charge.succeeded",
    "payment_intent.succeeded",
    "checkout.session.completed",
]


def _pay(client: stripe.StripeClient, fake: FakeStripe) -> str:
    session = client.v1.checkout.sessions.create(params=order())
    fake.order("pay", session=session.id)
    return session.id


def test_an_event_is_signed_and_of_the_sdks_version(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox
) -> None:
    session_id = _pay(client, fake)
    assert inbox.wait_for("checkout.session.completed") == PAID

    event = stripe.Webhook.construct_event(inbox.bodies[-1], inbox.signatures[-1], SECRET)

    assert event.api_version == stripe.api_version
    assert event.data.object.id == session_id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(inbox.bodies[-1] + b" ", inbox.signatures[-1], SECRET)


def test_the_event_can_be_read_again_as_it_was_sent(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox
) -> None:
    _pay(client, fake)
    inbox.wait_for("checkout.session.completed")
    sent = json.loads(inbox.bodies[-1])

    kept = client.v1.events.retrieve(sent["id"]).to_dict()

    assert kept["data"] == sent["data"]
    assert [event.type for event in client.v1.events.list().data] == PAID[::-1]
    only = client.v1.events.list(params={"types": ["charge.succeeded", "charge.failed"]}).data
    assert [event.type for event in only] == ["charge.succeeded"]


def test_an_event_shows_the_object_as_it_was_then(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox
) -> None:
    _pay(client, fake)
    inbox.wait_for("checkout.session.completed")

    created = json.loads(inbox.bodies[0])["data"]["object"]

    assert (created["object"], created["status"]) == ("payment_intent", "requires_payment_method")


def test_a_refused_delivery_is_tried_again(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox
) -> None:
    inbox.answers = [500, 503]
    _pay(client, fake)

    wait_until(lambda: len(inbox.bodies) == 6)

    assert sorted(set(inbox.types)) == sorted(PAID)
    wait_until(lambda: fake.order("state")["waiting"] == 0)
    assert [event.pending_webhooks for event in client.v1.events.list().data] == [0, 0, 0, 0]


def test_deliveries_can_be_dropped_doubled_and_delayed(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox
) -> None:
    fake.order("webhooks", next=["drop", "duplicate", "delay:0.2"])
    _pay(client, fake)

    wait_until(lambda: len(inbox.bodies) == 4)

    assert inbox.types == [
        "charge.succeeded",
        "charge.succeeded",
        "checkout.session.completed",
        "payment_intent.succeeded",
    ]
    assert json.loads(inbox.bodies[0])["id"] == json.loads(inbox.bodies[1])["id"]


def test_held_deliveries_can_leave_in_reverse(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox
) -> None:
    fake.order("webhooks", hold=True)
    _pay(client, fake)
    assert inbox.bodies == []

    fake.order("webhooks", reverse=True, hold=False)

    assert inbox.wait_for("payment_intent.created") == PAID[::-1]


def test_an_endpoint_gets_only_the_events_it_asked_for(
    client: stripe.StripeClient, fake: FakeStripe, inbox: Inbox
) -> None:
    for endpoint in client.v1.webhook_endpoints.list().data:
        client.v1.webhook_endpoints.delete(endpoint.id)
    made = client.v1.webhook_endpoints.create(
        params={"url": inbox.url, "enabled_events": ["checkout.session.completed"]}
    )
    _pay(client, fake)
    wait_until(lambda: len(inbox.bodies) == 1)

    event = stripe.Webhook.construct_event(inbox.bodies[0], inbox.signatures[0], made.secret)

    assert event.type == "checkout.session.completed"
    assert "secret" not in client.v1.webhook_endpoints.retrieve(made.id).to_dict()


def test_an_endpoint_must_be_an_address_and_of_this_version(client: stripe.StripeClient) -> None:
    create = client.v1.webhook_endpoints.create
    with pytest.raises(stripe.InvalidRequestError, match="explicit scheme"):
        create(params={"url": "hook", "enabled_events": ["*"]})
    with pytest.raises(stripe.InvalidRequestError, match="renders events in"):
        create(params={"url": "http://127.0.0.1:9/", "enabled_events": ["*"], "api_version": "2024-06-20"})
    assert len(client.v1.webhook_endpoints.list().data) == 1
