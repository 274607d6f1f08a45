"""The three-way match: silent where all agree, and it names what does not."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import User
from billing.enums import AccountCode, EntryKind
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, MoneyCheck, PaymentAttempt, ProviderMovement
from billing.operations.ledger import Side, post_entry
from billing.operations.money_checks import check_money
from billing.operations.reconcile import reconcile_account
from billing.operations.webhooks import process_event
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.paying import charge_of, deliver, paid_attempt
from tests.factories import a_clerk

TOMORROW = timedelta(days=1)


def _findings(check: MoneyCheck) -> list[tuple[str, str, int, int]]:
    return list(check.findings.values_list("kind", "subject", "ours_minor", "theirs_minor"))


def _paid(bill: Invoice, payer: User, gateway: StripeGateway, fake: FakeStripe) -> PaymentAttempt:
    attempt = paid_attempt(bill, payer, gateway, fake)
    reconcile_account(provider=gateway, at=timezone.now())
    return attempt


def test_payment_refund_dispute_and_payout_agree(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = _paid(bill, payer, gateway, stripe_fake)
    stripe_fake.order("pay_out", currency="cny")
    stripe_fake.order("dispute", charge=charge_of(stripe_fake, attempt))
    for kind in ("charge.dispute.created", "payout.paid"):
        process_event(event_id=deliver(stripe_fake, kind).pk, provider=gateway, at=timezone.now())
    reconcile_account(provider=gateway, at=timezone.now())

    check = check_money(at=timezone.now() + TOMORROW)

    assert (check.payments, check.documents) == (1, 1)
    assert _findings(check) == []


def test_what_the_provider_moved_and_we_did_not_is_found_once_it_is_no_news(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = _paid(bill, payer, gateway, stripe_fake)
    now = timezone.now()
    ProviderMovement.objects.create(
        provider="stripe",
        movement_id="txn_unheard",
        kind="refund",
        amount_minor=-700,
        fee_minor=0,
        currency="CNY",
        created_at=now,
        attempt=attempt,
    )

    young, old = check_money(at=now), check_money(at=now + TOMORROW)

    assert [row[0] for row in _findings(young)] == ["clearing"]
    assert _findings(old) == [("payment", str(attempt.pk), bill.total_minor, bill.total_minor - 700)]


def test_a_hand_on_the_books_is_found(
    client: Client, bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    _paid(bill, payer, gateway, stripe_fake)
    post_entry(
        key="by-hand",
        kind=EntryKind.CORRECTION,
        at=timezone.now(),
        currency="CNY",
        sides=[
            Side(account=AccountCode.PROVIDER_CLEARING, amount_minor=-5),
            Side(account=AccountCode.REVENUE, amount_minor=5),
        ],
    )

    check = check_money(at=timezone.now() + TOMORROW)
    client.force_login(a_clerk())
    page = client.get(f"/admin/billing/moneycheck/{check.pk}/change/").content.decode()

    ((kind, _subject, ours, theirs),) = _findings(check)
    assert (kind, theirs - ours) == ("clearing", 5)
    assert "provider_clearing" in page
