"""The whole walk with real processes: a page paid, a webhook over HTTP, a Celery worker, a bill settled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.db import connection
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from accounts.models import User
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, JournalEntry, PaymentAttempt, WebhookEvent
from tests.billing.fakestripe.merchant import browse, wait_until
from tests.billing.paying import owed_minor

CARD = {"method": "card", "cardNumber": "4242 4242 4242 4242", "cardExpiry": "12 / 34", "cardCvc": "123"}


def _database_url(settings: Settings) -> str:
    """The tests' own database, for another process."""
    given: str = settings.DATABASE_URL
    return urlsplit(given)._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextmanager
def _a_worker(fake: FakeStripe, settings: Settings) -> Iterator[None]:
    environment = {
        **os.environ,
        "DATABASE_URL": _database_url(settings),
        "STRIPE_SECRET_KEY": fake.secret_key,
        "STRIPE_API_BASE": fake.base_url,
    }
    command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--pool=solo"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_a_bill_paid_on_the_hosted_page_is_settled_by_the_worker(
    bill: Invoice,
    payer: User,
    api: APIClient,
    online: FakeStripe,
    live_server: LiveServer,
    settings: Settings,
) -> None:
    settings.PUBLIC_URL = live_server.url
    online.send_webhooks_to(f"{live_server.url}/api/v1/payments/stripe/webhook")
    # Everything that may go wrong on the way to us: lost, twice, late.
    online.order("webhooks", next=["fine", "drop", "duplicate", "delay:0.3"])
    api.force_login(payer)
    page = api.post(f"/api/v1/invoices/{bill.pk}/payments").json()["url"]

    with _a_worker(online, settings):
        declined, _text = browse(page, form={**CARD, "cardNumber": "4000 0000 0000 0002"})
        paid, _text = browse(page, form=CARD)
        wait_until(lambda: PaymentAttempt.objects.filter(state="paid").exists(), patience_s=30)
        wait_until(lambda: not WebhookEvent.objects.filter(state="received").exists(), patience_s=30)

    attempt = PaymentAttempt.objects.get()
    assert (declined.status, paid.status) == (402, 303)
    assert paid.headers["Location"] == f"{live_server.url}/pay/return?sid={attempt.provider_session_id}"
    assert owed_minor(bill) == 0
    assert JournalEntry.objects.filter(key__startswith="payment-").count() == 1
    assert set(WebhookEvent.objects.values_list("state", flat=True)) == {"done", "ignored"}
