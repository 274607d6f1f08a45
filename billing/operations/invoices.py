"""Issuing invoices: numbered, frozen with all they print, and posted, in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Utility
from accounts.scope import current_utility_id
from billing.enums import BILLS, InvoiceState
from billing.models import Invoice, InvoiceLine
from billing.operations.credit import balance_contracts, credit_holders, lock_contracts
from billing.operations.freezing import freeze
from billing.operations.ledger import post_entries
from billing.operations.postings import entries_of

_HOLD_TARIFFS: Final = "SELECT id FROM billing_tariffplan WHERE utility_id = %s ORDER BY id FOR SHARE"


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

    Each gets the next number of its utility, kind and year, its due day, a copy of everything printed,
    the digest of its proof, and its entry in the ledger. What is issued already comes back untouched.

    Raises:
        StaleDraftError: a tariff version a draft was rated by, or its contract, ends before its days do.
    """
    utility = Utility.objects.get(pk=current_utility_id())
    if Invoice.objects.filter(pk__in=invoice_ids, kind__in=BILLS).exists():
        hold_tariffs()
    # The customers' money next: what is paid meanwhile sees these bills, or they see it.
    lock_contracts(Invoice.objects.filter(pk__in=invoice_ids).values("contract"))
    rows = Invoice.objects.filter(pk__in=invoice_ids).select_related("contract", "household__building")
    # Always in the order of their keys, so that two clerks never wait for each other crosswise.
    invoices = list(rows.select_for_update(of=("self",)).order_by("pk"))
    drafts = [invoice for invoice in invoices if invoice.state == InvoiceState.DRAFT]
    drafts.sort(key=lambda invoice: (invoice.household.customer_number, invoice.period_start))
    if drafts:
        # A correction is made and issued at once, and takes back what its bill was rated by at the time.
        bills = [draft for draft in drafts if draft.kind in BILLS]
        _refuse_ended(bills)
        _refuse_stale(bills)
        freeze(drafts, utility=utility, at=at)
        post_documents(drafts, at=at)
    return invoices


def hold_tariffs() -> None:
    """Keep the tariffs of the utility in scope as they are until we commit; whoever else issues may too.

    Always before any contract is locked, so that runs, clerks and corrections never wait crosswise.
    """
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_TARIFFS, [current_utility_id()])


def post_documents(documents: Sequence[Invoice], *, at: datetime) -> None:
    """Bring documents that were just issued into the books, and let the customers' credit pay them."""
    post_entries(entries=entries_of(documents), at=at)
    # A document is issued once, so it names the event.
    holders = credit_holders([document.contract_id for document in documents])
    balance_contracts(contract_ids=holders, cause=f"issue:{documents[0].pk}", at=at)


def _refuse_ended(drafts: Sequence[Invoice]) -> None:
    # Somebody may have moved out meanwhile; the days after that are the next customer's.
    for draft in drafts:
        if draft.contract.period & draft.period != draft.period:
            raise StaleDraftError(
                _("The draft for %(customer)s bills days on which the contract does not hold. Bill it anew.")
                % {"customer": draft.household.customer_number}
            )


def _refuse_stale(drafts: Sequence[Invoice]) -> None:
    # A successor may have been put in force between the run and the clerk's click.
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
