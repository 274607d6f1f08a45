"""Billing a period: every contract of a utility, a batch at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import Final

from django.db import transaction

from accounts.models import Utility
from accounts.period import Period
from accounts.scope import utility_scope
from billing.enums import SkipReason
from billing.operations.drafts import draft_invoices, rate_contracts
from billing.operations.invoices import issue_invoices
from billing.queries.facts import Skipped, contracts_in

# Large enough that statements hardly count, small enough that locks are short and memory flat.
BATCH: Final = 500


class Step(Enum):
    """How far a billing run goes."""

    PREVIEW = "preview"  # rate and write nothing down
    DRAFT = "draft"  # leave drafts for a clerk to look at
    ISSUE = "issue"  # number, freeze and post them


@dataclass(slots=True)
class BillingRun:
    """What a run did: bills and their sum, and who was left out and why."""

    contracts: int
    invoice_ids: list[int] = field(default_factory=list)
    bills: int = 0
    total_minor: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[SkipReason]:
        """How many contracts were left out for which reason."""
        return Counter(skipped.reason for skipped in self.skipped)

    @property
    def seen(self) -> int:
        return self.bills + len(self.skipped)


def bill_period(
    *,
    utility: Utility,
    period: Period[date],
    at: datetime,
    step: Step = Step.DRAFT,
    progress: Callable[[BillingRun], None] | None = None,
) -> BillingRun:
    """Bill every contract of ``utility`` for its days in ``period``.

    Each batch is one transaction, so a run that is stopped keeps its whole batches, and a second run
    bills the rest: days that are on an issued invoice are skipped, drafts are replaced.

    Raises:
        PeriodNotOverError: the period ends after today.
    """
    with utility_scope(utility):
        contract_ids = contracts_in(period)
        run = BillingRun(contracts=len(contract_ids))
        for start in range(0, len(contract_ids), BATCH):
            _bill(run, contract_ids[start : start + BATCH], period=period, at=at, step=step)
            if progress is not None:
                progress(run)
    return run


@transaction.atomic
def _bill(
    run: BillingRun, contract_ids: Sequence[int], *, period: Period[date], at: datetime, step: Step
) -> None:
    if step is Step.PREVIEW:
        rated, skipped = rate_contracts(contract_ids=contract_ids, period=period, at=at)
        totals = [one.bill.total_minor for one in rated]
    else:
        drafted = draft_invoices(contract_ids=contract_ids, period=period, at=at)
        skipped = drafted.skipped
        totals = [invoice.total_minor for invoice in drafted.invoices]
        invoice_ids = [invoice.pk for invoice in drafted.invoices]
        if step is Step.ISSUE:
            issue_invoices(invoice_ids=invoice_ids, at=at)
        run.invoice_ids += invoice_ids
    run.bills += len(totals)
    run.total_minor += sum(totals)
    run.skipped += skipped
