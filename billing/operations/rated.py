"""Rating contracts: facts gathered for many homes at once and made into lines; nothing is written down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Contract, Utility
from accounts.period import Period
from accounts.scope import current_utility_id
from billing.enums import InvoiceState, SkipReason
from billing.models import Invoice
from billing.queries.facts import Billable, Skipped, billed_already, gather
from billing.rating.alike import Outcome, rate_all
from billing.rating.charges import MissingFactError, NoReadingsError, RegisterRanBackwardsError
from billing.rating.shares import NoSeasonError
from billing.rating.written import Written

REASONS: Final = {
    NoReadingsError: SkipReason.NO_READINGS,
    RegisterRanBackwardsError: SkipReason.BACKWARDS,
    NoSeasonError: SkipReason.NO_SEASON,
    MissingFactError: SkipReason.MISSING_FACT,
}


class PeriodNotOverError(ValueError):
    """Only days that are over can be billed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """A bill that could be drawn up, and the draft of the same days that it would replace."""

    facts: Billable
    lines: Sequence[Written]
    replaces: Invoice | None

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor


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
    for facts, outcome in zip(billable, rate_all([facts.home for facts in billable]), strict=True):
        if isinstance(outcome, list) and outcome:
            rated.append(Rated(facts=facts, lines=outcome, replaces=drafts.get(facts.contract.pk)))
        else:
            faults.append(_fault(facts, outcome))
    return rated, [*billed, *unready, *faults]


def locked_contracts(contract_ids: Collection[int]) -> list[Contract]:
    """The contracts, locked in the order of their keys, returned by customer number."""
    rows = Contract.objects.filter(pk__any_of=contract_ids).select_related("household").order_by("pk")
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


def _fault(facts: Billable, outcome: Outcome) -> Skipped:
    if isinstance(outcome, list):
        detail = f"{facts.period.start} to {facts.period.end}"
        return _skip(facts.contract, SkipReason.NOTHING_TO_CHARGE, detail)
    return _skip(facts.contract, REASONS[type(outcome)], str(outcome))


def _skip(contract: Contract, reason: SkipReason, detail: str) -> Skipped:
    return Skipped(contract_id=contract.pk, household_id=contract.household_id, reason=reason, detail=detail)
