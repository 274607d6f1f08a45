from __future__ import annotations

import json
from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.admin.read_only import ReadOnlyAdmin, ReadOnlyInline, money_text
from billing.models import Invoice, InvoiceLine
from billing.operations.invoices import StaleDraftError, issue_invoices
from billing.queries.invoices import with_owed
from billing.queries.statement import statement

if TYPE_CHECKING:
    from billing.queries.invoices import Owing


class LineInline(ReadOnlyInline):
    """An invoice's lines, and how each was computed."""

    model = InvoiceLine
    fields = ("position", "description", "formula", "net", "tax", "quality", "computed_from")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[InvoiceLine]:
        lines: QuerySet[InvoiceLine] = super().get_queryset(request)
        return lines.select_related("invoice")

    @admin.display(description=gettext_lazy("net"))
    def net(self, line: InvoiceLine) -> str:
        return money_text(line.net_minor, line.invoice.currency)

    @admin.display(description=gettext_lazy("tax"))
    def tax(self, line: InvoiceLine) -> str:
        return money_text(line.tax_minor, line.invoice.currency)

    @admin.display(description=gettext_lazy("computed from"))
    def computed_from(self, line: InvoiceLine) -> SafeString:
        trace = json.dumps(line.trace, indent=2, ensure_ascii=False)
        return format_html("<details><summary>{}</summary><pre>{}</pre></details>", _("Trace"), trace)


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    """Bills as they were drawn up and issued, and what is still owed on them."""

    list_display = ("__str__", "household", "contract", "period_start", "state", "due_on", "total", "owed")
    list_filter = ("state", "kind", "period_start", "due_on")
    list_select_related = ("household__building", "contract__household__building")
    search_fields = ("number", "household__customer_number", "contract__customer_name")
    ordering = ("-pk",)
    date_hierarchy = "period_start"
    fields = (
        ("number", "state", "kind"),
        ("household", "contract"),
        ("period_start", "period_end"),
        ("issued_at", "due_on"),
        ("net", "tax", "total", "owed"),
        "account",
        "printed",
    )
    readonly_fields = ("net", "tax", "total", "owed", "account", "printed")
    inlines = (LineInline,)
    actions = ("issue_drafts",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Owing]:
        return with_owed(super().get_queryset(request))

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_invoice")

    @admin.action(description=gettext_lazy("Issue the selected drafts"), permissions=["issue"])
    def issue_drafts(self, request: HttpRequest, invoices: QuerySet[Invoice]) -> None:
        """Number, freeze and post the chosen drafts; what is issued already stays as it is."""
        invoice_ids = list(invoices.values_list("pk", flat=True))
        try:
            issued = issue_invoices(invoice_ids=invoice_ids, at=timezone.now())
        except StaleDraftError as error:
            self.message_user(request, str(error), messages.ERROR)
            return
        text = ngettext("%(count)s invoice is issued.", "%(count)s invoices are issued.", len(issued))
        self.message_user(request, text % {"count": len(issued)}, messages.SUCCESS)

    @admin.display(description=gettext_lazy("net"))
    def net(self, invoice: Invoice) -> str:
        return money_text(invoice.net_minor, invoice.currency)

    @admin.display(description=gettext_lazy("tax"))
    def tax(self, invoice: Invoice) -> str:
        return money_text(invoice.tax_minor, invoice.currency)

    @admin.display(description=gettext_lazy("total"), ordering="total_minor")
    def total(self, invoice: Invoice) -> str:
        return money_text(invoice.total_minor, invoice.currency)

    @admin.display(description=gettext_lazy("still owed"), ordering="owed_minor")
    def owed(self, invoice: Owing) -> str:
        return money_text(invoice.owed_minor, invoice.currency)

    @admin.display(description=gettext_lazy("customer's account"))
    def account(self, invoice: Invoice) -> SafeString:
        """Every movement on the contract, with the balance after it."""
        rows = [
            (
                invoice.utility.local_date(movement.at),
                movement.kind.label,
                movement.memo,
                money_text(movement.amount_minor, movement.currency),
                money_text(movement.balance_minor, movement.currency),
            )
            for movement in statement([invoice.contract_id])
        ]
        body = format_html_join("", f"<tr>{'<td>{}</td>' * 5}</tr>", rows)
        return format_html("<table>{}</table>", body)

    @admin.display(description=gettext_lazy("printed particulars"))
    def printed(self, invoice: Invoice) -> SafeString:
        """Seller, customer, home and tariff text as on the day of issue."""
        return format_html("<pre>{}</pre>", json.dumps(invoice.snapshot, indent=2, ensure_ascii=False))
