"""Payments at the desk: seen by clerks of their utility, changed by nobody, processed again by billing."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import User
from accounts.scope import utility_scope
from billing.models import Invoice, PaymentAttempt, WebhookEvent
from billing.operations.webhooks import process_event, receive_event
from billing.payments.provider import InboundEvent
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.paying import start
from tests.factories import a_clerk, a_user, a_utility

EVENTS = "/admin/billing/webhookevent/"
ATTEMPTS = "/admin/billing/paymentattempt/"


def _event(event_id: str, subject_id: str) -> WebhookEvent:
    inbound = InboundEvent(event_id=event_id, type="refund.created", subject_id=subject_id, raw="{}")
    return receive_event(provider="stripe", event=inbound, at=timezone.now())


@pytest.fixture
def attempt(bill: Invoice, payer: User, gateway: StripeGateway) -> PaymentAttempt:
    """An open payment of the utility in scope."""
    return start(bill, payer, gateway).attempt


def test_a_clerk_sees_payments_and_changes_none(client: Client, attempt: PaymentAttempt) -> None:
    client.force_login(a_clerk(duty=StaffDuty.BILLING))

    listed = client.get(ATTEMPTS)
    shown = client.get(f"{ATTEMPTS}{attempt.pk}/change/")
    refused = [
        client.get(f"{ATTEMPTS}add/"),
        client.post(f"{ATTEMPTS}{attempt.pk}/change/", {"state": "paid"}),
        client.post(f"{ATTEMPTS}{attempt.pk}/delete/", {"post": "yes"}),
    ]

    assert "512.30 CNY" in listed.content.decode()
    assert shown.status_code == 200
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert PaymentAttempt.objects.get().state == "open"


def test_a_clerk_sees_the_events_of_the_utilitys_own_payments(
    client: Client, attempt: PaymentAttempt
) -> None:
    _event("evt_ours", attempt.provider_session_id or "")
    _event("evt_of_nobody", "pi_unknown")
    with utility_scope(a_utility()):
        elsewhere = a_clerk(duty=StaffDuty.BILLING)
    operator = a_user()
    operator.is_staff = operator.is_superuser = True
    operator.save()

    seen = {}
    for name, person in {"here": a_clerk(), "elsewhere": elsewhere, "operator": operator}.items():
        client.force_login(person)
        text = client.get(EVENTS).content.decode()
        seen[name] = [ident for ident in ("evt_ours", "evt_of_nobody") if ident in text]

    assert seen == {"here": ["evt_ours"], "elsewhere": [], "operator": ["evt_ours", "evt_of_nobody"]}


@pytest.mark.parametrize(
    ("duty", "state"), [(StaffDuty.BILLING, "received"), (StaffDuty.SERVICE, "attention")]
)
def test_events_are_processed_again_by_those_who_work_in_billing(
    client: Client, attempt: PaymentAttempt, gateway: StripeGateway, duty: StaffDuty, state: str
) -> None:
    event = _event("evt_1", attempt.provider_session_id or "")
    process_event(event_id=event.pk, provider=gateway, at=timezone.now())
    client.force_login(a_clerk(duty=duty))

    client.post(EVENTS, {"action": "process_events_again", "_selected_action": [event.pk]})

    assert WebhookEvent.objects.get().state == state
