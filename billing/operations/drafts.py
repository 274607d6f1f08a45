"""Drawing up invoices: facts gathered for many homes at once, rated, and written down as drafts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Contract, Utility
from accounts.period import Period, end_of
from accounts.scope import current_utility_id
from billing.enums import InvoiceState, SkipReason
from billing.models import Invoice, InvoiceLine
from billing.proofs import digest
from billing.queries.facts import Billable, Skipped, billed_already, gather
from billing.queries.proofs import proof_of_line
from billing.rating.bill import Bill, rate
from billing.rating.charges import MissingFactError, NoReadingsError, RegisterRanBackwardsError
from billing.rating.lines import Adjustment, Line
from billing.rating.shares import NoSeasonError
from billing.rating.trace import to_json

REASONS = {
    NoReadingsError: SkipReason.NO_READINGS,
    RegisterRanBackwardsError: SkipReason.BACKWARDS,
    NoSeasonError: SkipReason.NO_SEASON,
    MissingFactError: SkipReason.MISSING_FACT,
}


class PeriodNotOverError(ValueError):
    """Only days that are over can be billed."""


class CannotBillError(ValueError):
    """One contract was to be billed and could not be; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A bill that could be drawn up, and the draft of the same days that it would replace."""

    facts: Billable
    bill: Bill
    replaces: Invoice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """New drafts, and the contracts that got none."""

    invoices: list[Invoice]
    skipped: list[Skipped]


@transaction.atomic
def draft_invoice(*, contract: Contract, period: Period[date], at: datetime) -> Invoice:
    """The draft of one contract's bill.

    Raises:
        PeriodNotOverError: the period ends after today.
        CannotBillError: facts are missing, or some of the days are billed.
    """
    drafted = draft_invoices(contract_ids=[contract.pk], period=period, at=at)
    for skipped in drafted.skipped:
        raise CannotBillError(f"{skipped.reason.label}: {skipped.detail}")
    return drafted.invoices[0]


@transaction.atomic
def draft_invoices(*, contract_ids: Collection[int], period: Period[date], at: datetime) -> Drafted:
    """Drafts for many contracts of the utility in scope; earlier drafts of the same days are replaced.

    Raises:
        PeriodNotOverError: the period ends after today.
    """
    rated, skipped = rate_contracts(contract_ids=contract_ids, period=period, at=at)
    # Before the new ones are written: the database lets no day of a contract stand on two bills.
    replaced = [one.replaces.pk for one in rated if one.replaces is not None]
    if replaced:
        InvoiceLine.objects.filter(invoice__in=replaced).delete()
        Invoice.objects.filter(pk__in=replaced).delete()
    invoices = Invoice.objects.bulk_create(_invoice(one, at) for one in rated)
    InvoiceLine.objects.bulk_create(
        line_row(invoice, position, line)
        for invoice, one in zip(invoices, rated, strict=True)
        for position, line in enumerate(one.bill.lines, start=1)
    )
    return Drafted(invoices=invoices, skipped=skipped)


@transaction.atomic
def rate_contracts(
    *, contract_ids: Collection[int], period: Period[date], at: datetime
) -> tuple[list[Rated], list[Skipped]]:
    """The bills of many contracts, rated and not written down; contracts stay locked until the end.

    Raises:
        PeriodNotOverError: the period ends after today.
    """
    utility = Utility.objects.get(pk=current_utility_id())
    if period.end is None or period.end > utility.local_date(at):
        raise PeriodNotOverError(
            _("The days to %(end)s are not over on %(today)s.")
            % {"end": period.end, "today": utility.local_date(at)}
        )
    contracts = locked_contracts(contract_ids)
    drafts, billed = _already(contracts, period)
    skipped_before = {skipped.contract_id for skipped in billed}
    billable, unready = gather(
        contracts=[contract for contract in contracts if contract.pk not in skipped_before],
        period=period,
        utility=utility,
    )
    rated: list[Rated] = []
    faults: list[Skipped] = []
    for facts in billable:
        one = _rate(facts, drafts.get(facts.contract.pk))
        if isinstance(one, Rated):
            rated.append(one)
        else:
            faults.append(one)
    return rated, [*billed, *unready, *faults]


def locked_contracts(contract_ids: Collection[int]) -> list[Contract]:
    """The contracts, locked in the order of their keys, returned by customer number."""
    rows = Contract.objects.filter(pk__in=contract_ids).select_related("household").order_by("pk")
    # Two runs over the same homes take turns; nothing that merely refers to a contract waits.
    locked = rows.select_for_update(of=("self",), no_key=True)
    return sorted(locked, key=lambda contract: (contract.household.customer_number, contract.starts_on))


def _already(contracts: Sequence[Contract], period: Period[date]) -> tuple[dict[int, Invoice], list[Skipped]]:
    """The drafts to be replaced, by contract, and the contracts with any other bill in these days.

    Replaced is a draft of exactly these days, and one of days on which its contract no longer holds.
    """
    existing = billed_already(contracts=contracts, period=period)
    drafts: dict[int, Invoice] = {}
    skipped: list[Skipped] = []
    for contract in contracts:
        for invoice in existing.get(contract.pk, ()):
            is_void = contract.period & invoice.period != invoice.period
            if invoice.state == InvoiceState.DRAFT and (
                is_void or invoice.period == contract.period & period
            ):
                drafts[contract.pk] = invoice
                continue
            detail = f"{invoice}: {invoice.period_start} to {invoice.period_end}"
            skipped.append(_skip(contract, SkipReason.ALREADY_BILLED, detail))
            break
    return drafts, skipped


def _rate(facts: Billable, replaces: Invoice | None) -> Rated | Skipped:
    # One home's faulty facts must not keep the others from their bills.
    try:
        bill = rate(facts.home)
    except tuple(REASONS) as error:
        return _skip(facts.contract, REASONS[type(error)], str(error))
    if not bill.lines:
        detail = f"{facts.period.start} to {facts.period.end}"
        return _skip(facts.contract, SkipReason.NOTHING_TO_CHARGE, detail)
    return Rated(facts=facts, bill=bill, replaces=replaces)


def _skip(contract: Contract, reason: SkipReason, detail: str) -> Skipped:
    return Skipped(contract_id=contract.pk, household_id=contract.household_id, reason=reason, detail=detail)


def _invoice(one: Rated, at: datetime) -> Invoice:
    return Invoice(
        contract=one.facts.contract,
        household_id=one.facts.contract.household_id,
        period_start=one.facts.period.start,
        period_end=end_of(one.facts.period),
        drafted_at=at,
        currency=one.facts.home.currency,
        net_minor=one.bill.net_minor,
        tax_minor=one.bill.tax_minor,
        total_minor=one.bill.total_minor,
    )


def line_row(invoice: Invoice, position: int, line: Line) -> InvoiceLine:
    """The row of a rated line, not yet saved, with the digest of its proof."""
    charge = line.last if isinstance(line, Adjustment) else line
    first = line.limits[0] if isinstance(line, Adjustment) else line
    row = InvoiceLine(
        invoice=invoice,
        position=position,
        component_id=charge.component_id,
        kind=charge.kind.value,
        description=charge.description,
        period_start=first.period.start,
        period_end=end_of(charge.period),
        quantity=charge.quantity,
        unit=charge.unit.value,
        unit_price=charge.price_in_force,
        rounding=charge.rounding.value,
        net_minor=line.net_minor,
        tax_rate=line.tax_rate,
        tax_minor=line.tax_minor,
        quality=charge.quality,
        formula=line.formula,
        trace=to_json(line),
    )
    row.sha256 = digest(proof_of_line(row))
    return row
