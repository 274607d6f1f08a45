"""What is owed: sums over the ledger, never a stored state."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, TypedDict

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from billing.enums import AccountCode, Standing
from billing.models import Invoice, LedgerAccount, Posting


class Balance(TypedDict):
    """What `with_balance` adds to an account."""

    balance_minor: int


if TYPE_CHECKING:  # the stubs are no part of a running service
    from django_stubs_ext import WithAnnotations

    Balanced = WithAnnotations[LedgerAccount, Balance]


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
    # A bill of nothing, and one paid too much, are paid.
    if owed_minor <= 0:
        return Standing.PAID
    if invoice.due_on is not None and invoice.due_on < on:
        return Standing.OVERDUE
    return Standing.OPEN if owed_minor == invoice.total_minor else Standing.PARTLY_PAID


def with_balance(accounts: QuerySet[LedgerAccount]) -> QuerySet[Balanced]:
    """The same accounts, each with ``balance_minor``: debit positive, credit negative."""
    return accounts.annotate(balance_minor=Coalesce(Sum("postings__amount_minor"), 0))
