"""Bills drawn up and issued in one go: rated, numbered, frozen and posted without ever having been drafts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime

from django.db import transaction

from accounts.models import Building, Utility
from accounts.period import Period
from accounts.scope import current_utility_id
from billing.models import Invoice, TariffVersion
from billing.operations.copying import copy_models
from billing.operations.drafts import Drafted, copy_lines, new_invoices, remove_replaced
from billing.operations.freezing import seal
from billing.operations.invoices import hold_tariffs, post_documents
from billing.operations.rated import Rated, rate_contracts

# Putting a version in force locks its plan's row against everybody; runs may go on side by side.


@transaction.atomic
def issue_bills(
    *,
    contract_ids: Collection[int],
    period: Period[date],
    at: datetime,
    turn: AbstractContextManager[None] | None = None,
) -> Drafted:
    """The issued bills of many contracts of the utility in scope, by customer number, and who got none.

    What drafting and issuing them would give, without writing anything twice. ``turn`` is entered before
    the first number is taken: whoever issues batches side by side keeps their order with it.

    Raises:
        PeriodNotOverError: the period ends after today.
    """
    hold_tariffs()
    rated, skipped = rate_contracts(contract_ids=contract_ids, period=period, at=at)
    if not rated:
        # Nothing to number; whoever comes next need not wait for us.
        with turn or nullcontext():
            return Drafted(invoices=[], skipped=skipped)
    remove_replaced(rated)
    invoices = new_invoices(rated, at=at)
    # Before their invoices: the lines of an issued one are refused.
    digests = copy_lines(invoices, rated)
    tariffs = _tariffs(invoices, rated)
    _fetch_buildings(invoices)
    with turn or nullcontext():
        utility = Utility.objects.get(pk=current_utility_id())
        seal(invoices, tariffs=tariffs, digests=digests, utility=utility, at=at)
    copy_models(invoices)
    post_documents(invoices, at=at)
    return Drafted(invoices=invoices, skipped=skipped)


def _tariffs(invoices: Sequence[Invoice], rated: Sequence[Rated]) -> Mapping[int, Sequence[TariffVersion]]:
    """The tariff versions behind each invoice's lines, oldest first."""
    behind = {
        invoice.pk: {line.terms.tariff_id for line in one.lines}
        for invoice, one in zip(invoices, rated, strict=True)
    }
    rows = TariffVersion.objects.filter(pk__in=set().union(*behind.values()))
    versions = list(rows.select_related("plan").order_by("starts_on"))
    return {pk: [version for version in versions if version.pk in ids] for pk, ids in behind.items()}


def _fetch_buildings(invoices: Sequence[Invoice]) -> None:
    # A building has many homes: one row for all of them.
    buildings = Building.objects.in_bulk({invoice.household.building_id for invoice in invoices})
    for invoice in invoices:
        invoice.household.building = buildings[invoice.household.building_id]
