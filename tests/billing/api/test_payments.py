"""Paying over HTTP: what a resident's app does, and what Stripe's servers do."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import redis
import stripe
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.enums import MembershipRole
from accounts.models import User
from billing.enums import AttemptState
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, PaymentAttempt, WebhookEvent
from config.api.models import KeyedRequest
from tests.billing.paying import pay_at_the_counter, sessions
from tests.factories import a_household, a_resident

if TYPE_CHECKING:  # a name of the stubs alone
    from rest_framework.response import _MonkeyPatchedResponse as Answer

WEBHOOK = "/api/v1/payments/stripe/webhook"


@pytest.fixture
def owner(payer: User, api: APIClient) -> User:
    """The bill's owner, signed in."""
    api.force_login(payer)
    return payer


def _pay(api: APIClient, bill: Invoice, **headers: str) -> Answer:
    return api.post(f"/api/v1/invoices/{bill.pk}/payments", headers=headers)


def _problem(response: Answer) -> tuple[int, str]:
    assert response["Content-Type"] == "application/problem+json"
    return response.status_code, json.loads(response.content)["type"].rsplit("/", 1)[-1]


@pytest.mark.usefixtures("owner")
def test_a_resident_gets_a_page_to_pay_on_and_the_same_one_again(
    api: APIClient, bill: Invoice, online: FakeStripe
) -> None:
    first, second = _pay(api, bill), _pay(api, bill)

    attempt = PaymentAttempt.objects.get()
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert first.json() == {
        "id": str(attempt.pk),
        "invoice": bill.pk,
        "state": "open",
        "amount": {"amount": "512.30", "currency": "CNY"},
        "url": sessions(online)[0]["url"],
        "created_at": attempt.created_at.isoformat().replace("+00:00", "Z"),
        "expires_at": attempt.expires_at.isoformat().replace("+00:00", "Z"),
        "paid_at": None,
    }


@pytest.mark.usefixtures("owner", "online")
def test_the_state_of_a_payment_can_be_watched(api: APIClient, bill: Invoice) -> None:
    started = _pay(api, bill).json()

    seen = api.get(f"/api/v1/payments/{started['id']}")

    assert (seen.status_code, seen.json()) == (200, started)


@pytest.mark.usefixtures("owner", "online")
def test_a_paid_bill_cannot_be_paid(api: APIClient, bill: Invoice) -> None:
    pay_at_the_counter(bill, bill.total_minor)

    assert _problem(_pay(api, bill)) == (409, "nothing_due")
    assert not PaymentAttempt.objects.exists()


@pytest.mark.usefixtures("owner", "online")
def test_money_on_its_way_is_waited_for(api: APIClient, bill: Invoice) -> None:
    _pay(api, bill)
    PaymentAttempt.objects.update(state=AttemptState.PROCESSING)

    assert _problem(_pay(api, bill)) == (409, "payment_under_way")


@pytest.mark.usefixtures("owner")
def test_a_provider_that_does_not_answer_is_no_loss(
    api: APIClient, bill: Invoice, online: FakeStripe
) -> None:
    online.order("answers", next=["lost"] * 3)

    down = _pay(api, bill)
    up = _pay(api, bill)

    assert _problem(down) == (503, "payment_unavailable")
    assert up.status_code == 200
    assert len(sessions(online)) == PaymentAttempt.objects.count() == 1


@pytest.mark.usefixtures("owner", "online")
def test_an_amount_the_provider_refuses_is_said_so(api: APIClient, bill: Invoice) -> None:
    pay_at_the_counter(bill, bill.total_minor - 1)

    assert _problem(_pay(api, bill)) == (502, "payment_refused")


@pytest.mark.usefixtures("owner")
def test_without_a_key_online_payment_is_unavailable(
    api: APIClient, bill: Invoice, settings: Settings
) -> None:
    settings.STRIPE_SECRET_KEY = settings.STRIPE_API_BASE = ""

    assert _problem(_pay(api, bill)) == (503, "payment_unavailable")
    assert not PaymentAttempt.objects.exists()


@pytest.mark.usefixtures("owner", "online")
def test_an_idempotency_key_names_one_payment(api: APIClient, bill: Invoice) -> None:
    first = _pay(api, bill, **{"Idempotency-Key": "k"})
    PaymentAttempt.objects.update(state=AttemptState.FAILED)
    again = _pay(api, bill, **{"Idempotency-Key": "k"})
    other = _pay(api, bill, **{"Idempotency-Key": "another"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 201)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert other.json()["id"] != first.json()["id"]


@pytest.mark.usefixtures("owner", "online")
def test_a_payment_keeps_its_name_where_its_answer_got_lost(api: APIClient, bill: Invoice) -> None:
    first = _pay(api, bill, **{"Idempotency-Key": "k"})
    KeyedRequest.objects.all().delete()  # a crash after the provider's page was opened, or a month

    again = _pay(api, bill, **{"Idempotency-Key": "k"})

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert PaymentAttempt.objects.count() == 1


@pytest.mark.usefixtures("owner", "online")
@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_a_useless_idempotency_key_is_refused(api: APIClient, bill: Invoice, key: str) -> None:
    assert _problem(_pay(api, bill, **{"Idempotency-Key": key})) == (400, "idempotency_key_invalid")
    assert not PaymentAttempt.objects.exists()


@pytest.mark.usefixtures("online")
def test_only_those_who_see_money_at_this_home_pay_and_watch(
    api: APIClient, bill: Invoice, payer: User
) -> None:
    api.force_login(payer)
    payment = f"/api/v1/payments/{_pay(api, bill).json()['id']}"
    neighbour = a_resident(household=a_household(building=bill.household.building))
    caretaker = a_resident(household=bill.household, role=MembershipRole.CARETAKER)
    member = a_resident(household=bill.household, role=MembershipRole.MEMBER)

    answers = {}
    for name, person in {"neighbour": neighbour, "caretaker": caretaker, "member": member}.items():
        api.force_login(person)
        answers[name] = (_pay(api, bill).status_code, api.get(payment).status_code)
    api.logout()
    answers["nobody"] = (_pay(api, bill).status_code, api.get(payment).status_code)

    assert answers == {
        "neighbour": (404, 404),
        "caretaker": (403, 403),
        "member": (200, 200),
        "nobody": (401, 401),
    }


@pytest.mark.usefixtures("owner")
def test_a_payment_that_does_not_exist_is_not_found(api: APIClient) -> None:
    assert _problem(api.get(f"/api/v1/payments/{uuid4()}")) == (404, "not_found")


def _hook(api: APIClient, body: str, secret: str) -> Answer:
    signature = stripe.WebhookSignature.generate_signature_header(body, secret)
    return api.post(
        WEBHOOK, body.encode(), content_type="application/json", headers={"Stripe-Signature": signature}
    )


EVENT = json.dumps(
    {
        "id": "evt_1",
        "type": "checkout.session.completed",
        "data": {"object": {"object": "checkout.session", "id": "cs_1"}},
    }
)


@pytest.mark.django_db(transaction=True)
def test_a_signed_event_is_stored_and_a_worker_woken(
    api: APIClient, online: FakeStripe, settings: Settings
) -> None:
    with redis.Redis.from_url(settings.VALKEY_URL) as valkey:
        valkey.delete(settings.CELERY_TASK_DEFAULT_QUEUE)

        first = _hook(api, EVENT, online.webhook_secret)
        second = _hook(api, EVENT, online.webhook_secret)

        waiting = valkey.llen(settings.CELERY_TASK_DEFAULT_QUEUE)
        valkey.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
    event = WebhookEvent.objects.get()
    assert (first.status_code, second.status_code) == (200, 200)
    assert (event.event_id, event.subject_id, event.raw, event.state) == ("evt_1", "cs_1", EVENT, "received")
    assert waiting == 1


@pytest.mark.django_db(transaction=True)
def test_an_event_is_kept_even_if_no_worker_can_be_woken(
    api: APIClient, online: FakeStripe, settings: Settings
) -> None:
    settings.TASK_APP = "tests.billing.paying.BROKER_DOWN"
    began = time.monotonic()

    answer = _hook(api, EVENT, online.webhook_secret)

    assert answer.status_code == 200
    assert time.monotonic() - began < 2
    assert WebhookEvent.objects.get().state == "received"


@pytest.mark.usefixtures("db", "online")
def test_an_unsigned_or_malformed_event_is_refused_and_nothing_stored(
    api: APIClient, online: FakeStripe
) -> None:
    bare = api.post(WEBHOOK, EVENT.encode(), content_type="application/json")
    forged = _hook(api, EVENT, "whsec_guess")
    malformed = _hook(api, "{}", online.webhook_secret)

    assert _problem(bare) == (400, "signature_invalid")
    assert _problem(forged) == (400, "signature_invalid")
    assert _problem(malformed) == (400, "event_malformed")
    assert not WebhookEvent.objects.exists()
