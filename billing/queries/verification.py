"""Documents held against their own proofs, and their numbers against each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from django.db import connection
from django.db.models import Prefetch

from accounts.scope import current_utility_id
from billing.enums import InvoiceState
from billing.models import Invoice, InvoiceLine
from billing.queries.proofs import proof
from billing.verify_proof import faults

BATCH: Final = 500
# Numbers of one kind and year, in their order: each carries the digest of the one before.
_LINKS: Final = """
    SELECT id, number, position, position = split_part(number, '-', 2)::bigint FROM (
        SELECT id, number, previous_sha256,
            lag(sha256, 1, '') OVER series AS before, row_number() OVER series AS position
        FROM billing_invoice WHERE utility_id = %s AND state = 'issued'
        WINDOW series AS (PARTITION BY split_part(number, '-', 1) ORDER BY length(number), number)
    ) documents
    WHERE previous_sha256 <> before OR position <> split_part(number, '-', 2)::bigint
    ORDER BY id
"""


def proof_faults(invoices: Sequence[Invoice]) -> dict[int, list[str]]:
    """What is wrong with each document's proof, by its key; documents that hold are left out.

    Each document is recomputed from its own rows by `billing.verify_proof`, not by the rating that made it.
    """
    rows = Invoice.objects.filter(pk__in=[invoice.pk for invoice in invoices]).select_related("corrects")
    lines = Prefetch("lines", InvoiceLine.objects.order_by("position"))
    found = {row.pk: faults(proof(row, row.lines.all())) for row in rows.prefetch_related(lines)}
    return {invoice_id: wrong for invoice_id, wrong in found.items() if wrong}


def all_proof_faults() -> Iterator[tuple[int, dict[int, list[str]]]]:
    """As `proof_faults`, for all issued documents of the utility in scope: each batch's size and faults."""
    last = 0
    issued = Invoice.objects.filter(state=InvoiceState.ISSUED).order_by("pk").only("pk")
    while batch := list(issued.filter(pk__gt=last)[:BATCH]):
        yield len(batch), proof_faults(batch)
        last = batch[-1].pk


def broken_links() -> dict[int, str]:
    """Documents whose number or digest does not follow the one before in its series, with a sentence."""
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [current_utility_id()])
        rows = cursor.fetchall()
    return {
        invoice_id: (
            f"The document before {number} is not the one it was issued after."
            if is_at_its_place
            else f"{number} is number {position} of its series: one is missing before it."
        )
        for invoice_id, number, position, is_at_its_place in rows
    }
