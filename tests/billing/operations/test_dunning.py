"""Reminders: the step that is reached, once, in the utility's language, and not while something is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Contract, Membership, User, Utility
from billing.enums import AttemptState
from billing.fakestripe.server import FakeStripe
from billing.models import DunningStep, Invoice, Letter, PaymentAttempt, PaymentRules
from billing.operations.dunning import remind
from billing.operations.letters import send_letters
from billing.operations.plans import PlanRequest, agree_plan
from billing.operations.webhooks import process_event
from billing.payments.stripe_gateway import StripeGateway
from billing.references import payment_reference
from tests.billing.paying import charge_of, deliver, paid_attempt, pay_at_the_counter, start
from tests.factories import a_resident

TOTAL = 51_230


@pytest.fixture(autouse=True)
def _steps(bill: Invoice) -> None:  # noqa: ARG001 - its utility is in scope
    for tone, days in (("first", 7), ("second", 21), ("final", 35)):
        DunningStep.objects.create(tone=tone, days_after_due=days)


def _after(bill: Invoice, days: int) -> datetime:
    assert bill.due_on is not None
    return datetime(bill.due_on.year, bill.due_on.month, bill.due_on.day, 3, tzinfo=UTC) + timedelta(days)


def _tones() -> list[str]:
    return list(Letter.objects.order_by("pk").values_list("kind", flat=True))


def test_each_step_is_written_once_on_its_day(bill: Invoice) -> None:
    written = [remind(at=_after(bill, days)) for days in (6, 7, 8, 21, 35, 60)]

    assert written == [0, 1, 0, 1, 1, 0]
    assert _tones() == ["first", "second", "final"]


def test_a_bill_that_comes_late_gets_the_step_it_has_reached(bill: Invoice) -> None:
    assert remind(at=_after(bill, 40)) == 1
    assert _tones() == ["final"]


def test_who_paid_is_left_in_peace(bill: Invoice) -> None:
    pay_at_the_counter(bill, TOTAL)

    assert remind(at=_after(bill, 40)) == 0


def test_reminders_rest_while_the_bank_works(bill: Invoice, payer: User, gateway: StripeGateway) -> None:
    attempt = start(bill, payer, gateway).attempt
    PaymentAttempt.objects.filter(pk=attempt.pk).update(state=AttemptState.PROCESSING)

    assert remind(at=_after(bill, 40)) == 0


def test_reminders_rest_during_a_plan(bill: Invoice, payer: User) -> None:
    PaymentRules.objects.create(plan_least_minor=1_000)
    at = _after(bill, 40)
    request = PlanRequest(invoice=bill, instalments=2, first_on=at.date() + timedelta(9), by=payer)
    agree_plan(request=request, at=at)

    assert remind(at=at) == 0


def test_reminders_rest_during_a_dispute_and_go_on_when_it_is_lost(
    bill: Invoice, payer: User, gateway: StripeGateway, stripe_fake: FakeStripe
) -> None:
    attempt = paid_attempt(bill, payer, gateway, stripe_fake)
    given = stripe_fake.order("dispute", charge=charge_of(stripe_fake, attempt), inquiry=False)
    process_event(
        event_id=deliver(stripe_fake, "charge.dispute.created").pk, provider=gateway, at=timezone.now()
    )
    during = remind(at=_after(bill, 40))
    stripe_fake.order("close_dispute", dispute=given["id"], won=False)
    process_event(
        event_id=deliver(stripe_fake, "charge.dispute.closed").pk, provider=gateway, at=timezone.now()
    )

    assert (during, remind(at=_after(bill, 40))) == (0, 1)


def test_a_letter_leaves_once_to_the_homes_owners(bill: Invoice, payer: User) -> None:
    remind(at=_after(bill, 21))

    sent = [send_letters(at=_after(bill, 21)) for _twice in range(2)]

    (letter,) = mail.outbox
    assert sent == [1, 0]
    assert letter.recipients() == [payer.email]
    assert bill.number is not None
    assert bill.number in letter.subject
    assert "512.30 CNY" in letter.body
    assert payment_reference(bill.number) in letter.body
    assert "late fee" in letter.body


@pytest.mark.usefixtures("payer")
def test_a_mail_server_that_is_away_uses_up_no_try(bill: Invoice, settings: Settings) -> None:
    remind(at=_after(bill, 7))
    # Nobody listens on the discard port of this machine.
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 9
    away = [send_letters(at=_after(bill, 7)) for _minute in range(11)]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"

    assert (away, Letter.objects.get().failures) == ([0] * 11, 0)
    assert send_letters(at=_after(bill, 7)) == 1


def test_a_letter_that_fails_waits_twice_as_long_each_time(bill: Invoice) -> None:
    remind(at=_after(bill, 7))
    began = Letter.objects.get().written_at

    # Nobody to send to; every minute for four days.
    tries, failures = [], 0
    for minute in range(4 * 24 * 60):
        if minute % 5 == 0:
            send_letters(at=began + timedelta(minutes=minute))
            if (now := Letter.objects.get().failures) > failures:
                tries.append(minute)
                failures = now

    assert tries == [5 * (2**n - 1) for n in range(10)]


def test_letters_of_an_ended_contract_go_to_who_lived_there_and_not_to_who_came_after(
    bill: Invoice, payer: User
) -> None:
    moved_on = _after(bill, 2).date()
    Contract.objects.filter(pk=bill.contract_id).update(ends_on=moved_on)
    Membership.objects.filter(user=payer).update(ends_on=moved_on)
    a_resident(household=bill.household, starts_on=moved_on)
    remind(at=_after(bill, 7))

    assert send_letters(at=_after(bill, 7)) == 1
    (letter,) = mail.outbox
    assert letter.recipients() == [payer.email]


def test_letters_of_a_running_contract_go_to_who_owns_the_home_now(bill: Invoice, payer: User) -> None:
    left = _after(bill, 2).date()
    Membership.objects.filter(user=payer).update(ends_on=left)
    partner = a_resident(household=bill.household, starts_on=left)
    remind(at=_after(bill, 7))

    send_letters(at=_after(bill, 7))
    (letter,) = mail.outbox
    assert letter.recipients() == [partner.email]


@pytest.mark.usefixtures("payer")
def test_letters_are_in_the_utilitys_language(bill: Invoice, utility: Utility) -> None:
    Utility.objects.filter(pk=utility.pk).update(locale="zh-hans")

    remind(at=_after(bill, 7))

    assert "缴费提醒" in Letter.objects.get().subject


def test_a_letter_to_nobody_stays_to_be_read(bill: Invoice) -> None:
    remind(at=_after(bill, 7))

    assert send_letters(at=_after(bill, 7)) == 0
    letter = Letter.objects.get()
    assert (letter.sent_at, letter.failures) == (None, 1)
