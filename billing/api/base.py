"""The one way a request reaches an invoice: through the person's home."""

from __future__ import annotations

from datetime import datetime

from accounts.api.base import HouseholdView
from accounts.models import User
from accounts.queries.access import Access
from billing.models import Invoice
from billing.queries.invoices import invoice_of


class InvoiceView(HouseholdView):
    """A view about one issued invoice, ``invoice_id`` in its address.

    Inside it `self.invoice` and `self.access` are set and the home's utility is in scope. Drafts and
    the invoices of others answer 404; a caretaker is refused.
    """

    needs_money = True
    invoice: Invoice

    def find_access(self, user: User, *, at: datetime) -> Access | None:
        """The way to the invoice's home."""
        found = invoice_of(user, self.kwargs["invoice_id"], at=at)
        if found is None:
            return None
        access, self.invoice = found
        return access
