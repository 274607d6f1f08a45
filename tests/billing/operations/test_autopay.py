"""Autopay: a saved card charged on the due day, once, and never against its owner's will."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, User, Utility
from billing.enums import RefundReason
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, Letter, PaymentAttempt, PaymentMandate
from billing.operations.autopay import (
    AutopayRequest,
    charge_due,
    end_autopay,
    resend_charges,
    start_autopay,
)
from billing.operations.payments import PaymentUnderWayError
from billing.operations.reconcile import reconcile_attempts
from billing.operations.refunds import RefundRequest, request_refund, send_refund
from billing.operations.webhooks import process_event
from billing.payments.provider import ProviderUnavailableError
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.paying import charge_of, deliver, owed_minor, pay_at_the_counter, start
from tests.factories import a_user

TOTAL = 51_230
DECLINED, AUTHENTICATE = "4000000000000341", "4000002760003184"

pytestmark = pytest.mark.django_db(transaction=True)


def _save(
    bill: Invoice, payer: User, gateway: StripeGateway, fake: FakeStripe, *, card: str = "4242424242424242"
) -> PaymentMandate:
    """The resident saves a card, and the news of it arrives."""
    request = AutopayRequest(contract=bill.contract, by=payer, locale="en", return_path="/autopay")
    start_autopay(request=request, provider=gateway, at=timezone.now())
    mandate = PaymentMandate.objects.order_by("-created_at")[0]
    fake.order("save_card", session=mandate.provider_session_id, card=card)
    event = deliver(fake, "checkout.session.completed")
    process_event(event_id=event.pk, provider=gateway, at=timezone.now())
    mandate.refresh_from_db()
    return mandate


def _due(bill: Invoice, *, days: int = 0) -> datetime:
    assert bill.due_on is not None
    return datetime(bill.due_on.year, bill.due_on.month, bill.due_on.day, 3, tzinfo=UTC) + timedelta(days)


def test_nothing_is_agreed_before_the_card_is_saved(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    mandate = _save(bill, payer, gateway, stripe_fake)

    assert (mandate.state, mandate.label) == ("active", "visa 4242")
    assert "end this at any time" in mandate.text


@pytest.mark.parametrize(("is_saved", "state"), [(True, "active"), (False, "pending")])
def test_a_page_whose_address_was_lost_on_its_way_is_known_by_our_name_for_it(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, *, is_saved: bool, state: str
) -> None:
    # The customer is made; the page too, and its answer is lost each time it is asked for.
    stripe_fake.order("answers", next=["fine", *["lost"] * 3])
    request = AutopayRequest(contract=bill.contract, by=payer, locale="en", return_path="/autopay")
    with pytest.raises(ProviderUnavailableError):
        start_autopay(request=request, provider=gateway, at=timezone.now())
    (page,) = stripe_fake.book.newest_first("checkout.session")
    if is_saved:
        stripe_fake.order("save_card", session=page["id"])
    else:
        stripe_fake.order("clock", advance_s=25 * 3600)

    kind = "checkout.session.completed" if is_saved else "checkout.session.expired"
    event = process_event(event_id=deliver(stripe_fake, kind).pk, provider=gateway, at=timezone.now())

    assert (event.state, PaymentMandate.objects.get().state) == ("done", state)


def test_a_saved_card_pays_on_the_due_day_and_once(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    _save(bill, payer, gateway, stripe_fake)

    charged = [charge_due(provider=gateway, at=_due(bill, days=days)) for days in (-1, 0, 0, 1)]

    assert charged == [0, 1, 0, 0]
    assert owed_minor(bill) == 0
    assert stripe_fake.order("state")["objects"]["charge"] == 1


def test_a_lost_answer_charges_once(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    _save(bill, payer, gateway, stripe_fake)
    stripe_fake.order("answers", next=["lost"] * 3)
    with pytest.raises(ProviderUnavailableError):
        charge_due(provider=gateway, at=_due(bill))
    reconcile_attempts(provider=gateway, at=_due(bill, days=1))
    kept = PaymentAttempt.objects.get().state

    answered = resend_charges(provider=gateway, at=_due(bill))

    assert (kept, answered) == ("creating", 1)
    assert owed_minor(bill) == 0
    assert stripe_fake.order("state")["objects"]["charge"] == 1


@pytest.mark.parametrize(
    ("answers", "state", "owed", "charges"), [(["lost"] * 3, "paid", 0, 1), (["limit"], "expired", TOTAL, 0)]
)
def test_after_the_key_is_forgotten_a_charge_is_looked_up_and_never_sent(  # noqa: PLR0913 - a table's columns
    bill: Invoice,
    payer: User,
    gateway: StripeGateway,
    stripe_fake: FakeStripe,
    *,
    answers: list[str],
    state: str,
    owed: int,
    charges: int,
) -> None:
    _save(bill, payer, gateway, stripe_fake)
    stripe_fake.order("answers", next=answers)
    with pytest.raises(ProviderUnavailableError):
        charge_due(provider=gateway, at=_due(bill))
    stripe_fake.book.answers.clear()

    answered = resend_charges(provider=gateway, at=_due(bill) + timedelta(hours=23))

    assert (answered, PaymentAttempt.objects.get().state, owed_minor(bill)) == (1, state, owed)
    assert stripe_fake.order("state")["objects"].get("charge", 0) == charges
    # The next try comes after the usual pause, and pays what is owed.
    assert charge_due(provider=gateway, at=_due(bill, days=4)) == 1 - charges
    assert owed_minor(bill) == 0


@pytest.mark.parametrize("card", [DECLINED, AUTHENTICATE])
def test_a_card_turned_down_is_told_tried_again_and_left(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, card: str
) -> None:
    _save(bill, payer, gateway, stripe_fake, card=card)

    tried = [charge_due(provider=gateway, at=_due(bill, days=days)) for days in (0, 1, 4, 9)]

    assert tried == [1, 0, 1, 0]
    assert owed_minor(bill) == TOTAL
    assert Letter.objects.filter(kind="autopay").count() == 2
    # By hand it can be paid at any time.
    assert start(bill, payer, gateway).attempt.state == "open"


def test_a_slow_charge_blocks_a_second_payment_and_its_news_settles_it(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    _save(bill, payer, gateway, stripe_fake)
    stripe_fake.order("slow", charges=1)
    charge_due(provider=gateway, at=_due(bill))
    with pytest.raises(PaymentUnderWayError):
        start(bill, payer, gateway)
    attempt = PaymentAttempt.objects.get()

    stripe_fake.order("settle_charge", payment_intent=attempt.provider_payment_id, succeeded=True)
    event = deliver(stripe_fake, "payment_intent.succeeded")
    process_event(event_id=event.pk, provider=gateway, at=timezone.now())

    assert owed_minor(bill) == 0


def test_what_was_paid_otherwise_is_not_charged(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    _save(bill, payer, gateway, stripe_fake)
    pay_at_the_counter(bill, TOTAL)

    assert charge_due(provider=gateway, at=_due(bill)) == 0


def test_what_the_bank_took_back_in_a_lost_dispute_is_not_charged_again(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    _save(bill, payer, gateway, stripe_fake)
    charge_due(provider=gateway, at=_due(bill))
    charge = charge_of(stripe_fake, PaymentAttempt.objects.get())
    given = stripe_fake.order("dispute", charge=charge, inquiry=False)
    opened = deliver(stripe_fake, "charge.dispute.created")
    process_event(event_id=opened.pk, provider=gateway, at=timezone.now())
    stripe_fake.order("close_dispute", dispute=given["id"], won=False)
    closed = deliver(stripe_fake, "charge.dispute.closed")
    process_event(event_id=closed.pk, provider=gateway, at=timezone.now())

    # In a month the pause after a try is long over.
    charged = charge_due(provider=gateway, at=timezone.now() + timedelta(days=30))

    assert (charged, owed_minor(bill)) == (0, TOTAL)
    assert stripe_fake.order("state")["objects"]["charge"] == 1


@pytest.mark.parametrize("is_sent", [False, True])
def test_what_we_gave_back_is_not_charged_again(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, *, is_sent: bool
) -> None:
    _save(bill, payer, gateway, stripe_fake)
    charge_due(provider=gateway, at=_due(bill))
    attempt = PaymentAttempt.objects.get()
    request = RefundRequest(
        attempt=attempt, amount_minor=10_000, reason=RefundReason.GOODWILL, by=a_user(name="Clerk")
    )
    refund = request_refund(request=request, at=timezone.now())
    if is_sent:
        send_refund(refund=refund, provider=gateway, at=timezone.now())

    charged = charge_due(provider=gateway, at=timezone.now() + timedelta(days=30))

    assert (charged, owed_minor(bill)) == (0, 10_000)


@pytest.mark.parametrize("change", ["ended", "caretaker"])
def test_who_has_no_more_to_do_with_the_homes_money_is_not_charged(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, change: str
) -> None:
    _save(bill, payer, gateway, stripe_fake)
    rows = Membership.objects.filter(user=payer)
    if change == "ended":
        rows.update(ends_on=_due(bill).date())
    else:
        rows.update(role=change)

    assert charge_due(provider=gateway, at=_due(bill)) == 0
    assert not PaymentAttempt.objects.exists()


def test_switched_off_it_is_off_at_once_and_at_the_provider(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    mandate = _save(bill, payer, gateway, stripe_fake)

    end_autopay(mandate=mandate, provider=gateway, at=timezone.now())

    assert charge_due(provider=gateway, at=_due(bill)) == 0
    assert stripe_fake.book.objects[mandate.provider_method_id]["customer"] is None


def test_a_second_card_takes_the_place_of_the_first(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, utility: Utility
) -> None:
    first = _save(bill, payer, gateway, stripe_fake)
    second = _save(bill, payer, gateway, stripe_fake, card=DECLINED)

    first.refresh_from_db()
    assert (first.state, second.state, second.label) == ("ended", "active", "visa 0341")
    assert utility.pk == second.utility_id
