"""Bills of a home and what is still open on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from billing.enums import Standing
from billing.models import Invoice
from billing.queries.balance import standing

if TYPE_CHECKING:  # the stubs are no part of a running service
    from billing.queries.invoices import Owing


@dataclass(frozen=True, slots=True)
class Bill:
    """One issued invoice as its payer sees it."""

    invoice: Invoice
    open_minor: int
    is_late: bool


@dataclass(frozen=True, slots=True)
class DuePanel:
    """The bill to pay first, which is the one due first, and how many others are open."""

    bill: Invoice | None
    open_minor: int
    is_late: bool
    others: int


def bill(invoice: Owing, *, on: date) -> Bill:
    """How ``invoice`` stands on the home's local day ``on``."""
    is_late = standing(invoice, owed_minor=invoice.owed_minor, on=on) == Standing.OVERDUE
    return Bill(invoice, max(0, invoice.owed_minor), is_late=is_late)


def bills(invoices: Iterable[Owing], *, on: date) -> list[Bill]:
    """As :func:`bill`, for each."""
    return [bill(invoice, on=on) for invoice in invoices]


def due_panel(all_bills: Sequence[Bill]) -> DuePanel:
    """What to pay now."""
    unpaid = [each for each in all_bills if each.open_minor]
    if not unpaid:
        return DuePanel(None, 0, is_late=False, others=0)
    first = min(unpaid, key=lambda each: (each.invoice.due_on or date.max, each.invoice.pk))
    return DuePanel(first.invoice, first.open_minor, is_late=first.is_late, others=len(unpaid) - 1)
