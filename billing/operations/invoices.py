"""Issuing invoices: numbered, frozen with all they print, and posted, in one transaction."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Utility
from accounts.scope import current_utility_id
from billing.enums import AccountCode, EntryKind, InvoiceState
from billing.models import Invoice, InvoiceLine, TariffPlan, TariffVersion
from billing.operations.ledger import NewEntry, Side, post_entries
from billing.operations.numbering import INVOICES, take_numbers

_ISSUE: Final = """
    UPDATE billing_invoice SET
        state = 'issued', issued_at = %s, number = given.number, due_on = given.due_on,
        snapshot = given.snapshot::jsonb
    FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::text[]) AS given(id, number, due_on, snapshot)
    WHERE billing_invoice.id = given.id AND billing_invoice.utility_id = %s
"""


class StaleDraftError(ValueError):
    """The tariff changed under a draft; it has to be drawn up anew."""


@transaction.atomic
def issue_invoice(*, invoice: Invoice, at: datetime) -> Invoice:
    """Issue one draft; an issued invoice is returned as it is.

    Raises:
        StaleDraftError: the tariff changed since it was drawn up.
    """
    return issue_invoices(invoice_ids=[invoice.pk], at=at)[0]


@transaction.atomic
def issue_invoices(*, invoice_ids: Collection[int], at: datetime) -> list[Invoice]:
    """Issue drafts of the utility in scope, by customer number: all or none.

    Each gets the next number of its utility and year, its due day, a copy of everything printed, and
    its entry in the ledger. What is issued already comes back untouched.

    Raises:
        StaleDraftError: a tariff version a draft was rated by, or its contract, ends before its days do.
    """
    utility = Utility.objects.get(pk=current_utility_id())
    rows = Invoice.objects.filter(pk__in=invoice_ids).select_related("contract", "household__building")
    # Always in the order of their keys, so that two clerks never wait for each other crosswise.
    invoices = list(rows.select_for_update(of=("self",)).order_by("pk"))
    drafts = [invoice for invoice in invoices if invoice.state == InvoiceState.DRAFT]
    drafts.sort(key=lambda invoice: (invoice.household.customer_number, invoice.period_start))
    if drafts:
        _refuse_ended(drafts)
        _refuse_stale(drafts)
        _freeze(drafts, utility=utility, at=at)
        post_entries(entries=[_entry(invoice) for invoice in drafts if invoice.total_minor], at=at)
    return invoices


def _refuse_ended(drafts: Sequence[Invoice]) -> None:
    # Somebody may have moved out meanwhile; the days after that are the next customer's.
    for draft in drafts:
        if draft.contract.period & draft.period != draft.period:
            raise StaleDraftError(
                _("The draft for %(customer)s bills days on which the contract does not hold. Bill it anew.")
                % {"customer": draft.household.customer_number}
            )


def _refuse_stale(drafts: Sequence[Invoice]) -> None:
    # A successor may have been put in force between the run and the clerk's click. The plans stay
    # locked until we commit, as they do while a version is put in force, so neither overtakes the other.
    list(TariffPlan.objects.select_for_update().order_by("pk"))
    lines = InvoiceLine.objects.filter(invoice__in=drafts, component__version__ends_on__lt=F("period_end"))
    line = lines.select_related("invoice__household", "component__version__plan").first()
    if line is not None:
        raise StaleDraftError(
            _("The draft for %(customer)s was rated by %(version)s, which now ends on %(day)s. Bill it anew.")
            % {
                "customer": line.invoice.household.customer_number,
                "version": line.component.version,
                "day": line.component.version.ends_on,
            }
        )


def _freeze(drafts: Sequence[Invoice], *, utility: Utility, at: datetime) -> None:
    today = utility.local_date(at)
    numbers = take_numbers(series=INVOICES, year=today.year, count=len(drafts))
    tariffs = _tariffs(drafts)
    for invoice, number in zip(drafts, numbers, strict=True):
        versions = tariffs[invoice.pk]
        invoice.number = number
        invoice.state = InvoiceState.ISSUED
        invoice.issued_at = at
        invoice.due_on = today + timedelta(days=max(version.payment_days for version in versions))
        invoice.snapshot = _snapshot(invoice, utility, versions)
    _write(drafts, at=at)


def _write(issued: Sequence[Invoice], *, at: datetime) -> None:
    """One statement for any number of invoices; `bulk_update` would write a case for each and column."""
    columns: list[list[Any]] = [
        [invoice.pk for invoice in issued],
        [invoice.number for invoice in issued],
        [invoice.due_on for invoice in issued],
        [json.dumps(invoice.snapshot, ensure_ascii=False) for invoice in issued],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ISSUE, [at, *columns, current_utility_id()])


def _tariffs(invoices: Sequence[Invoice]) -> dict[int, list[TariffVersion]]:
    """The tariff versions behind each invoice's lines, oldest first."""
    lines = InvoiceLine.objects.filter(invoice__in=invoices)
    pairs = set(lines.order_by().values_list("invoice", "component__version"))
    rows = TariffVersion.objects.filter(pk__in={version_id for _invoice_id, version_id in pairs})
    # Few versions, many invoices: every invoice gets its texts without a statement of its own.
    versions = list(rows.select_related("plan").order_by("starts_on"))
    return {
        invoice.pk: [version for version in versions if (invoice.pk, version.pk) in pairs]
        for invoice in invoices
    }


def _snapshot(invoice: Invoice, utility: Utility, versions: Sequence[TariffVersion]) -> dict[str, Any]:
    household, contract = invoice.household, invoice.contract
    return {
        "seller": {"name": utility.name},
        "customer": {
            "name": contract.customer_name,
            "number": household.customer_number,
            "class": contract.customer_class,
        },
        "home": {
            "address": household.building.address,
            "building": household.building.name,
            "flat": household.label,
            "floor_area_m2": str(household.floor_area_m2),
        },
        "tariffs": [
            {
                "version": version.pk,
                "name": version.plan.name,
                "from": version.starts_on.isoformat(),
                "text": version.text,
            }
            for version in versions
        ],
    }


def _entry(invoice: Invoice) -> NewEntry:
    source = {"contract_id": invoice.contract_id, "invoice_id": invoice.pk}
    return NewEntry(
        key=f"invoice:{invoice.pk}",
        kind=EntryKind.INVOICE,
        currency=invoice.currency,
        memo=invoice.number or "",
        sides=[
            Side(account=AccountCode.RECEIVABLE, amount_minor=invoice.total_minor, **source),
            Side(account=AccountCode.REVENUE, amount_minor=-invoice.net_minor, **source),
            # Where nothing is taxed this side is zero, and is left out.
            Side(account=AccountCode.TAX, amount_minor=-invoice.tax_minor, **source),
        ],
    )
