"""Invoices as those who pay them may see them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Contract, User
from accounts.queries.access import Access, homes_of
from accounts.scope import across_utilities
from billing.enums import AccountCode, InvoiceState
from billing.models import Invoice, Posting


class Owed(TypedDict):
    """What `with_owed` adds to an invoice."""

    owed_minor: int


if TYPE_CHECKING:  # the stubs are no part of a running service
    from django_stubs_ext import WithAnnotations

    Owing = WithAnnotations[Invoice, Owed]


def invoices_of(access: Access) -> QuerySet[Invoice]:
    """Issued invoices of a home that concern this person.

    A bill of a contract that ended before the person came is the former customer's affair.
    """
    concerns = Q(contract__ends_on__isnull=True) | Q(contract__ends_on__gt=access.since)
    return Invoice.objects.filter(concerns, household=access.household, state=InvoiceState.ISSUED)


def contract_of(access: Access, *, on: date) -> Contract | None:
    """The home's contract on a local day, where it concerns this person."""
    rows = Contract.objects.filter(household=access.household, starts_on__lte=on).select_related("utility")
    return rows.filter(Q(ends_on__isnull=True) | Q(ends_on__gt=on)).first()


def invoice_of(user: User, invoice_id: int, *, at: datetime) -> tuple[Access, Invoice] | None:
    """An issued invoice of one of the person's homes, and the way to it; None where it is not theirs."""
    homes = {access.household.pk: access for access in homes_of(user, at=at)}
    with across_utilities("an invoice of a person's own home"):
        rows = Invoice.objects.filter(pk=invoice_id, state=InvoiceState.ISSUED, household__in=homes)
        invoice = rows.select_related("contract").first()
    if invoice is None:
        return None
    access = homes[invoice.household_id]
    return (access, invoice) if _concerns(access, invoice) else None


def _concerns(access: Access, invoice: Invoice) -> bool:
    ends_on = invoice.contract.ends_on
    return ends_on is None or ends_on > access.since


def with_owed(invoices: QuerySet[Invoice]) -> QuerySet[Owing]:
    """The same invoices, each with ``owed_minor`` from the ledger."""
    # A subquery and no join: the page's own ordering and cursor stay on the invoices' index.
    postings = Posting.objects.filter(invoice=OuterRef("pk"), account__code=AccountCode.RECEIVABLE)
    owed = postings.order_by().values("invoice").annotate(minor=Sum("amount_minor")).values("minor")
    return invoices.annotate(owed_minor=Coalesce(Subquery(owed), 0))


def overdue(*, on: date) -> QuerySet[Owing]:
    """Issued invoices with something owed whose due day is before ``on``, longest overdue first."""
    late = Invoice.objects.filter(state=InvoiceState.ISSUED, due_on__lt=on)
    return with_owed(late).filter(owed_minor__gt=0).order_by(F("due_on").asc(), "pk")
