"""Billing a period: every contract, in batches, and again where a run was stopped."""

from datetime import UTC, datetime

import pytest

from accounts.models import Utility
from accounts.scope import utility_scope
from billing.enums import InvoiceState, SkipReason
from billing.models import Invoice, JournalEntry, NumberSequence
from billing.operations import periods
from billing.operations.periods import BillingRun, Step, bill_period
from billing.operations.rated import PeriodNotOverError
from tests.billing.factories import AFTER_JANUARY, JANUARY, a_customer, a_tariff


def _town(utility: Utility) -> None:
    """Three homes that can be billed, and one that was never read."""
    with utility_scope(utility):
        a_tariff()
        for _home in range(3):
            a_customer()
        a_customer(registers_wh={})


def test_a_preview_says_what_would_be_and_writes_nothing(utility: Utility) -> None:
    _town(utility)
    run = bill_period(utility=utility, period=JANUARY, at=AFTER_JANUARY, step=Step.PREVIEW)

    assert (run.contracts, run.bills, run.total_minor) == (4, 3, 3 * 51_230)
    assert run.reasons == {SkipReason.NO_READINGS: 1}
    with utility_scope(utility):
        assert not Invoice.objects.exists()


def test_drafts_wait_for_a_clerk(utility: Utility) -> None:
    _town(utility)
    run = bill_period(utility=utility, period=JANUARY, at=AFTER_JANUARY)

    with utility_scope(utility):
        invoices = Invoice.objects.filter(state=InvoiceState.DRAFT).values_list("pk", flat=True)
        assert sorted(invoices) == sorted(run.invoice_ids)
        assert not JournalEntry.objects.exists()


def test_a_second_run_bills_what_the_first_could_not(utility: Utility) -> None:
    _town(utility)
    bill_period(utility=utility, period=JANUARY, at=AFTER_JANUARY, step=Step.ISSUE)
    with utility_scope(utility):
        a_customer()
    run = bill_period(utility=utility, period=JANUARY, at=AFTER_JANUARY, step=Step.ISSUE)

    assert (run.bills, run.reasons) == (1, {SkipReason.ALREADY_BILLED: 3, SkipReason.NO_READINGS: 1})
    with utility_scope(utility):
        assert NumberSequence.objects.get().last_number == Invoice.objects.count() == 4


def test_a_run_goes_batch_by_batch_and_tells_how_far_it_is(
    utility: Utility, monkeypatch: pytest.MonkeyPatch
) -> None:
    _town(utility)
    monkeypatch.setattr(periods, "BATCH", 2)
    seen: list[int] = []

    def progress(run: BillingRun) -> None:
        seen.append(run.seen)

    run = bill_period(utility=utility, period=JANUARY, at=AFTER_JANUARY, step=Step.ISSUE, progress=progress)

    assert seen == [2, 4]
    assert len(set(run.invoice_ids)) == 3


def test_a_run_that_breaks_keeps_its_whole_batches_and_no_half_one(
    utility: Utility, monkeypatch: pytest.MonkeyPatch
) -> None:
    _town(utility)
    monkeypatch.setattr(periods, "BATCH", 2)

    def stop(_run: BillingRun) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bill_period(utility=utility, period=JANUARY, at=AFTER_JANUARY, step=Step.ISSUE, progress=stop)
    with utility_scope(utility):
        assert Invoice.objects.count() == NumberSequence.objects.get().last_number == 2
    run = bill_period(utility=utility, period=JANUARY, at=AFTER_JANUARY, step=Step.ISSUE)

    assert run.bills == 1
    with utility_scope(utility):
        assert list(Invoice.objects.order_by("number").values_list("number", flat=True)) == [
            "2026-000001",
            "2026-000002",
            "2026-000003",
        ]


def test_a_period_that_is_not_over_is_refused_whole(utility: Utility) -> None:
    _town(utility)
    with pytest.raises(PeriodNotOverError):
        bill_period(utility=utility, period=JANUARY, at=datetime(2026, 1, 20, tzinfo=UTC))
    with utility_scope(utility):
        assert not Invoice.objects.exists()


@pytest.mark.usefixtures("scoped")
def test_a_utility_without_contracts_is_billed_in_no_time(utility: Utility) -> None:
    run = bill_period(utility=utility, period=JANUARY, at=AFTER_JANUARY)

    assert (run.contracts, run.bills, run.skipped) == (0, 0, [])
