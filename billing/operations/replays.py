"""Issued bills rated anew by what is known now: what would change, and the corrections that change it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Contract, User, Utility
from accounts.period import Period
from accounts.scope import current_utility_id
from billing.enums import CorrectionCause, InvoiceKind
from billing.facts import Home
from billing.models import Invoice, InvoiceLine
from billing.operations.corrections import CannotCorrectError, Change, Ground, issue_changes, lock_bills
from billing.operations.drafts import line_row
from billing.operations.rated import REASONS, locked_contracts
from billing.queries.corrections import Charged, bills_in_force, charged_lines
from billing.queries.facts import gather
from billing.rating.bill import Bill, rate

# Bills replayed at once: memory stays flat, and statements hardly count.
BATCH: Final = 500
RATERS: Final[dict[str, Callable[[Home], Bill]]] = {InvoiceKind.PERIOD: rate}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A bill beside the same days rated anew.

    ``replaced`` are charges that the new rating does not contain, ``added`` the lines that it has in
    their place. ``fault`` says why the bill could not be rated anew; then nothing is changed.
    """

    bill: Invoice
    kept: Sequence[Charged] = ()
    replaced: Sequence[Charged] = ()
    added: Sequence[InvoiceLine] = ()
    fault: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.added) or any(charge.left_minor for charge in self.replaced)

    @property
    def before_minor(self) -> int:
        """What the bill and its corrections come to today, tax included."""
        return sum(charge.left_minor for charge in (*self.kept, *self.replaced))

    @property
    def after_minor(self) -> int:
        """What they will come to once corrected; what was agreed on charges that stay is kept."""
        return self.before_minor + self.difference_minor

    @property
    def difference_minor(self) -> int:
        """What the correction's document asks for; below zero it gives back."""
        added = sum(row.net_minor + row.tax_minor for row in self.added)
        return added - sum(charge.left_minor for charge in self.replaced)

    @property
    def lost_minor(self) -> int:
        """What was credited by agreement on charges that are now replaced, and is asked for again."""
        return sum(charge.taken_minor for charge in self.replaced)

    @property
    def change(self) -> Change:
        taken = [(charge, charge.left_minor) for charge in self.replaced if charge.left_minor]
        return Change(bill=self.bill, taken=taken, added=self.added)


def revise(bills: Collection[Invoice]) -> list[Revision]:
    """Each bill beside the same days rated anew; a handful of statements for each period among them.

    Kinds that no rating repeats are left out.
    """
    by_days: dict[tuple[Period[date], str], list[Invoice]] = defaultdict(list)
    for bill in bills:
        if bill.kind in RATERS:
            by_days[bill.period, bill.kind].append(bill)
    charges = charged_lines([bill.pk for bill in bills])
    utility = Utility.objects.get(pk=current_utility_id())
    revised: dict[int, Revision] = {}
    for (days, kind), same_days in by_days.items():
        contracts = _contracts(same_days)
        results = _rated(list(contracts.values()), days, utility=utility, rater=RATERS[kind])
        for bill in same_days:
            result = results[bill.contract_id]
            charged = charges[bill.pk]
            if isinstance(result, str):
                revised[bill.pk] = Revision(bill=bill, kept=_counting(charged), fault=result)
            else:
                revised[bill.pk] = _revision(bill, charged, result)
    return [revised[bill.pk] for bill in bills if bill.pk in revised]


def revisions(*, bill_ids: Sequence[int] | None = None) -> Iterator[Revision]:
    """As `revise`, for all bills in force or those named, batch by batch in the order of their keys."""
    rows = bills_in_force() if bill_ids is None else bills_in_force().filter(pk__in=bill_ids)
    rows = rows.select_related("household__building", "contract")
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield from revise(batch)
        last = batch[-1].pk


@transaction.atomic
def issue_corrections(
    *,
    bill_ids: Collection[int],
    reason: str,
    actor: User | None,
    at: datetime,
    previewed: Mapping[int, int] | None = None,
) -> list[Invoice]:
    """Rate the bills anew and issue one credit or debit note for each that differs; all or none.

    The contracts stay locked as in a billing run, so what is issued is what is true at that moment.
    ``previewed`` are the differences somebody agreed to, in minor units by bill.

    Raises:
        CannotCorrectError: a bill cannot be rated anew, is not in force, or now differs by another sum
            than was previewed, or no reason is given.
    """
    contract_ids = Invoice.objects.filter(pk__in=bill_ids).values_list("contract", flat=True)
    locked_contracts(list(contract_ids))
    changes = []
    for revision in revise(lock_bills(bill_ids)):
        if revision.fault:
            raise CannotCorrectError(
                _("%(bill)s cannot be rated anew: %(fault)s")
                % {"bill": revision.bill.number, "fault": revision.fault}
            )
        if previewed is not None and previewed.get(revision.bill.pk) != revision.difference_minor:
            raise CannotCorrectError(
                _("The facts behind %(bill)s changed since you looked. Look again.")
                % {"bill": revision.bill.number}
            )
        if revision.differs:
            changes.append(revision.change)
    ground = Ground(cause=CorrectionCause.REPLAY, reason=reason, actor=actor)
    return issue_changes(changes=changes, ground=ground, at=at) if changes else []


def _contracts(bills: Sequence[Invoice]) -> dict[int, Contract]:
    rows = Contract.objects.filter(pk__in={bill.contract_id for bill in bills})
    return {contract.pk: contract for contract in rows.select_related("household")}


def _rated(
    contracts: Sequence[Contract],
    days: Period[date],
    *,
    utility: Utility,
    rater: Callable[[Home], Bill],
) -> dict[int, Bill | str]:
    """The new bill of each contract, or why there is none."""
    results: dict[int, Bill | str] = {}
    # Who had moved out before all of these days is charged for none of them.
    here = []
    for contract in contracts:
        if contract.period & days is None:
            results[contract.pk] = Bill(lines=())
        else:
            here.append(contract)
    billable, skipped = gather(contracts=here, period=days, utility=utility)
    for one in skipped:
        results[one.contract_id] = f"{one.reason.label}: {one.detail}"
    for facts in billable:
        try:
            results[facts.contract.pk] = rater(facts.home)
        except tuple(REASONS) as error:
            results[facts.contract.pk] = f"{REASONS[type(error)].label}: {error}"
    return results


def _counting(charges: Sequence[Charged]) -> list[Charged]:
    return [charge for charge in charges if not charge.is_replaced]


def _revision(bill: Invoice, charges: Sequence[Charged], rated: Bill) -> Revision:
    rows = [line_row(bill, position, line) for position, line in enumerate(rated.lines, start=1)]
    unmatched = Counter(map(_money, rows))
    kept, replaced = [], []
    for charge in _counting(charges):
        if unmatched[_money(charge.line)]:
            unmatched[_money(charge.line)] -= 1
            kept.append(charge)
        else:
            replaced.append(charge)
    added = []
    for row in rows:
        if unmatched[_money(row)]:
            unmatched[_money(row)] -= 1
            added.append(row)
    return Revision(bill=bill, kept=kept, replaced=replaced, added=added)


def _money(row: InvoiceLine) -> tuple[object, ...]:
    """What makes two lines the same to whoever pays: the price and its days, and what they come to.

    A reading that was replaced by an equal one changes the trace and no bill.
    """
    days = (row.period_start, row.period_end)
    return (row.component_id, *days, row.tax_rate, row.net_minor, row.tax_minor)
