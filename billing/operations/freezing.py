"""Freezing: a document gets its number, its due day, a copy of all it prints, and the digest of its proof."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from accounts.models import Utility
from accounts.scope import current_utility_id
from billing.enums import InvoiceKind, InvoiceState
from billing.models import Invoice, InvoiceLine, TariffVersion
from billing.operations.numbering import INVOICES, keep_digest, last_digest, take_numbers
from billing.proofs import document_digest
from billing.queries.letters import Letter, read_letter
from billing.queries.proofs import header

_ISSUE: Final = """
    UPDATE billing_invoice SET
        state = 'issued', issued_at = %s, number = given.number, due_on = given.due_on,
        snapshot = given.snapshot::jsonb, previous_sha256 = given.previous, sha256 = given.sha256
    FROM unnest(%s::bigint[], %s::text[], %s::date[], %s::text[], %s::text[], %s::text[])
        AS given(id, number, due_on, snapshot, previous, sha256)
    WHERE billing_invoice.id = given.id AND billing_invoice.utility_id = %s
"""
SERIES: Final[dict[str, str]] = {
    InvoiceKind.PERIOD: INVOICES,
    **{kind: kind.value for kind in InvoiceKind if kind is not InvoiceKind.PERIOD},
}


def freeze(drafts: Sequence[Invoice], *, utility: Utility, at: datetime) -> None:
    """Number the drafts in the order given, kind by kind, and write down all that makes them final.

    Needs a transaction: the counters' locks keep numbers and digests in one unbroken order.
    """
    seal(drafts, tariffs=_tariffs(drafts), digests=_line_digests(drafts), utility=utility, at=at)
    _write(drafts, at=at)


def seal(
    drafts: Sequence[Invoice],
    *,
    tariffs: Mapping[int, Sequence[TariffVersion]],
    digests: Mapping[int, Sequence[str]],
    utility: Utility,
    at: datetime,
) -> None:
    """As `freeze`, but nothing is stored beside the counters: for documents that are not stored yet.

    ``tariffs`` are the versions behind a document's lines and ``digests`` those of its lines, by its key.
    """
    today = utility.local_date(at)
    letter = read_letter()
    by_series: dict[str, list[Invoice]] = defaultdict(list)
    for draft in drafts:
        _settle(draft, utility=utility, versions=tariffs[draft.pk], letter=letter, at=at)
        by_series[SERIES[draft.kind]].append(draft)
    # Always in this order, so that two clerks never hold each other's counter.
    for series in sorted(by_series):
        _number(by_series[series], digests, series=series, today=today)


def _settle(
    draft: Invoice, *, utility: Utility, versions: Sequence[TariffVersion], letter: Letter, at: datetime
) -> None:
    today = utility.local_date(at)
    # What a credit note gives back is there at once.
    days = 0 if draft.kind == InvoiceKind.CREDIT else max(version.payment_days for version in versions)
    draft.state = InvoiceState.ISSUED
    draft.issued_at = at
    draft.due_on = today + timedelta(days=days)
    draft.snapshot = _snapshot(draft, utility, versions, letter)


def _number(
    drafts: Sequence[Invoice], digests: Mapping[int, Sequence[str]], *, series: str, today: date
) -> None:
    numbers = take_numbers(series=series, year=today.year, count=len(drafts))
    previous = last_digest(series=series, year=today.year)
    for draft, number in zip(drafts, numbers, strict=True):
        draft.number = number
        draft.previous_sha256 = previous
        draft.sha256 = previous = document_digest(header(draft), digests[draft.pk])
    keep_digest(series=series, year=today.year, sha256=previous)


def _line_digests(drafts: Sequence[Invoice]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {draft.pk: [] for draft in drafts}
    lines = InvoiceLine.objects.filter(invoice__in=drafts).order_by("invoice", "position")
    for invoice_id, sha256 in lines.values_list("invoice", "sha256"):
        found[invoice_id].append(sha256)
    return found


def _write(issued: Sequence[Invoice], *, at: datetime) -> None:
    """One statement for any number of invoices; `bulk_update` would write a case for each and column."""
    columns: list[list[Any]] = [
        [invoice.pk for invoice in issued],
        [invoice.number for invoice in issued],
        [invoice.due_on for invoice in issued],
        [json.dumps(invoice.snapshot, ensure_ascii=False) for invoice in issued],
        [invoice.previous_sha256 for invoice in issued],
        [invoice.sha256 for invoice in issued],
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


def _snapshot(
    invoice: Invoice, utility: Utility, versions: Sequence[TariffVersion], letter: Letter
) -> dict[str, Any]:
    household, contract = invoice.household, invoice.contract
    return {
        "seller": {"name": utility.name, **letter.seller},
        **letter.fuel_mix_on(invoice.period_end),
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
