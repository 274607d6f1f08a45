"""Starting a payment: one page for one debt, whatever fails and whoever asks twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from accounts.models import User, Utility
from accounts.scope import utility_scope
from billing.enums import AttemptState
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, PaymentAttempt
from billing.operations.payments import (
    NothingDueError,
    PaymentRequest,
    PaymentUnderWayError,
    RequestKeyReusedError,
    start_payment,
)
from billing.payments.provider import ProviderRefusedError, ProviderUnavailableError
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.factories import JANUARY, a_bill, a_customer
from tests.billing.paying import online_postings, owed_minor, pay, pay_at_the_counter, sessions, start
from tests.factories import a_resident


def test_a_page_asks_for_what_is_owed_in_the_payers_language(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    started = start(bill, payer, gateway)

    attempt = PaymentAttempt.objects.get()
    (session,) = sessions(stripe_fake)
    assert started.is_new
    assert (attempt.state, attempt.amount_minor, attempt.url) == ("open", bill.total_minor, session["url"])
    assert (session["amount_total"], session["currency"]) == (bill.total_minor, "cny")
    assert (session["locale"], session["client_reference_id"]) == ("zh", bill.number)
    assert session["metadata"] == {"attempt": str(attempt.pk)}
    assert stripe_fake.book.hidden[session["id"]]["payment_intent_data"]["metadata"] == session["metadata"]
    assert session["success_url"].endswith("/pay/return?sid={CHECKOUT_SESSION_ID}")
    assert session["cancel_url"].endswith(f"/bills/{bill.pk}")
    assert session["payment_method_types"] == ["card", "alipay", "wechat_pay"]


def test_an_open_page_for_the_same_amount_is_given_again(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    first = start(bill, payer, gateway)
    second = start(bill, a_resident(household=bill.household), gateway)

    assert (first.is_new, second.is_new) == (True, False)
    assert first.attempt == second.attempt
    assert len(sessions(stripe_fake)) == 1


def test_a_page_for_another_amount_is_closed_before_a_new_one_opens(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    old = start(bill, payer, gateway).attempt
    pay_at_the_counter(bill, 2000)

    new = start(bill, payer, gateway).attempt

    old.refresh_from_db()
    assert (old.state, new.amount_minor) == ("expired", bill.total_minor - 2000)
    assert [session["status"] for session in sessions(stripe_fake)] == ["open", "expired"]


def test_a_page_about_to_end_is_replaced(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    old = start(bill, payer, gateway).attempt

    new = start(bill, payer, gateway, at=old.expires_at - timedelta(minutes=1)).attempt

    assert new != old
    assert [session["status"] for session in sessions(stripe_fake)] == ["open", "expired"]


def test_where_nothing_is_owed_nothing_is_started(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    pay_at_the_counter(bill, bill.total_minor)

    with pytest.raises(NothingDueError):
        start(bill, payer, gateway)

    assert not PaymentAttempt.objects.exists()
    assert sessions(stripe_fake) == []


def test_a_bill_settled_otherwise_closes_its_open_page(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    start(bill, payer, gateway)
    pay_at_the_counter(bill, bill.total_minor)

    with pytest.raises(NothingDueError):
        start(bill, payer, gateway)

    assert PaymentAttempt.objects.get().state == "expired"
    assert sessions(stripe_fake)[0]["status"] == "expired"


def test_a_page_paid_while_it_was_to_be_closed_counts(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(stripe_fake, attempt)
    pay_at_the_counter(bill, 2000)

    with pytest.raises(NothingDueError):
        start(bill, payer, gateway)

    total = bill.total_minor
    assert PaymentAttempt.objects.get().state == "paid"
    assert online_postings() == [
        ("provider_clearing", total),
        ("receivable", 2000 - total),
        ("customer_credit", -2000),
    ]
    assert owed_minor(bill) == 0


def test_while_the_bank_takes_its_time_no_second_page_opens(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(stripe_fake, attempt, slowly=True)
    PaymentAttempt.objects.update(state=AttemptState.PROCESSING)

    with pytest.raises(PaymentUnderWayError):
        start(bill, payer, gateway)

    assert len(sessions(stripe_fake)) == 1


def test_after_a_crash_of_the_provider_the_same_attempt_goes_on(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    stripe_fake.order("answers", next=["crash"] * 3)
    with pytest.raises(ProviderUnavailableError):
        start(bill, payer, gateway)
    waiting = PaymentAttempt.objects.get()

    started = start(bill, payer, gateway)

    assert (waiting.state, waiting.url) == ("creating", "")
    assert (started.attempt.pk, started.attempt.state) == (waiting.pk, "open")
    assert len(sessions(stripe_fake)) == 1


def test_a_page_whose_address_got_lost_is_found_again(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    stripe_fake.order("answers", next=["lost"] * 3)
    with pytest.raises(ProviderUnavailableError):
        start(bill, payer, gateway)
    (made,) = sessions(stripe_fake)

    started = start(bill, payer, gateway)

    assert started.attempt.provider_session_id == made["id"]
    assert (len(sessions(stripe_fake)), PaymentAttempt.objects.count()) == (1, 1)


def test_an_attempt_never_answered_is_given_up_when_its_hour_is_half_over(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    stripe_fake.order("answers", next=["crash"] * 3)
    with pytest.raises(ProviderUnavailableError):
        start(bill, payer, gateway)
    lost = PaymentAttempt.objects.get()

    started = start(bill, payer, gateway, at=lost.created_at + timedelta(minutes=30))

    lost.refresh_from_db()
    assert (lost.state, lost.note) == ("expired", "The provider never answered.")
    assert started.attempt.state == "open"


def test_an_amount_the_provider_refuses_ends_the_attempt_with_its_reason(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    pay_at_the_counter(bill, bill.total_minor - 100)

    with pytest.raises(ProviderRefusedError, match="must be at least"):
        start(bill, payer, gateway)

    attempt = PaymentAttempt.objects.get()
    assert attempt.state == "refused"
    assert "must be at least" in attempt.note
    assert sessions(stripe_fake) == []


def _start_with_key(bill: Invoice, by: User, gateway: StripeGateway, key: str) -> PaymentAttempt:
    request = PaymentRequest(invoice=bill, by=by, locale="en", key=key)
    return start_payment(request=request, provider=gateway, at=timezone.now()).attempt


def test_a_request_key_names_one_attempt_for_ever(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = _start_with_key(bill, payer, gateway, "k")
    stripe_fake.order("clock", advance_s=3700)
    start(bill, payer, gateway, at=attempt.expires_at)

    again = _start_with_key(bill, payer, gateway, "k")

    assert (again.pk, again.state) == (attempt.pk, "expired")
    assert PaymentAttempt.objects.count() == 2


def test_a_request_key_of_another_bill_is_refused(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    other = Invoice.objects.get(pk=a_bill(contract=a_customer(), period=JANUARY))
    _start_with_key(other, payer, gateway, "k")

    with pytest.raises(RequestKeyReusedError):
        _start_with_key(bill, payer, gateway, "k")

    assert not PaymentAttempt.objects.filter(invoice=bill).exists()
    assert len(sessions(stripe_fake)) == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_get_one_page(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, utility: Utility
) -> None:
    people = [payer, a_resident(household=bill.household), a_resident(household=bill.household)]
    together = Barrier(len(people))

    def ask(person: User) -> PaymentAttempt:
        together.wait()
        try:
            with utility_scope(utility):
                return start(bill, person, gateway).attempt
        finally:
            connections.close_all()
            gateway.close()

    with ThreadPoolExecutor(len(people)) as pool:
        attempts = list(pool.map(ask, people))

    assert len({attempt.pk for attempt in attempts}) == 1
    assert {attempt.url for attempt in attempts} == {sessions(stripe_fake)[0]["url"]}
    assert (len(sessions(stripe_fake)), PaymentAttempt.objects.count()) == (1, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": "creating"}, "that is open never becomes creating"),
        ({"amount_minor": 1}, "a new amount is a new attempt"),
        ({"provider_session_id": "cs_test_other"}, "keeps its session"),
        ({"state": "paid"}, "billing_attempt_paid_means_when"),
        ({"url": ""}, "billing_attempt_open_has_a_page"),
    ],
)
def test_the_database_holds_an_attempt_to_its_way(
    bill: Invoice, payer: User, gateway: StripeGateway, change: dict[str, object], words: str
) -> None:
    attempt = start(bill, payer, gateway).attempt

    with pytest.raises(DatabaseError, match=words), transaction.atomic():
        PaymentAttempt.objects.filter(pk=attempt.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        PaymentAttempt.objects.filter(pk=attempt.pk)._raw_delete("default")

    assert PaymentAttempt.objects.get().state == "open"


def test_the_database_keeps_one_active_attempt_for_a_bill(
    bill: Invoice, payer: User, gateway: StripeGateway
) -> None:
    attempt = start(bill, payer, gateway).attempt
    attempt.pk = None
    attempt.provider_session_id = "cs_test_other"

    with pytest.raises(DatabaseError, match="billing_attempt_one_active"), transaction.atomic():
        attempt.save(force_insert=True)
