"""What is left of issued bills after all their corrections, line by line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from billing.enums import BILLS, CorrectionCause, InvoiceState
from billing.models import Invoice, InvoiceLine


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """A charge on a bill or on one of its debit notes, and what was taken back of it.

    ``taken_minor`` has the charge's sign and includes tax. ``is_replaced``: a later rating put other
    lines in its place, so only the others count any more.
    """

    line: InvoiceLine
    taken_minor: int
    is_replaced: bool

    @property
    def total_minor(self) -> int:
        return self.line.net_minor + self.line.tax_minor

    @property
    def left_minor(self) -> int:
        return self.total_minor - self.taken_minor


def bills_in_force() -> QuerySet[Invoice]:
    """Issued bills of the utility in scope that were not cancelled; corrections are none of them."""
    return Invoice.objects.filter(
        state=InvoiceState.ISSUED, kind__in=BILLS, cancelled_at__isnull=True
    ).order_by("pk")


def family(bill: Invoice) -> QuerySet[Invoice]:
    """A bill and the documents that correct it, as they were issued."""
    return Invoice.objects.filter(Q(pk=bill.pk) | Q(corrects=bill), state=InvoiceState.ISSUED).order_by(
        "issued_at", "pk"
    )


def charged_lines(bill_ids: Collection[int]) -> dict[int, list[Charged]]:
    """The charges of each bill with those of its debit notes, in the order they were issued.

    Two statements for any number of bills. Lines that take back are no charges; they are summed up in
    what they take back from.
    """
    lines = InvoiceLine.objects.filter(
        Q(invoice__in=bill_ids) | Q(invoice__corrects__in=bill_ids), corrects__isnull=True
    ).filter(invoice__state=InvoiceState.ISSUED)
    charges = list(lines.select_related("invoice").order_by("invoice", "position"))
    credits_ = InvoiceLine.objects.filter(corrects__in=charges).annotate(cause=F("invoice__cause"))
    taken: dict[int, int] = defaultdict(int)
    replaced: set[int] = set()
    for credit in credits_.only("corrects_id", "net_minor", "tax_minor"):
        source_id = credit.corrects_id or 0
        taken[source_id] -= credit.net_minor + credit.tax_minor
        if credit.cause in {CorrectionCause.REPLAY, CorrectionCause.CANCELLED}:
            replaced.add(source_id)
    found: dict[int, list[Charged]] = {bill_id: [] for bill_id in bill_ids}
    for line in charges:
        found[line.invoice.corrects_id or line.invoice_id].append(
            Charged(line=line, taken_minor=taken[line.pk], is_replaced=line.pk in replaced)
        )
    return found
