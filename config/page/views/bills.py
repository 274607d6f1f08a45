"""A bill, how it adds up, and paying it on the provider's own page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts.queries.claims import claim_code
from billing.operations.explanations import NotExplainedError, explain
from billing.queries.dunning import instalments_of, payment_rules
from billing.queries.invoices import invoices_of, with_owed
from billing.queries.receipts import receipts_of
from billing.references import payment_reference
from config.page.panels.bills import bill
from config.page.panels.explained import explained_panel
from config.page.views.base import HomeView

if TYPE_CHECKING:  # the stubs are no part of a running service
    from billing.queries.invoices import Owing


class BillView(HomeView):
    """A view about one bill of the home, ``invoice_id`` in its address."""

    needs_money = True

    def invoice(self, invoice_id: int) -> Owing:
        """The bill, if it concerns this person.

        Raises:
            Http404: it does not, or there is none.
        """
        found = with_owed(invoices_of(self.access)).filter(pk=invoice_id).first()
        if found is None:
            raise Http404(_("This bill is not one of yours."))
        return found


class BillPage(BillView):
    """One bill with its lines, each with the formula that made it."""

    may_be_looked_at = True

    def get(self, _request: HttpRequest, invoice_id: int) -> HttpResponse:
        """Show it."""
        return self.show(invoice_id)

    def show(self, invoice_id: int, *, status: int = 200, fault: str = "") -> HttpResponse:
        """The bill, with what went wrong beside the button it went wrong at."""
        invoice = self.invoice(invoice_id)
        shown = bill(invoice, on=self.access.utility.local_date(self.now))
        return self.page(
            "page/bill.html",
            status=status,
            bill=invoice,
            lines=invoice.lines.order_by("position"),
            open_minor=shown.open_minor,
            is_late=shown.is_late,
            fault=fault,
            reference=payment_reference(invoice.number or ""),
            receipts=receipts_of(invoice),
            instalments=instalments_of(invoice.pk),
            plan_most=payment_rules().plan_instalments_resident if shown.is_late else 0,
            claim_code=self._claim_code(invoice),
        )

    def _claim_code(self, invoice: Owing) -> str:
        """What lets the family in; it ends with the contract. No clerk reads it over a shoulder."""
        runs = self.access.utility.local_date(self.now) in invoice.contract.period
        return claim_code(invoice.contract_id) if runs and self.look is None else ""


class ExplainedPage(BillView):
    """Why a bill is another than the one of the year before."""

    may_be_looked_at = True

    def get(self, _request: HttpRequest, invoice_id: int) -> HttpResponse:
        """Show it, or say why there is nothing to compare with."""
        invoice = self.invoice(invoice_id)
        try:
            explanation = explain(invoice)
        except NotExplainedError as error:
            return self.page("page/explained.html", bill=invoice, fault=str(error))
        return self.page(
            "page/explained.html",
            bill=invoice,
            explanation=explanation,
            panel=explained_panel(explanation),
        )
