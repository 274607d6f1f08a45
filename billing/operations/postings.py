"""What a document does to the books when it is issued."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.db.models import Q, Sum

from billing.enums import AccountCode, EntryKind, InvoiceKind
from billing.models import Invoice, InvoiceLine
from billing.operations.ledger import NewEntry, Side
from billing.queries.balance import open_minor


def entries_of(documents: Sequence[Invoice]) -> list[NewEntry]:
    """The entry of each document that moves money, in their order.

    A document below zero first lowers what is still owed on the bills it takes back from, oldest first;
    what is left of it becomes the customer's credit. Their rows are locked until the transaction ends,
    so no payment arrives in between.
    """
    moving = [document for document in documents if document.total_minor]
    related = _taken_back_from([document for document in moving if document.total_minor < 0])
    owed = open_minor({invoice_id for ids in related.values() for invoice_id in ids}) if related else {}
    prepaid = _prepaid_minor(moving)
    return [
        _entry(
            document,
            customer=_customer(document, related.get(document.pk, ()), owed),
            prepaid_minor=prepaid[document.pk],
        )
        for document in moving
    ]


def _taken_back_from(documents: Sequence[Invoice]) -> dict[int, list[int]]:
    """The bills each document takes back from, with their debit notes, locked; oldest first."""
    if not documents:
        return {}
    roots: dict[int, set[int]] = defaultdict(set)
    for document in documents:
        if document.corrects_id is not None:
            roots[document.pk].add(document.corrects_id)
    lines = InvoiceLine.objects.filter(invoice__in=documents, corrects__isnull=False)
    for document_id, source_id in lines.values_list("invoice", "corrects__invoice"):
        roots[document_id].add(source_id)
    all_roots = set().union(*roots.values())
    rows = Invoice.objects.filter(Q(pk__in=all_roots) | Q(corrects__in=all_roots, kind=InvoiceKind.DEBIT))
    family = list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", "corrects"))
    return {
        document_id: [pk for pk, root_id in family if pk in own or root_id in own]
        for document_id, own in roots.items()
    }


def _prepaid_minor(documents: Sequence[Invoice]) -> dict[int, int]:
    """How much of each document's net is heat paid in advance, and not sold yet."""
    found = dict.fromkeys((document.pk for document in documents), 0)
    for document in documents:
        root = document if document.corrects is None else document.corrects
        if root.kind == InvoiceKind.ADVANCE:
            found[document.pk] = document.net_minor
    settlements = [document for document in documents if document.kind == InvoiceKind.SETTLEMENT]
    if settlements:
        lines = InvoiceLine.objects.filter(invoice__in=settlements, corrects__isnull=False).order_by()
        found |= dict(
            lines.values("invoice").annotate(minor=Sum("net_minor")).values_list("invoice", "minor")
        )
    return found


def _customer(document: Invoice, related: Sequence[int], owed: Mapping[int, int]) -> list[Side]:
    if document.total_minor > 0:
        return [_side(AccountCode.RECEIVABLE, document.total_minor, document, document.pk)]
    sides, rest = [], -document.total_minor
    for invoice_id in related:
        taken = min(rest, max(0, owed[invoice_id]))
        sides.append(_side(AccountCode.RECEIVABLE, -taken, document, invoice_id))
        rest -= taken
    return [*sides, _side(AccountCode.CUSTOMER_CREDIT, -rest, document, None)]


def _entry(document: Invoice, *, customer: Sequence[Side], prepaid_minor: int) -> NewEntry:
    return NewEntry(
        key=f"invoice:{document.pk}",
        kind=EntryKind.INVOICE if document.corrects_id is None else EntryKind.CORRECTION,
        currency=document.currency,
        memo=document.number or "",
        # Sides of zero, such as the tax where nothing is taxed, are left out when it is posted.
        sides=[
            *customer,
            _side(AccountCode.PREPAID, -prepaid_minor, document, document.pk),
            _side(AccountCode.REVENUE, prepaid_minor - document.net_minor, document, document.pk),
            _side(AccountCode.TAX, -document.tax_minor, document, document.pk),
        ],
    )


def _side(code: AccountCode, minor: int, document: Invoice, invoice_id: int | None) -> Side:
    return Side(account=code, amount_minor=minor, contract_id=document.contract_id, invoice_id=invoice_id)
