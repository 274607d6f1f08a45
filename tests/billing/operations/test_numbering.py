"""Gapless numbers, whatever fails and whoever else is at it: threads on a real PostgreSQL."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from itertools import count
from threading import Barrier

import pytest
from django.db import connection, connections, transaction

from accounts.models import Utility
from accounts.scope import utility_scope
from billing.enums import InvoiceState, TariffState
from billing.models import Invoice, JournalEntry, NumberSequence, TariffVersion
from billing.operations.invoices import StaleDraftError, issue_invoices
from billing.operations.numbering import NumbersOutsideTransactionError, take_numbers
from billing.operations.tariffs import TariffRefusedError, activate_version
from tests.billing.factories import AFTER_JANUARY, a_customer, a_draft, a_tariff, a_version
from tests.factories import a_utility

CLERKS = 8
ROUNDS = 12


class CrashError(RuntimeError):
    """The process fails after it took numbers."""


@pytest.mark.usefixtures("scoped")
def test_numbers_come_in_order_and_zero_of_them_take_nothing() -> None:
    assert take_numbers(series="invoice", year=2026, count=2) == ["2026-000001", "2026-000002"]
    assert take_numbers(series="invoice", year=2026, count=0) == []
    assert take_numbers(series="invoice", year=2026, count=1) == ["2026-000003"]
    assert take_numbers(series="credit", year=2026, count=1) == ["C2026-000001"]


@pytest.mark.django_db(transaction=True)
def test_a_number_outside_a_transaction_is_refused() -> None:
    with utility_scope(a_utility()), pytest.raises(NumbersOutsideTransactionError, match="invoice 2026"):
        take_numbers(series="invoice", year=2026, count=1)
    assert connection.in_atomic_block is False


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_under_concurrency_and_rollbacks() -> None:
    utility = a_utility()
    kept: list[str] = []
    together = Barrier(CLERKS)
    with ThreadPoolExecutor(CLERKS) as clerks:
        for numbers in clerks.map(lambda clerk: _clerk(utility, clerk, together), range(CLERKS)):
            kept += numbers

    with utility_scope(utility):
        last = NumberSequence.objects.get().last_number
    assert sorted(kept) == [f"2026-{number:06d}" for number in range(1, last + 1)]
    assert 0 < len(kept) < CLERKS * ROUNDS * 3


def _clerk(utility: Utility, clerk: int, together: Barrier) -> list[str]:
    """Take numbers again and again, and crash a third of the time; returns what was committed."""
    chance = random.Random(clerk)  # noqa: S311 - a repeatable shuffle, no secret
    kept: list[str] = []
    try:
        together.wait(timeout=30)
        for _round in range(ROUNDS):
            with suppress(CrashError):
                kept += _take(utility, chance.randint(1, 3), crashes=chance.random() < 1 / 3)
    finally:
        connections.close_all()
    return kept


def _take(utility: Utility, number: int, *, crashes: bool) -> list[str]:
    with utility_scope(utility), transaction.atomic():
        numbers = take_numbers(series="invoice", year=2026, count=number)
        if crashes:
            raise CrashError
    return numbers


@pytest.mark.django_db(transaction=True)
def test_issuing_and_a_new_tariff_for_the_same_days_cannot_both_win() -> None:
    utility, together = a_utility(), Barrier(2)
    with utility_scope(utility):
        plan = a_tariff().plan
        draft = a_draft(contract=a_customer())
        successor = a_version(plan=plan, starts_on=date(2026, 1, 11))

    def run(what: Callable[[], object]) -> bool:
        try:
            together.wait(timeout=30)
            with utility_scope(utility), suppress(StaleDraftError, TariffRefusedError):
                what()
                return True
        finally:
            connections.close_all()
        return False

    both = [
        lambda: issue_invoices(invoice_ids=[draft], at=AFTER_JANUARY),
        lambda: activate_version(version=successor),
    ]
    with ThreadPoolExecutor(2) as clerks:
        issued, activated = clerks.map(run, both)

    assert issued != activated
    with utility_scope(utility):
        assert Invoice.objects.filter(state=InvoiceState.ISSUED).exists() == issued
        assert TariffVersion.objects.filter(pk=successor.pk, state=TariffState.ACTIVE).exists() == activated


@pytest.mark.django_db(transaction=True)
def test_the_same_drafts_issued_by_four_clerks_at_once_are_issued_once() -> None:
    utility = a_utility()
    with utility_scope(utility):
        a_tariff()
        drafts = [a_draft(contract=a_customer()) for _home in range(6)]
    together, turns = Barrier(4), count()

    def issue(_clerk: int) -> None:
        order = drafts if next(turns) % 2 else drafts[::-1]
        try:
            together.wait(timeout=30)
            with utility_scope(utility):
                issue_invoices(invoice_ids=order, at=AFTER_JANUARY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as clerks:
        list(clerks.map(issue, range(4)))

    with utility_scope(utility):
        numbers = sorted(invoice.number or "" for invoice in Invoice.objects.all())
        assert numbers == [f"2026-{number:06d}" for number in range(1, 7)]
        assert JournalEntry.objects.count() == 6
