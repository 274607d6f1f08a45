"""Billing a period: every contract of a utility, a batch at a time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from functools import partial
from typing import Final, NamedTuple

from django.db import connection, transaction

from accounts.models import Utility
from accounts.period import Period
from accounts.scope import utility_scope
from billing.enums import SkipReason
from billing.operations.drafts import draft_invoices
from billing.operations.issuing import issue_bills
from billing.operations.rated import rate_contracts
from billing.operations.turns import Turns
from billing.queries.facts import Skipped, contracts_in

# Large enough that statements hardly count, small enough that locks are short and memory flat.
BATCH: Final = 1000
# While one batch waits for the database, the next is rated.
SIDE_BY_SIDE: Final = 2


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

    def add(self, billed: Billed) -> None:
        """Take in what became of a batch."""
        self.invoice_ids += billed.invoice_ids
        self.bills += len(billed.totals_minor)
        self.total_minor += sum(billed.totals_minor)
        self.skipped += billed.skipped


class Billed(NamedTuple):
    """What became of a batch; a preview has no keys."""

    invoice_ids: list[int]
    totals_minor: list[int]
    skipped: list[Skipped]


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
        batches = [contract_ids[start : start + BATCH] for start in range(0, len(contract_ids), BATCH)]
        bill = partial(_bill, period=period, at=at, step=step)
        # In a transaction of the caller's own, nobody else's connection would see what it wrote.
        beside = 1 if connection.in_atomic_block or step is not Step.ISSUE else SIDE_BY_SIDE
        with closing(_in_order(bill, batches, beside=beside)) as outcomes:
            for billed in outcomes:
                run.add(billed)
                if progress is not None:
                    progress(run)
    return run


def _in_order(
    bill: Callable[..., Billed], batches: Sequence[Sequence[int]], *, beside: int
) -> Generator[Billed, None, None]:
    """The outcome of each batch, in their order, ``beside`` of them at work at any time."""
    if beside == 1:
        yield from map(bill, batches)
        return
    turns = Turns()
    with ThreadPoolExecutor(beside) as threads:
        # One ahead of those at work, so that no thread waits for us and memory stays flat.
        pending: deque[Future[Billed]] = deque()
        try:
            for place, batch in enumerate(batches):
                scope = copy_context()
                pending.append(threads.submit(scope.run, _beside, bill, batch, turns, place))
                if len(pending) > beside:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            turns.stop()


def _beside(bill: Callable[..., Billed], batch: Sequence[int], turns: Turns, place: int) -> Billed:
    try:
        return bill(batch, turn=turns.turn(place))
    except BaseException:
        turns.stop()
        raise
    finally:
        connection.close()


@transaction.atomic
def _bill(
    contract_ids: Sequence[int],
    *,
    period: Period[date],
    at: datetime,
    step: Step,
    turn: AbstractContextManager[None] | None = None,
) -> Billed:
    if step is Step.PREVIEW:
        rated, skipped = rate_contracts(contract_ids=contract_ids, period=period, at=at)
        return Billed([], [one.total_minor for one in rated], skipped)
    if step is Step.ISSUE:
        done = issue_bills(contract_ids=contract_ids, period=period, at=at, turn=turn)
    else:
        done = draft_invoices(contract_ids=contract_ids, period=period, at=at)
    totals = [invoice.total_minor for invoice in done.invoices]
    return Billed([invoice.pk for invoice in done.invoices], totals, done.skipped)
