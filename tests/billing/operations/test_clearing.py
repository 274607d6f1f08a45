"""The provider's account read line by line: fees, payouts of several utilities, payouts that come back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User, Utility
from accounts.scope import utility_scope
from billing.fakestripe import movements
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, Payout, PayoutShare, ProviderMovement, WebhookEvent
from billing.operations.clearing import unmatched
from billing.operations.reconcile import fill_gaps, reconcile_account
from billing.operations.webhooks import process_event
from billing.payments.stripe_gateway import StripeGateway
from billing.queries.money_checks import compare_clearing
from tests.billing.factories import a_bill, a_customer, a_tariff
from tests.billing.paying import balances, deliver, paid_attempt, pay, start
from tests.factories import a_resident, a_utility

TOTAL = 51_230
# 2.9 % and 2.00, rounded down by the fake.
FEE = 1_685


def _read(gateway: StripeGateway) -> int:
    return reconcile_account(provider=gateway, at=timezone.now())


def test_a_fee_is_posted_once_however_often_the_account_is_read(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    paid_attempt(bill, payer, gateway, stripe_fake)

    counts = [_read(gateway) for _time in range(3)]

    assert counts == [1, 0, 0]
    assert balances()["provider_fees"] == FEE
    assert balances()["provider_clearing"] == TOTAL - FEE


def test_a_line_of_a_payment_not_known_yet_waits_for_it(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    pay(stripe_fake, start(bill, payer, gateway).attempt)
    _read(gateway)
    before = ProviderMovement.objects.get().attempt

    fill_gaps(provider=gateway, at=timezone.now())
    for event_id in WebhookEvent.objects.filter(state="received").values_list("pk", flat=True):
        process_event(event_id=event_id, provider=gateway, at=timezone.now())
    _read(gateway)

    assert before is None
    assert ProviderMovement.objects.get().attempt is not None
    assert balances()["provider_fees"] == FEE


def test_a_payout_is_shared_by_the_utilities_whose_money_it_is(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, utility: Utility
) -> None:
    paid_attempt(bill, payer, gateway, stripe_fake)
    other = a_utility()
    with utility_scope(other):
        a_tariff()
        neighbour = Invoice.objects.get(pk=a_bill(contract=a_customer()))
        paid_attempt(neighbour, a_resident(household=neighbour.household), gateway, stripe_fake)
    stripe_fake.order("pay_out", currency="cny")

    event = process_event(
        event_id=deliver(stripe_fake, "payout.paid").pk, provider=gateway, at=timezone.now()
    )

    assert event.state == "done"
    assert Payout.objects.get().amount_minor == 2 * (TOTAL - FEE)
    for owner in (utility, other):
        with utility_scope(owner):
            assert PayoutShare.objects.get().net_minor == TOTAL - FEE
            assert balances()["bank"] == TOTAL - FEE
            assert balances()["provider_clearing"] == 0


@pytest.mark.parametrize("cancelled", [False, True])
def test_fees_of_the_account_are_borne_by_those_who_are_paid_out(
    bill: Invoice,
    payer: User,
    gateway: StripeGateway,
    stripe_fake: FakeStripe,
    utility: Utility,
    *,
    cancelled: bool,
) -> None:
    paid_attempt(bill, payer, gateway, stripe_fake)
    other = a_utility()
    with utility_scope(other):
        a_tariff()
        neighbours = [Invoice.objects.get(pk=a_bill(contract=a_customer())) for _bill in range(2)]
        paid_attempt(neighbours[0], a_resident(household=neighbours[0].household), gateway, stripe_fake)
        # Started only: its name at the provider is "" too.
        start(neighbours[1], a_resident(household=neighbours[1].household), gateway)
    with stripe_fake.book.lock:
        source = {"id": None, "currency": "cny"}
        fee = movements.balance_transaction(stripe_fake.book, source, amount_minor=-501, kind="stripe_fee")
        stripe_fake.book.add(fee)
    first = stripe_fake.order("pay_out", currency="cny")
    process_event(event_id=deliver(stripe_fake, "payout.paid").pk, provider=gateway, at=timezone.now())
    stripe_fake.order("fail_payout", payout=first["id"], cancelled=cancelled)
    back = deliver(stripe_fake, "payout.canceled" if cancelled else "payout.failed")
    process_event(event_id=back.pk, provider=gateway, at=timezone.now())
    stripe_fake.order("pay_out", currency="cny")
    process_event(event_id=deliver(stripe_fake, "payout.paid").pk, provider=gateway, at=timezone.now())

    assert ProviderMovement.objects.get(kind="stripe_fee").attempt is None
    assert not unmatched().exists()
    for owner, cost in ((utility, 251), (other, 250)):
        with utility_scope(owner):
            assert balances()["provider_fees"] == FEE + cost
            assert balances()["bank"] == TOTAL - FEE - cost
            assert balances()["provider_clearing"] == 0
            assert compare_clearing() == []


@pytest.mark.parametrize(
    ("kind", "minor", "fees", "bank"),
    [("adjustment", -40, 40, -40), ("adjustment", 40, -40, 40), ("topup", 5_000, 0, 0)],
)
def test_lines_of_the_account_itself_hold_no_payout_up(  # noqa: PLR0913 - a table's columns
    bill: Invoice,
    payer: User,
    gateway: StripeGateway,
    stripe_fake: FakeStripe,
    *,
    kind: str,
    minor: int,
    fees: int,
    bank: int,
) -> None:
    """An adjustment is a cost, or less of it; what we brought from the bank ourselves comes back there."""
    paid_attempt(bill, payer, gateway, stripe_fake)
    with stripe_fake.book.lock:
        source = {"id": None, "currency": "cny"}
        line = movements.balance_transaction(stripe_fake.book, source, amount_minor=minor, kind=kind)
        stripe_fake.book.add(line)
    stripe_fake.order("pay_out", currency="cny")
    process_event(event_id=deliver(stripe_fake, "payout.paid").pk, provider=gateway, at=timezone.now())

    assert Payout.objects.get().posted_at is not None
    assert (balances()["provider_fees"], balances()["bank"]) == (FEE + fees, TOTAL - FEE + bank)
    assert balances()["provider_clearing"] == 0
    assert not unmatched().exists()


def test_a_payout_the_bank_sent_back_goes_out_with_the_next(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    paid_attempt(bill, payer, gateway, stripe_fake)
    first = stripe_fake.order("pay_out", currency="cny")
    process_event(event_id=deliver(stripe_fake, "payout.paid").pk, provider=gateway, at=timezone.now())
    stripe_fake.order("fail_payout", payout=first["id"])
    process_event(event_id=deliver(stripe_fake, "payout.failed").pk, provider=gateway, at=timezone.now())
    between = balances()
    stripe_fake.order("pay_out", currency="cny")
    process_event(event_id=deliver(stripe_fake, "payout.paid").pk, provider=gateway, at=timezone.now())

    assert (between["bank"], between["provider_clearing"]) == (0, TOTAL - FEE)
    assert (balances()["bank"], balances()["provider_clearing"]) == (TOTAL - FEE, 0)


def test_events_no_webhook_brought_are_found_in_the_list(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    pay(stripe_fake, start(bill, payer, gateway).attempt)

    new = fill_gaps(provider=gateway, at=timezone.now())
    again = fill_gaps(provider=gateway, at=timezone.now() + timedelta(minutes=10))

    assert (new, again) == (2, 0)
    found = set(WebhookEvent.objects.values_list("type", flat=True))
    assert found == {"checkout.session.completed", "payment_intent.succeeded"}


@pytest.mark.usefixtures("db")
def test_where_the_provider_forgot_our_place_its_whole_list_is_read(
    gateway: StripeGateway, stripe_fake: FakeStripe, bill: Invoice, payer: User
) -> None:
    pay(stripe_fake, start(bill, payer, gateway).attempt)
    fill_gaps(provider=gateway, at=timezone.now())
    with stripe_fake.book.lock:
        for event in list(stripe_fake.book.newest_first("event")):
            stripe_fake.book.remove(event)

    assert fill_gaps(provider=gateway, at=timezone.now()) == 0
