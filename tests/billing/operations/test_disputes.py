"""Disputes: the books follow the bank, in whatever order and however often its news comes."""

from __future__ import annotations

from itertools import permutations

import pytest
from django.utils import timezone

from accounts.models import User
from billing.fakestripe.server import FakeStripe
from billing.models import Dispute, Invoice, PaymentAttempt
from billing.operations.refunds import refundable_minor
from billing.operations.webhooks import process_event
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.paying import balances, charge_of, deliver, owed_minor, paid_attempt

TOTAL = 51_230


@pytest.fixture
def paid(bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe) -> PaymentAttempt:
    """The bill of CNY 512.30, paid by card."""
    return paid_attempt(bill, payer, gateway, stripe_fake)


def _hear(fake: FakeStripe, gateway: StripeGateway, kind: str) -> str:
    event = deliver(fake, f"charge.dispute.{kind}")
    return process_event(event_id=event.pk, provider=gateway, at=timezone.now()).state


def test_what_the_bank_took_is_neither_ours_nor_owed(
    paid: PaymentAttempt, gateway: StripeGateway, stripe_fake: FakeStripe, bill: Invoice
) -> None:
    stripe_fake.order("dispute", charge=charge_of(stripe_fake, paid))

    assert _hear(stripe_fake, gateway, "created") == "done"
    assert Dispute.objects.get().state == "open"
    assert balances()["disputed"] == TOTAL
    assert balances()["provider_clearing"] == 0
    assert owed_minor(bill) == 0
    assert refundable_minor(paid) == 0


def test_an_inquiry_moves_no_money(
    paid: PaymentAttempt, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    before = balances()
    stripe_fake.order("dispute", charge=charge_of(stripe_fake, paid), inquiry=True)

    _hear(stripe_fake, gateway, "created")

    assert Dispute.objects.get().state == "inquiry"
    assert balances() == before


@pytest.mark.parametrize("won", [True, False])
@pytest.mark.parametrize("order", list(permutations(["created", "funds_withdrawn", "closed"])))
def test_however_its_news_comes_a_decided_dispute_ends_the_same(
    paid: PaymentAttempt,
    gateway: StripeGateway,
    stripe_fake: FakeStripe,
    bill: Invoice,
    order: tuple[str, ...],
    *,
    won: bool,
) -> None:
    given = stripe_fake.order("dispute", charge=charge_of(stripe_fake, paid))
    if order[0] != "closed":
        _hear(stripe_fake, gateway, order[0])
    stripe_fake.order("close_dispute", dispute=given["id"], won=won)

    for kind in (*order, *order):
        _hear(stripe_fake, gateway, kind)

    assert Dispute.objects.get().state == ("won" if won else "lost")
    assert balances()["provider_clearing"] == (TOTAL if won else 0)
    assert balances().get("disputed", 0) == 0
    assert owed_minor(bill) == (0 if won else TOTAL)
