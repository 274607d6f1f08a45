"""Invoices as those who pay them may see them."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.queries.access import Access, homes_of
from accounts.scope import across_utilities
from billing.enums import AccountCode, InvoiceState
from billing.models import Invoice, Posting


def invoices_of(access: Access) -> QuerySet[Invoice]:
    """Issued invoices of a home that concern this person.

    A bill of a contract that ended before the person came is the former customer's affair.
    """
    concerns = Q(contract__ends_on__isnull=True) | Q(contract__ends_on__gt=access.since)
    return Invoice.objects.filter(concerns, household=access.household, state=InvoiceState.ISSUED)


def invoice_of(user: User, invoice_id: int, *, at: datetime) -> tuple[Access, Invoice] | None:
    """An issued invoice of one of the person's homes and the way to it; None where it is not theirs to know."""
    homes = {access.household.pk: access for access in homes_of(user, at=at)}
    with across_utilities("an invoice of a person's own home"):
        household_id = (
            Invoice.objects.filter(pk=invoice_id, household__in=homes)
            .values_list("household", flat=True)
            .first()
        )
        access = homes.get(household_id or 0)
        invoice = access and invoices_of(access).filter(pk=invoice_id).first()
    return None if access is None or invoice is None else (access, invoice)


def with_owed(invoices: QuerySet[Invoice]) -> QuerySet[Invoice]:
    """The same invoices, each with ``owed_minor`` from the ledger."""
    postings = Posting.objects.filter(invoice=OuterRef("pk"), account__code=AccountCode.RECEIVABLE)
    owed = postings.order_by().values("invoice").annotate(minor=Sum("amount_minor")).values("minor")
    return invoices.annotate(owed_minor=Coalesce(Subquery(owed), 0))


def overdue(*, on: date) -> QuerySet[Invoice]:
    """Issued invoices with something owed whose due day is before ``on``, longest overdue first."""
    late = Invoice.objects.filter(state=InvoiceState.ISSUED, due_on__lt=on)
    return with_owed(late).filter(owed_minor__gt=0).order_by(F("due_on").asc(), "pk")
