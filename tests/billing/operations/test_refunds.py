"""Refunds: asked for, agreed by another person above the limit, sent once, booked as they go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from billing.enums import RefundReason
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, PaymentAttempt, PaymentRules, Refund
from billing.operations.reconcile import reconcile_refunds
from billing.operations.refunds import (
    RefundError,
    RefundRequest,
    decide_refund,
    refundable_minor,
    request_refund,
    send_refund,
)
from billing.operations.webhooks import process_event, receive_event
from billing.payments.provider import InboundEvent, ProviderUnavailableError
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.fakestripe.merchant import sdk
from tests.billing.paying import balances, deliver, owed_minor, paid_attempt, pay, pay_at_the_counter, start
from tests.factories import a_user

TOTAL = 51_230


@pytest.fixture
def paid(bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe) -> PaymentAttempt:
    """The bill of CNY 512.30, paid by card."""
    return paid_attempt(bill, payer, gateway, stripe_fake)


@pytest.fixture
def clerk(bill: Invoice) -> User:  # noqa: ARG001 - the database is there
    """Who asks."""
    return a_user(name="Clerk")


def _ask(attempt: PaymentAttempt, clerk: User, minor: int) -> Refund:
    request = RefundRequest(attempt=attempt, amount_minor=minor, reason=RefundReason.GOODWILL, by=clerk)
    return request_refund(request=request, at=timezone.now())


def _send(refund: Refund, gateway: StripeGateway) -> Refund:
    return send_refund(refund=refund, provider=gateway, at=timezone.now())


def test_a_small_refund_needs_one_person_and_is_owed_again(
    paid: PaymentAttempt, clerk: User, gateway: StripeGateway, bill: Invoice
) -> None:
    refund = _ask(paid, clerk, 10_000)
    due = balances()
    sent = _send(refund, gateway)

    assert (refund.state, refund.needs_second_person, sent.state) == ("approved", False, "succeeded")
    assert (due["refunds_due"], due["provider_clearing"]) == (-10_000, TOTAL)
    assert balances() | {"revenue": 0, "tax": 0} == {
        "receivable": 10_000,
        "revenue": 0,
        "tax": 0,
        "provider_clearing": TOTAL - 10_000,
        "refunds_due": 0,
    }
    assert owed_minor(bill) == 10_000


def test_a_refund_after_paying_twice_leaves_the_bill_paid(
    bill: Invoice, payer: User, clerk: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay_at_the_counter(bill, TOTAL)
    pay(stripe_fake, attempt)
    process_event(
        event_id=deliver(stripe_fake, "checkout.session.completed").pk, provider=gateway, at=timezone.now()
    )
    attempt.refresh_from_db()

    _send(_ask(attempt, clerk, 50_000), gateway)

    assert owed_minor(bill) == 0
    assert balances()["customer_credit"] == 50_000 - TOTAL


def test_above_the_limit_another_person_has_to_agree(
    paid: PaymentAttempt, clerk: User, gateway: StripeGateway
) -> None:
    PaymentRules.objects.create(refund_alone_up_to_minor=9_999)
    refund = _ask(paid, clerk, 10_000)

    with pytest.raises(RefundError, match="Somebody else"):
        decide_refund(refund=refund, by=clerk, agreed=True, at=timezone.now())
    waiting = _send(refund, gateway)
    agreed = decide_refund(refund=refund, by=a_user(), agreed=True, at=timezone.now())

    assert (refund.state, waiting.state) == ("requested", "requested")
    assert _send(agreed, gateway).state == "succeeded"


def test_parts_of_one_payment_add_up_to_the_limit(paid: PaymentAttempt, clerk: User) -> None:
    PaymentRules.objects.create(refund_alone_up_to_minor=10_000)

    parts = [_ask(paid, clerk, minor) for minor in (6_000, 4_000, 1)]
    agreed = decide_refund(refund=parts[2], by=a_user(name="Second"), agreed=True, at=timezone.now())

    assert [part.state for part in parts] == ["approved", "approved", "requested"]
    assert agreed.state == "approved"
    assert _ask(paid, clerk, 1).needs_second_person is True


def test_what_a_second_person_decided_leaves_the_limit_free(paid: PaymentAttempt, clerk: User) -> None:
    PaymentRules.objects.create(refund_alone_up_to_minor=10_000)
    second = a_user(name="Second")

    for minor, agreed in ((20_000, True), (10_001, False)):
        decide_refund(refund=_ask(paid, clerk, minor), by=second, agreed=agreed, at=timezone.now())

    assert _ask(paid, clerk, 10_000).state == "approved"
    assert _ask(paid, clerk, 1).state == "requested"


def test_the_database_knows_four_eyes_too(paid: PaymentAttempt, clerk: User) -> None:
    PaymentRules.objects.create(refund_alone_up_to_minor=0)
    refund = _ask(paid, clerk, 1)

    for change in ({"state": "approved"}, {"state": "approved", "decided_by": clerk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Refund.objects.filter(pk=refund.pk).update(**change)


def test_what_was_rejected_leaves_no_trace_in_the_books(paid: PaymentAttempt, clerk: User) -> None:
    PaymentRules.objects.create(refund_alone_up_to_minor=0)
    before = balances()

    refund = decide_refund(refund=_ask(paid, clerk, TOTAL), by=a_user(), agreed=False, at=timezone.now())

    assert refund.state == "rejected"
    assert balances() == before
    assert refundable_minor(paid) == TOTAL


def test_never_more_than_captured(paid: PaymentAttempt, clerk: User) -> None:
    _ask(paid, clerk, TOTAL - 100)

    with pytest.raises(RefundError, match="Between 1 and 100"):
        _ask(paid, clerk, 101)
    with pytest.raises(IntegrityError, match="would exceed"), transaction.atomic():
        Refund.objects.create(
            contract=paid.invoice.contract,
            attempt=paid,
            amount_minor=101,
            currency="CNY",
            reason="goodwill",
            state="approved",
            needs_second_person=False,
            requested_by=clerk,
            requested_at=timezone.now(),
        )


def test_a_lost_answer_gives_back_once(
    paid: PaymentAttempt, clerk: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    refund = _ask(paid, clerk, 10_000)
    stripe_fake.order("answers", next=["lost"] * 3)
    with pytest.raises(ProviderUnavailableError):
        _send(refund, gateway)

    moved = reconcile_refunds(provider=gateway, at=timezone.now())

    assert moved == 1
    assert stripe_fake.order("state")["objects"]["refund"] == 1
    assert Refund.objects.get().state == "succeeded"


@pytest.mark.parametrize("answers", [["lost"] * 3, ["limit"]])
def test_after_the_key_is_forgotten_a_refund_still_gives_back_once(
    paid: PaymentAttempt, clerk: User, gateway: StripeGateway, stripe_fake: FakeStripe, answers: list[str]
) -> None:
    refund = _ask(paid, clerk, 10_000)
    stripe_fake.order("answers", next=answers)
    with pytest.raises(ProviderUnavailableError):
        _send(refund, gateway)
    stripe_fake.book.answers.clear()

    moved = reconcile_refunds(provider=gateway, at=timezone.now() + timedelta(hours=23))

    assert (moved, Refund.objects.get().state) == (1, "succeeded")
    assert stripe_fake.order("state")["objects"]["refund"] == 1


@pytest.mark.parametrize("slowly", [True, False])
def test_a_refund_that_fails_is_the_customers_again(
    paid: PaymentAttempt, clerk: User, gateway: StripeGateway, stripe_fake: FakeStripe, *, slowly: bool
) -> None:
    """Pending and then failed, or succeeded and sent back by the customer's bank."""
    before = balances()
    stripe_fake.order("slow", refunds=int(slowly))
    refund = _send(_ask(paid, clerk, 10_000), gateway)
    assert refund.state == ("pending" if slowly else "succeeded")

    stripe_fake.order("settle_refund", refund=refund.provider_refund_id, succeeded=False)
    event = deliver(stripe_fake, "refund.failed")
    process_event(event_id=event.pk, provider=gateway, at=timezone.now())

    refund.refresh_from_db()
    assert refund.state == "failed"
    assert {code: minor for code, minor in balances().items() if minor or code in before} == before


def test_a_refund_made_at_the_provider_is_taken_over(
    paid: PaymentAttempt, gateway: StripeGateway, stripe_fake: FakeStripe, bill: Invoice
) -> None:
    with sdk(stripe_fake) as client:
        client.v1.refunds.create(params={"payment_intent": paid.provider_payment_id, "amount": 700})
    event = deliver(stripe_fake, "refund.created")

    for _twice in range(2):
        processed = process_event(event_id=event.pk, provider=gateway, at=timezone.now())

    refund = Refund.objects.get()
    assert (processed.state, refund.state, refund.reason) == ("done", "succeeded", "external")
    assert owed_minor(bill) == 700


def test_one_made_at_the_provider_that_failed_before_we_heard_of_it_counts_for_nothing(
    paid: PaymentAttempt, gateway: StripeGateway, stripe_fake: FakeStripe, bill: Invoice
) -> None:
    with sdk(stripe_fake) as client:
        intent = paid.provider_payment_id
        failed = client.v1.refunds.create(params={"payment_intent": intent, "amount": TOTAL})
        stripe_fake.order("settle_refund", refund=failed.id, succeeded=False)
        client.v1.refunds.create(params={"payment_intent": intent, "amount": TOTAL})
    created = [event for event in stripe_fake.book.newest_first("event") if event["type"] == "refund.created"]
    # The news of the second one first.
    for event in created:
        inbound = InboundEvent(
            event_id=event["id"], type=event["type"], subject_id=event["data"]["object"]["id"], raw="{}"
        )
        row = receive_event(provider="stripe", event=inbound, at=timezone.now())
        assert process_event(event_id=row.pk, provider=gateway, at=timezone.now()).state == "done"

    states = Refund.objects.order_by("requested_at").values_list("state", flat=True)
    assert (list(states), owed_minor(bill)) == (["succeeded", "failed"], TOTAL)


def test_an_unpaid_payment_gives_nothing_back(
    bill: Invoice, payer: User, clerk: User, gateway: StripeGateway
) -> None:
    attempt = start(bill, payer, gateway).attempt

    with pytest.raises(RefundError):
        _ask(attempt, clerk, 1)
    assert not Refund.objects.exists()
