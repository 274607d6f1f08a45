"""Events of the provider: stored once, never believed, each payment posted once in any order of things."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from itertools import permutations
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from accounts.models import User, Utility
from accounts.scope import utility_scope
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, JournalEntry, PaymentAttempt, WebhookEvent
from billing.operations.webhooks import process_again, process_event, receive_event
from billing.payments.provider import InboundEvent, ProviderUnavailableError
from billing.payments.stripe_gateway import StripeGateway
from tests.billing.fakestripe.merchant import order, sdk
from tests.billing.paying import deliver, online_postings, owed_minor, pay, pay_at_the_counter, start

COMPLETED = "checkout.session.completed"


def _process(event: WebhookEvent, gateway: StripeGateway, *, at: datetime | None = None) -> WebhookEvent:
    return process_event(event_id=event.pk, provider=gateway, at=at or timezone.now())


def _event(event_id: str, kind: str = COMPLETED, subject_id: str = "cs_test_x") -> WebhookEvent:
    inbound = InboundEvent(event_id=event_id, type=kind, subject_id=subject_id, raw='{"as": "sent"}')
    return receive_event(provider="stripe", event=inbound, at=timezone.now())


def _pay_another_page(fake: FakeStripe, attempt: PaymentAttempt, *, currency: str, minor: int) -> str:
    """Pay a page that claims to be the attempt's and was not opened by us; the page's id."""
    price = {"currency": currency, "unit_amount": minor, "product_data": {"name": "Heat"}}
    lines = [{"quantity": 1, "price_data": price}]
    with sdk(fake) as client:
        params = order(line_items=lines, metadata={"attempt": str(attempt.pk)})
        session_id = client.v1.checkout.sessions.create(params=params).id
    fake.order("pay", session=session_id)
    return session_id


def test_a_completed_checkout_pays_the_bill(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(stripe_fake, attempt, method="alipay")

    event = _process(deliver(stripe_fake, COMPLETED), gateway)

    attempt.refresh_from_db()
    assert (event.state, event.error) == ("done", "")
    assert (attempt.state, attempt.url) == ("paid", "")
    assert attempt.paid_at is not None
    assert attempt.provider_payment_id.startswith("pi_")
    total = bill.total_minor
    assert online_postings() == [("provider_clearing", total), ("receivable", -total)]
    assert owed_minor(bill) == 0


@pytest.mark.usefixtures("db")
def test_the_same_event_is_stored_once_and_kept_as_sent() -> None:
    first, second = _event("evt_1"), _event("evt_1")

    assert first.pk == second.pk
    assert WebhookEvent.objects.get().raw == '{"as": "sent"}'
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        WebhookEvent.objects.update(raw="{}")


def test_an_event_processed_twice_posts_once(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    pay(stripe_fake, start(bill, payer, gateway).attempt)
    event = deliver(stripe_fake, COMPLETED)
    first = _process(event, gateway)

    process_again(event_ids=[event.pk])
    second = _process(event, gateway)

    assert (first.state, second.state) == ("done", "done")
    assert len(online_postings()) == 2


@pytest.mark.parametrize("kinds", list(permutations(["completed", "async_payment_succeeded", "expired"])))
def test_in_whatever_order_events_come_the_money_is_there_once(
    bill: Invoice,
    payer: User,
    gateway: StripeGateway,
    stripe_fake: FakeStripe,
    kinds: tuple[str, ...],
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(stripe_fake, attempt)

    for kind in kinds:
        _process(
            _event(f"evt_{kind}", f"checkout.session.{kind}", attempt.provider_session_id or ""), gateway
        )

    attempt.refresh_from_db()
    assert attempt.state == "paid"
    assert len(online_postings()) == 2
    assert owed_minor(bill) == 0


def test_an_event_is_no_proof_of_payment(bill: Invoice, payer: User, gateway: StripeGateway) -> None:
    attempt = start(bill, payer, gateway).attempt

    event = _process(_event("evt_lie", COMPLETED, attempt.provider_session_id or ""), gateway)

    attempt.refresh_from_db()
    assert (event.state, attempt.state) == ("done", "open")
    assert online_postings() == []


def test_an_event_may_come_before_our_own_answer(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    stripe_fake.order("answers", next=["lost"] * 3)
    with pytest.raises(ProviderUnavailableError):
        start(bill, payer, gateway)
    session = next(stripe_fake.book.newest_first("checkout.session"))
    stripe_fake.order("pay", session=session["id"])

    _process(deliver(stripe_fake, COMPLETED), gateway)

    attempt = PaymentAttempt.objects.get()
    assert (attempt.state, attempt.provider_session_id) == ("paid", session["id"])
    assert owed_minor(bill) == 0


def test_a_slow_payment_is_under_way_until_the_bank_says_yes(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(stripe_fake, attempt, slowly=True)
    _process(deliver(stripe_fake, COMPLETED), gateway)
    attempt.refresh_from_db()
    waiting = (attempt.state, owed_minor(bill))

    stripe_fake.order("settle", session=attempt.provider_session_id, succeeded=True)
    _process(deliver(stripe_fake, "checkout.session.async_payment_succeeded"), gateway)

    attempt.refresh_from_db()
    assert waiting == ("processing", bill.total_minor)
    assert (attempt.state, owed_minor(bill)) == ("paid", 0)


def test_a_slow_payment_the_bank_refuses_may_be_tried_again(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(stripe_fake, attempt, slowly=True)
    stripe_fake.order("settle", session=attempt.provider_session_id, succeeded=False)

    _process(deliver(stripe_fake, "checkout.session.async_payment_failed"), gateway)

    attempt.refresh_from_db()
    assert (attempt.state, online_postings()) == ("failed", [])
    assert start(bill, payer, gateway).is_new


def test_a_declined_card_changes_nothing(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    with pytest.raises(ValueError, match="generic_decline"):
        pay(stripe_fake, attempt, card="4000000000000002")

    event = _process(deliver(stripe_fake, "payment_intent.payment_failed"), gateway)

    attempt.refresh_from_db()
    assert (event.state, attempt.state, online_postings()) == ("done", "open", [])


def test_money_for_a_bill_paid_meanwhile_becomes_credit(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    pay(stripe_fake, start(bill, payer, gateway).attempt)
    pay_at_the_counter(bill, bill.total_minor)

    _process(deliver(stripe_fake, COMPLETED), gateway)

    total = bill.total_minor
    assert online_postings() == [("provider_clearing", total), ("customer_credit", -total)]
    assert owed_minor(bill) == 0


@pytest.mark.parametrize(("currency", "too_much"), [("cny", 1), ("cny", -1), ("eur", 0)])
def test_a_checkout_over_other_money_needs_a_clerk(
    bill: Invoice,
    payer: User,
    gateway: StripeGateway,
    stripe_fake: FakeStripe,
    *,
    currency: str,
    too_much: int,
) -> None:
    attempt = start(bill, payer, gateway).attempt
    _pay_another_page(stripe_fake, attempt, currency=currency, minor=bill.total_minor + too_much)

    event = _process(deliver(stripe_fake, COMPLETED), gateway)

    attempt.refresh_from_db()
    assert event.state == "attention"
    assert str(bill.total_minor + too_much) in event.error
    assert (attempt.state, attempt.note) == ("open", event.error)
    assert online_postings() == []


def test_a_second_session_in_an_attempts_name_needs_a_clerk(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    twin = _pay_another_page(stripe_fake, attempt, currency="cny", minor=bill.total_minor)

    event = _process(deliver(stripe_fake, COMPLETED), gateway)

    assert event.state == "attention"
    assert twin in event.error
    assert online_postings() == []


@pytest.mark.usefixtures("db")
def test_a_payment_of_nobody_we_know_needs_a_clerk(gateway: StripeGateway, stripe_fake: FakeStripe) -> None:
    with sdk(stripe_fake) as client:
        session = client.v1.checkout.sessions.create(params=order())
    stripe_fake.order("pay", session=session.id)

    known = _process(deliver(stripe_fake, COMPLETED), gateway)
    unknown = _process(_event("evt_none", COMPLETED, "cs_test_none"), gateway)

    assert (known.state, known.error) == ("attention", "No payment of ours is called 'a-1'.")
    assert unknown.state == "attention"
    assert "No such checkout.session" in unknown.error


def test_while_the_provider_is_silent_the_event_waits(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    pay(stripe_fake, start(bill, payer, gateway).attempt)
    event = deliver(stripe_fake, COMPLETED)
    nobody = StripeGateway(secret_key="sk_test_x", api_base="http://127.0.0.1:9")

    waiting = _process(event, nobody)
    done = _process(event, gateway)

    assert (waiting.state, waiting.failures) == ("received", 1)
    assert waiting.error != ""
    assert (done.state, done.error, done.failures) == ("done", "", 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_one_event_post_once(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    pay(stripe_fake, start(bill, payer, gateway).attempt)
    event = deliver(stripe_fake, COMPLETED)
    together = Barrier(4)

    def work(_worker: int) -> str:
        together.wait()
        try:
            return _process(event, gateway).state
        finally:
            connections.close_all()
            gateway.close()

    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(work, range(4)))

    assert states == ["done"] * 4
    assert JournalEntry.objects.filter(key__startswith="payment-").count() == 1
    assert owed_minor(bill) == 0


@pytest.mark.django_db(transaction=True)
def test_two_payments_of_one_bill_at_once_share_its_debt(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe, utility: Utility
) -> None:
    """An old page paid late, and the new one: together they pay the bill, the rest is credit."""
    old = start(bill, payer, gateway).attempt
    pay(stripe_fake, old)
    first = deliver(stripe_fake, COMPLETED)
    # As after a restore from a backup: we think the page ended, the provider has the money.
    PaymentAttempt.objects.filter(pk=old.pk).update(state="expired")
    pay(stripe_fake, start(bill, payer, gateway).attempt)
    second = deliver(stripe_fake, COMPLETED)
    together = Barrier(2)

    def work(event: WebhookEvent) -> None:
        together.wait()
        try:
            with utility_scope(utility):
                _process(event, gateway)
        finally:
            connections.close_all()
            gateway.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, [first, second]))

    total = bill.total_minor
    assert sorted(online_postings()) == [
        ("customer_credit", -total),
        ("provider_clearing", 2 * total),
        ("receivable", -total),
    ]
    assert owed_minor(bill) == 0


@contextmanager
def _a_database_that_fails_to_close_events() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION test_fail() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'power cut'; END $$;
            CREATE TRIGGER test_fail BEFORE UPDATE ON billing_webhookevent
                FOR EACH ROW EXECUTE FUNCTION test_fail();
        """)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER test_fail ON billing_webhookevent; DROP FUNCTION test_fail()")


@pytest.mark.django_db(transaction=True)
def test_a_failure_at_the_last_step_leaves_the_event_for_another_try(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(stripe_fake, attempt)
    event = deliver(stripe_fake, COMPLETED)

    with _a_database_that_fails_to_close_events(), pytest.raises(DatabaseError, match="power cut"):
        _process(event, gateway)

    attempt.refresh_from_db()
    event.refresh_from_db()
    assert (attempt.state, event.state) == ("paid", "received")
    assert _process(event, gateway).state == "done"
    total = bill.total_minor
    assert online_postings() == [("provider_clearing", total), ("receivable", -total)]
    assert owed_minor(bill) == 0
