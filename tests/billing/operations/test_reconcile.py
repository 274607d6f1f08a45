"""Payments nobody told us about are looked up: no webhook is needed for money to arrive."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, PaymentAttempt
from billing.operations.payments import PAGE_LIFE
from billing.operations.reconcile import Reconciliation, reconcile_attempts
from billing.payments.provider import ProviderUnavailableError
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.factories import a_bill, a_customer
from tests.billing.paying import owed_minor, pay, pay_at_the_counter, sessions, start


def _later(minutes: int = 11) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def test_a_payment_whose_webhook_never_came_is_found(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(stripe_fake, attempt)

    young = reconcile_attempts(provider=gateway, at=timezone.now())
    found = reconcile_attempts(provider=gateway, at=_later())
    again = reconcile_attempts(provider=gateway, at=_later())

    attempt.refresh_from_db()
    assert (young, found, again) == (Reconciliation(0, 0), Reconciliation(1, 1), Reconciliation(0, 0))
    assert (attempt.state, owed_minor(bill)) == ("paid", 0)


def test_a_page_nobody_paid_is_closed_when_it_expires(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    waiting = reconcile_attempts(provider=gateway, at=_later())
    stripe_fake.order("clock", advance_s=int(PAGE_LIFE.total_seconds()) + 1)

    expired = reconcile_attempts(provider=gateway, at=_later(61))

    attempt.refresh_from_db()
    assert (waiting, expired) == (Reconciliation(1, 0), Reconciliation(1, 1))
    assert (attempt.state, attempt.url, owed_minor(bill)) == ("expired", "", bill.total_minor)


def test_the_page_of_a_bill_settled_otherwise_is_closed_at_the_provider(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay_at_the_counter(bill, bill.total_minor)

    reconcile_attempts(provider=gateway, at=_later())

    attempt.refresh_from_db()
    assert (attempt.state, sessions(stripe_fake)[0]["status"]) == ("expired", "expired")


def test_an_attempt_never_answered_is_given_up_in_the_end(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    stripe_fake.order("answers", next=["crash"] * 3)
    with pytest.raises(ProviderUnavailableError):
        start(bill, payer, gateway)

    early = reconcile_attempts(provider=gateway, at=_later(11))
    late = reconcile_attempts(provider=gateway, at=_later(31))

    assert (early, late) == (Reconciliation(1, 0), Reconciliation(1, 1))
    assert PaymentAttempt.objects.get().state == "expired"


def test_what_a_silent_provider_leaves_open_is_for_the_next_run(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    other = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    for invoice in (bill, other):
        pay(stripe_fake, start(invoice, payer, gateway).attempt)
    nobody = StripeGateway(secret_key="sk_test_x", api_base="http://127.0.0.1:9")

    silent = reconcile_attempts(provider=nobody, at=_later())
    found = reconcile_attempts(provider=gateway, at=_later())

    assert (silent, found) == (Reconciliation(1, 0), Reconciliation(2, 2))
    assert (owed_minor(bill), owed_minor(other)) == (0, 0)


def test_a_page_the_provider_has_forgotten_does_not_stop_the_others(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    other = Invoice.objects.get(pk=a_bill(contract=a_customer()))
    forgotten = start(bill, payer, gateway).attempt
    pay(stripe_fake, start(other, payer, gateway).attempt)
    del stripe_fake.book.objects[forgotten.provider_session_id or ""]

    done = reconcile_attempts(provider=gateway, at=_later())

    assert done == Reconciliation(2, 1)
    assert (owed_minor(bill), owed_minor(other)) == (bill.total_minor, 0)
