"""A run that issues: batches side by side, the bills of a clerk's two steps, and no number lost to a kill."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from signal import SIGKILL
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts.models import Contract, Utility
from accounts.scope import utility_scope
from billing.models import Invoice, InvoiceLine, JournalEntry, Posting
from billing.operations import periods
from billing.operations.drafts import draft_invoices
from billing.operations.invoices import issue_invoices
from billing.operations.periods import Step, bill_period
from billing.operations.turns import RunStoppedError, Turns
from billing.queries.facts import contracts_in
from tests.billing.town import DAYS, a_town
from tests.processes import shared_environment

KILLS = 3
AFTER_SEASON = datetime(2026, 3, 20, tzinfo=UTC)
# All that may differ between two ways to the same bills: keys, and what holds keys.
KEYS = {"id", "invoice_id", "entry_id", "key"}


def _documents() -> list[list[dict[str, Any]]]:
    """All rows of all invoices in order, without their keys."""
    rows = (
        Invoice.objects.order_by("number"),
        InvoiceLine.objects.order_by("invoice__number", "position"),
        JournalEntry.objects.order_by("memo"),
        Posting.objects.order_by("invoice__number", "amount_minor"),
    )
    return [
        [{name: value for name, value in row.items() if name not in KEYS} for row in table.values()]
        for table in rows
    ]


def _is_whole(utility: Utility, *, bills: int) -> bool:
    """Whether every number up to the last is on one bill, with its lines and its entry in the ledger."""
    with utility_scope(utility):
        numbers = list(Invoice.objects.order_by("number").values_list("number", flat=True))
        customers = Invoice.objects.values_list("household", flat=True)
        return (
            numbers == [f"2026-{n:06d}" for n in range(1, bills + 1)]
            and len(set(customers)) == bills
            and InvoiceLine.objects.count() == Posting.objects.count() == 3 * bills
            and JournalEntry.objects.count() == bills
        )


@pytest.mark.django_db(transaction=True)
def test_batches_side_by_side_are_numbered_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    town = a_town(homes=60, slug="side-by-side")
    monkeypatch.setattr(periods, "BATCH", 7)
    run = bill_period(utility=town, period=DAYS, at=AFTER_SEASON, step=Step.ISSUE)

    assert run.bills == 60
    assert _is_whole(town, bills=60)
    with utility_scope(town):
        customers = Invoice.objects.order_by("number").values_list("household__customer_number", flat=True)
        assert list(customers) == sorted(customers)


@pytest.mark.django_db(transaction=True)
def test_a_run_leaves_what_drafting_and_issuing_would() -> None:
    town = a_town(homes=25, slug="both-ways")
    with utility_scope(town):
        bill_period(utility=town, period=DAYS, at=AFTER_SEASON, step=Step.ISSUE)
        by_run = _documents()
        with connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE billing_invoice, billing_invoiceline, billing_journalentry, billing_posting,"
                " billing_numbersequence CASCADE"
            )
        drafted = draft_invoices(contract_ids=contracts_in(DAYS), period=DAYS, at=AFTER_SEASON)
        issue_invoices(invoice_ids=[invoice.pk for invoice in drafted.invoices], at=AFTER_SEASON)
        assert _documents() == by_run


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_fails_leaves_no_gap_and_those_before_it_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    town = a_town(homes=40, slug="fails")
    monkeypatch.setattr(periods, "BATCH", 10)
    with utility_scope(town):
        # Something that is in nobody's way until a posting would name it.
        third = Contract.objects.order_by("household__customer_number")[25]
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE billing_posting ADD CONSTRAINT sabotage CHECK (contract_id <> {third.pk})"
        )
    try:
        with pytest.raises(Exception, match="sabotage"):
            bill_period(utility=town, period=DAYS, at=AFTER_SEASON, step=Step.ISSUE)
        # The batch after it may have been rated already; it took the numbers that came back.
        issued = _numbered(town)
        assert issued in {20, 30}
        assert _is_whole(town, bills=issued)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE billing_posting DROP CONSTRAINT sabotage")
    assert bill_period(utility=town, period=DAYS, at=AFTER_SEASON, step=Step.ISSUE).bills == 40 - issued
    assert _is_whole(town, bills=40)


def test_nobody_enters_after_the_run_has_stopped() -> None:
    turns = Turns()
    with turns.turn(0):
        pass
    turns.stop()
    with pytest.raises(RunStoppedError, match="Batch 1 was not issued"), turns.turn(1):
        pass


@pytest.mark.processes
@pytest.mark.django_db(transaction=True)
def test_killed_again_and_again_a_run_loses_no_number_and_bills_nobody_twice() -> None:
    homes, chance = 12_000, random.Random(41)  # noqa: S311 - no secret
    town = a_town(homes=homes, slug="killed")
    command = [sys.executable, "manage.py", "bill", "--utility", town.slug, "--issue"]
    command += ["--from", DAYS.start.isoformat(), "--to", str(DAYS.end)]
    for _kill in range(KILLS):
        before = _numbered(town)
        process = _started(command)
        # Not before it is at work, or the kills would only prove that nothing was begun.
        while process.poll() is None and _numbered(town) == before:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.3))
        process.send_signal(SIGKILL)
        assert process.wait() == -SIGKILL
        _wait_for_its_sessions()
        assert 0 < _numbered(town) < homes
        assert _is_whole(town, bills=_numbered(town))
    assert _started(command).wait() == 0
    assert _is_whole(town, bills=homes)


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=shared_environment(), stdout=subprocess.DEVNULL
    )


def _numbered(town: Utility) -> int:
    with utility_scope(town):
        return Invoice.objects.count()


def _wait_for_its_sessions() -> None:
    """Until the server has noticed that the killed process is gone, and rolled back."""
    others = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    while True:
        with connection.cursor() as cursor:
            cursor.execute(f"{others} AND xact_start IS NOT NULL")
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.05)
