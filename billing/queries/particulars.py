"""What bills have to know of homes beside contracts and meters: dated facts, for many homes at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeVar

from accounts.enums import MINOR_DIGITS, Currency
from accounts.models import Contract, Utility
from accounts.period import Period, end_of
from billing.enums import AccountCode, InvoiceState
from billing.facts import Failure, Overdue
from billing.models import BilledArea, Posting, ServiceFailure, SubscribedPower, Suspension

V = TypeVar("V")
Dated = list[tuple[Period[date], V]]


@dataclass(slots=True)
class Particulars:
    """By home, areas, powers and failures; by contract, suspensions and what was overdue."""

    areas: dict[int, Dated[Decimal]] = field(default_factory=lambda: defaultdict(list))
    powers: dict[int, Dated[Decimal]] = field(default_factory=lambda: defaultdict(list))
    failures: dict[int, list[Failure]] = field(default_factory=lambda: defaultdict(list))
    suspended: dict[int, list[Period[date]]] = field(default_factory=lambda: defaultdict(list))
    overdue: dict[int, list[Overdue]] = field(default_factory=lambda: defaultdict(list))

    def changes(self, household_id: int, days: Period[date]) -> set[date]:
        """The days within ``days`` on which another area or power begins to count."""
        rows = [*self.areas.get(household_id, ()), *self.powers.get(household_id, ())]
        edges = {edge for period, _value in rows for edge in (period.start, period.end)}
        return {edge for edge in edges if edge is not None and days.start < edge < end_of(days)}


def particulars(
    contracts: Sequence[Contract], period: Period[date], *, utility: Utility, wants_overdue: bool
) -> Particulars:
    """All dated facts of these contracts and their homes that touch ``period``; a statement for each kind."""
    found = Particulars()
    homes = [contract.household_id for contract in contracts]
    contract_ids = [contract.pk for contract in contracts]
    touching = {"starts_on__lt": period.end, "household__any_of": homes}
    for area in BilledArea.objects.filter(**touching).exclude(ends_on__lte=period.start):
        found.areas[area.household_id].append((area.period, area.floor_area_m2 * area.factor))
    for power in SubscribedPower.objects.filter(**touching).exclude(ends_on__lte=period.start):
        found.powers[power.household_id].append((power.period, power.power_kw))
    failures = ServiceFailure.objects.filter(**touching).exclude(ends_on__lte=period.start)
    for failure in failures.order_by("starts_on"):
        found.failures[failure.household_id].append(Failure(period=failure.period, ratio=failure.ratio))
    suspensions = Suspension.objects.filter(contract__any_of=contract_ids, starts_on__lt=period.end)
    for suspension in suspensions.exclude(ends_on__lte=period.start).order_by("starts_on"):
        found.suspended[suspension.contract_id].append(suspension.period)
    if wants_overdue:
        found.overdue.update(_overdue(contract_ids, period, utility=utility))
    return found


def value_on(day: date, rows: Iterable[tuple[Period[date], V]]) -> V | None:
    """What holds on ``day``; rows do not overlap."""
    return next((value for period, value in rows if day in period), None)


def _overdue(
    contract_ids: Collection[int], period: Period[date], *, utility: Utility
) -> dict[int, list[Overdue]]:
    """What each contract owed beyond the due days, stretch by stretch of the same sum."""
    rows = Posting.objects.filter(
        account__code=AccountCode.RECEIVABLE,
        contract__any_of=contract_ids,
        invoice__state=InvoiceState.ISSUED,
        invoice__due_on__lt=period.end,
    ).order_by("invoice", "entry__at")
    moved: dict[tuple[int, int, date], Dated[int]] = defaultdict(list)
    columns = rows.values_list("contract", "invoice", "invoice__due_on", "entry__at", "amount_minor")
    for contract_id, invoice_id, due_on, at, minor in columns:
        if contract_id is not None and invoice_id is not None and due_on is not None:
            day = Period(utility.local_date(at))
            moved[contract_id, invoice_id, due_on].append((day, minor))
    digits = MINOR_DIGITS[Currency(utility.currency)]
    found: dict[int, list[Overdue]] = defaultdict(list)
    for (contract_id, _invoice_id, due_on), movements in moved.items():
        found[contract_id] += _stretches(movements, due_on=due_on, period=period, digits=digits)
    return found


def _stretches(movements: Dated[int], *, due_on: date, period: Period[date], digits: int) -> list[Overdue]:
    start = max(due_on + timedelta(days=1), period.start)
    # A day on which something is paid counts as a day with it.
    edges = sorted({start, *(day.start for day, _minor in movements if day.start > start)})
    found = []
    for first, until in zip(edges, [*edges[1:], end_of(period)], strict=True):
        owed = sum(minor for day, minor in movements if day.start <= first)
        if owed > 0 and first < min(until, end_of(period)):
            stretch = Period(first, min(until, end_of(period)))
            found.append(Overdue(period=stretch, amount=Decimal(owed).scaleb(-digits)))
    return found
