"""A document's proof, read from its rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from accounts.enums import MINOR_DIGITS, Currency
from billing.formulas import Json
from billing.models import Invoice, InvoiceLine
from billing.proofs import FORMAT, line_proof


def header(invoice: Invoice) -> Json:
    """Everything of an issued document's proof but its lines and its own digest."""
    issued_at = invoice.issued_at
    return {
        "number": invoice.number,
        "kind": invoice.kind,
        "period": [invoice.period_start.isoformat(), invoice.period_end.isoformat()],
        "issued_at": issued_at and issued_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "due_on": invoice.due_on and invoice.due_on.isoformat(),
        "currency": invoice.currency,
        "minor_digits": MINOR_DIGITS[Currency(invoice.currency)],
        "net_minor": invoice.net_minor,
        "tax_minor": invoice.tax_minor,
        "total_minor": invoice.total_minor,
        "corrects": invoice.corrects.number if invoice.corrects else None,
        "cause": invoice.cause,
        "reason": invoice.reason,
        "particulars": invoice.snapshot,
        "previous_sha256": invoice.previous_sha256,
    }


def proof(invoice: Invoice, lines: Iterable[InvoiceLine]) -> Json:
    """The whole proof of an issued document with its lines, in their order."""
    return {
        "format": FORMAT,
        **header(invoice),
        "lines": [{**proof_of_line(line), "sha256": line.sha256} for line in lines],
        "sha256": invoice.sha256,
    }


def proof_of_line(line: InvoiceLine) -> Json:
    """A line and all it was computed from: what its digest is over."""
    return line_proof(
        position=line.position,
        description=line.description,
        formula=line.formula,
        net_minor=line.net_minor,
        tax_minor=line.tax_minor,
        trace=line.trace,
    )
