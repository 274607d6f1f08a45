"""Credit and debit notes: what takes back issued lines, addresses them, and may put others in their place."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import MINOR_DIGITS, Currency
from accounts.models import User
from billing.enums import BILLS, CorrectionCause, InvoiceKind, InvoiceState
from billing.models import Invoice, InvoiceLine
from billing.operations.credit import lock_contracts
from billing.operations.invoices import issue_invoices
from billing.proofs import digest
from billing.queries.corrections import Charged, charged_lines
from billing.queries.proofs import proof_of_line
from billing.rating.credits import Credit, Credited, CreditTooLargeError
from billing.rating.trace import to_json


class CannotCorrectError(ValueError):
    """A document cannot be corrected as asked; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Why a document is corrected, in whose words, and by whom; nobody for the command line."""

    cause: CorrectionCause
    reason: str
    actor: User | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one correction does to a bill: parts of charges taken back, and new lines in their place.

    ``taken`` are charges with the minor units to take back of each, tax included, in the charge's sign;
    ``added`` are rows without an invoice yet.
    """

    bill: Invoice
    taken: Sequence[tuple[Charged, int]]
    added: Sequence[InvoiceLine] = ()


@transaction.atomic
def credit_lines(*, bill: Invoice, parts: Mapping[int, int], ground: Ground, at: datetime) -> Invoice:
    """Take back ``parts`` of a bill's charges, by line, in minor units with tax; the credit note.

    Any split in any order gives exactly the bill: what a part is before tax follows from all parts so far.

    Raises:
        CannotCorrectError: no such line, nothing to take back, more than is left, or no reason is given.
    """
    bill = lock_bills([bill.pk])[0]
    charges = {charge.line.pk: charge for charge in charged_lines([bill.pk])[bill.pk]}
    if not parts or not parts.keys() <= charges.keys():
        raise CannotCorrectError(_("Choose lines of %(bill)s to credit.") % {"bill": bill.number})
    taken = [(charges[line_id], minor) for line_id, minor in sorted(parts.items())]
    return issue_changes(changes=[Change(bill=bill, taken=taken)], ground=ground, at=at)[0]


@transaction.atomic
def cancel_invoice(*, bill: Invoice, reason: str, actor: User | None, at: datetime) -> Invoice:
    """Take back all that is left of a bill, and free its days to be billed again; the bill.

    Raises:
        CannotCorrectError: it was cancelled before, settles a season, or no reason is given.
    """
    bill = lock_bills([bill.pk])[0]
    if bill.kind == InvoiceKind.SETTLEMENT:
        raise CannotCorrectError(_("A season's settlement is corrected, not cancelled."))
    left = [(charge, charge.left_minor) for charge in charged_lines([bill.pk])[bill.pk] if charge.left_minor]
    ground = Ground(cause=CorrectionCause.CANCELLED, reason=reason, actor=actor)
    if left:
        issue_changes(changes=[Change(bill=bill, taken=left)], ground=ground, at=at)
    Invoice.objects.filter(pk=bill.pk).update(cancelled_at=at)
    bill.cancelled_at = at
    return bill


def issue_changes(*, changes: Sequence[Change], ground: Ground, at: datetime) -> list[Invoice]:
    """One document a change, numbered and posted in the order given; all or none.

    A document above zero is a debit note and is due like a bill; one below is a credit note. Needs a
    transaction in which the bills are locked.

    Raises:
        CannotCorrectError: a change is empty, takes back more than is left, or no reason is given.
    """
    if not ground.reason.strip():
        raise CannotCorrectError(_("A correction needs its reason."))
    documents = [_document(change, ground, at) for change in changes]
    Invoice.objects.bulk_create(document for document, _rows in documents)
    InvoiceLine.objects.bulk_create(row for _document_, rows in documents for row in rows)
    issue_invoices(invoice_ids=[document.pk for document, _rows in documents], at=at)
    issued = Invoice.objects.in_bulk([document.pk for document, _rows in documents])
    return [issued[document.pk] for document, _rows in documents]


def lock_bills(bill_ids: Collection[int]) -> list[Invoice]:
    """Bills of the utility in scope, locked in the order of their keys.

    Raises:
        CannotCorrectError: one of them is no issued bill in force.
    """
    # Before the bills themselves: a credit note may put money on the customer's credit.
    lock_contracts(Invoice.objects.filter(pk__in=bill_ids).values("contract"))
    rows = Invoice.objects.filter(pk__in=bill_ids).select_related("contract").order_by("pk")
    bills = list(rows.select_for_update(of=("self",), no_key=True))
    for bill in bills:
        if bill.state != InvoiceState.ISSUED or bill.kind not in BILLS or bill.cancelled_at is not None:
            raise CannotCorrectError(
                _("%(bill)s is no issued bill in force, so there is nothing to correct.") % {"bill": bill}
            )
    return bills


def _document(change: Change, ground: Ground, at: datetime) -> tuple[Invoice, list[InvoiceLine]]:
    bill = change.bill
    rows = [_credit_row(charge, minor, bill.currency) for charge, minor in change.taken]
    rows += change.added
    if not rows:
        raise CannotCorrectError(_("Nothing is left of %(bill)s to correct.") % {"bill": bill.number})
    net_minor, tax_minor = sum(row.net_minor for row in rows), sum(row.tax_minor for row in rows)
    total_minor = net_minor + tax_minor
    document = Invoice(
        contract_id=bill.contract_id,
        household_id=bill.household_id,
        kind=InvoiceKind.CREDIT if total_minor < 0 else InvoiceKind.DEBIT,
        period_start=bill.period_start,
        period_end=bill.period_end,
        drafted_at=at,
        currency=bill.currency,
        net_minor=net_minor,
        tax_minor=tax_minor,
        total_minor=total_minor,
        corrects=bill,
        cause=ground.cause,
        reason=ground.reason.strip(),
        actor=ground.actor,
    )
    for position, row in enumerate(rows, start=1):
        row.invoice, row.position = document, position
        row.sha256 = digest(proof_of_line(row))
    return document, rows


def _credit_row(charge: Charged, minor: int, currency: str) -> InvoiceLine:
    source = charge.line
    try:
        credit = Credit(
            line=Credited(
                number=source.invoice.number or "",
                position=source.position,
                net_minor=source.net_minor,
                tax_minor=source.tax_minor,
            ),
            before_minor=charge.taken_minor,
            minor=minor,
            currency=currency,
            minor_digits=MINOR_DIGITS[Currency(currency)],
        )
    except CreditTooLargeError as error:
        raise CannotCorrectError(str(error)) from error
    share = Decimal(minor) / Decimal(charge.total_minor)
    return InvoiceLine(
        component_id=source.component_id,
        kind=source.kind,
        description=source.description,
        period_start=source.period_start,
        period_end=source.period_end,
        quantity=-round(source.quantity * share, 8),
        unit=source.unit,
        unit_price=source.unit_price,
        rounding=source.rounding,
        net_minor=credit.net_minor,
        tax_rate=source.tax_rate,
        tax_minor=credit.tax_minor,
        quality=source.quality,
        formula=credit.formula,
        trace=to_json(credit),
        corrects=source,
    )
