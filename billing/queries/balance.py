"""What is owed: sums over the ledger, never a stored state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Sum

from billing.enums import AccountCode, Standing
from billing.models import Invoice, Posting


def open_minor(invoice_ids: Iterable[int]) -> dict[int, int]:
    """What is still owed on each invoice in minor units: 0 is paid, below 0 is paid too much.

    Invoices that were never posted (drafts, and bills of nothing) come out as 0.
    """
    wanted = dict.fromkeys(invoice_ids, 0)
    rows = Posting.objects.filter(invoice__in=wanted, account__code=AccountCode.RECEIVABLE)
    sums = rows.values("invoice").annotate(minor=Sum("amount_minor")).values_list("invoice", "minor")
    return wanted | dict(sums)


def standing(invoice: Invoice, *, owed_minor: int, on: date) -> Standing:
    """How an issued invoice stands on the utility's local day ``on``, given what is still owed."""
    if owed_minor <= 0:
        return Standing.PAID
    if invoice.due_on is not None and invoice.due_on < on:
        return Standing.OVERDUE
    return Standing.OPEN if owed_minor == invoice.total_minor else Standing.PARTLY_PAID
