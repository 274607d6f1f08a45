from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from unfold.decorators import action

from accounts.models import User
from billing.admin.corrections import MAY_CORRECT, address_of, corrections_page
from billing.admin.crediting import CreditForm, ReasonForm
from billing.admin.read_only import ReadOnlyAdmin, ReadOnlyInline, money_text
from billing.documents.einvoice import NoEInvoiceError, einvoice_of
from billing.documents.pdf import PdfUnavailableError, pdf_of
from billing.enums import CorrectionCause
from billing.models import Invoice, InvoiceLine
from billing.operations.corrections import CannotCorrectError, Ground, cancel_invoice, credit_lines
from billing.operations.invoices import StaleDraftError, issue_invoices
from billing.queries.corrections import bills_in_force, family
from billing.queries.invoices import with_owed
from billing.queries.proofs import proof
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

    list_display = (
        "__str__",
        "kind",
        "household",
        "contract",
        "period_start",
        "state",
        "due_on",
        "total",
        "owed",
    )
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
        ("corrects", "cause", "reason", "actor"),
        "corrections",
        "cancelled_at",
        "account",
        ("sha256", "previous_sha256"),
        "printed",
    )
    readonly_fields = ("net", "tax", "total", "owed", "corrections", "account", "printed")
    inlines = (LineInline,)
    actions = ("issue_drafts", "preview_corrections")
    # What changes something asks back; the others only show.
    actions_detail = ("correct", "credit", "cancel", "download_pdf", "download_einvoice", "download_proof")

    def get_urls(self) -> list[URLPattern]:
        """The page of corrections beside the model's own."""
        own = path(
            "corrections/", self.admin_site.admin_view(corrections_page), name="billing_invoice_corrections"
        )
        return [own, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Owing]:
        return with_owed(super().get_queryset(request))

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.change_invoice")

    def has_correct_permission(self, request: HttpRequest, _object_id: object = None) -> bool:
        return request.user.has_perm(MAY_CORRECT)

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Only what is in force is corrected; only what is issued has a proof."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        if bills_in_force().filter(pk=object_id).exists():
            return offered
        is_issued = Invoice.objects.filter(pk=object_id, number__isnull=False).exists()
        return [each for each in offered if is_issued and "download" in each.action_name]

    @admin.action(description=gettext_lazy("Preview corrections"), permissions=["correct"])
    def preview_corrections(self, _request: HttpRequest, invoices: QuerySet[Invoice]) -> HttpResponse:
        """Show the chosen bills beside what they would be today."""
        return redirect(address_of(sorted(invoices.values_list("pk", flat=True))))

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Rate anew"), url_path="correct", permissions=["correct"]
    )
    def correct(self, _request: HttpRequest, object_id: int) -> HttpResponse:
        """Show this bill beside what it would be today."""
        return redirect(address_of([object_id]))

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Credit lines"),
        url_path="credit",
        permissions=["correct"],
        dialog={"title": gettext_lazy("Credit lines"), "form_class": CreditForm},
    )
    def credit(self, request: HttpRequest, form: CreditForm, object_id: int) -> HttpResponse:
        """Take back what was agreed with the customer."""
        bill = get_object_or_404(self.get_queryset(request), pk=object_id)
        ground = Ground(
            cause=CorrectionCause.AGREED, reason=form.cleaned_data["reason"], actor=_person(request)
        )
        try:
            note = credit_lines(bill=bill, parts=form.cleaned_data["parts"], ground=ground, at=timezone.now())
        except CannotCorrectError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Credit note %(number)s is issued.") % {"number": note.number})
        return _back_to(object_id)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Cancel the bill"),
        url_path="cancel",
        permissions=["correct"],
        dialog={"title": gettext_lazy("Cancel the bill"), "form_class": ReasonForm},
    )
    def cancel(self, request: HttpRequest, form: ReasonForm, object_id: int) -> HttpResponse:
        """Credit all that is left, and free the days."""
        bill = get_object_or_404(self.get_queryset(request), pk=object_id)
        try:
            cancel_invoice(
                bill=bill, reason=form.cleaned_data["reason"], actor=_person(request), at=timezone.now()
            )
        except CannotCorrectError as error:
            messages.error(request, str(error))
        else:
            messages.success(
                request, _("%(number)s is cancelled; its days can be billed again.") % {"number": bill.number}
            )
        return _back_to(object_id)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("PDF"), url_path="pdf", permissions=["view"]
    )
    def download_pdf(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The document as the customer has it, in the clerk's language."""
        invoice = get_object_or_404(self.get_queryset(request), pk=object_id, number__isnull=False)
        try:
            pdf = pdf_of(invoice=invoice, language=get_language() or "en", at=timezone.now())
        except PdfUnavailableError as error:
            messages.error(request, str(error))
            return redirect("admin:billing_invoice_change", object_id)
        return _file(pdf, "application/pdf", f"{invoice.number}.pdf")

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("E-invoice (XML)"), url_path="einvoice", permissions=["view"]
    )
    def download_einvoice(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The document of EN 16931."""
        invoice = get_object_or_404(self.get_queryset(request), pk=object_id, number__isnull=False)
        try:
            xml = einvoice_of(invoice)
        except NoEInvoiceError as error:
            messages.error(request, str(error))
            return redirect("admin:billing_invoice_change", object_id)
        return _file(xml, "application/xml", f"{invoice.number}.xml")

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Proof (JSON)"), url_path="proof", permissions=["view"]
    )
    def download_proof(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """All that the document was computed from, as a file."""
        invoice = get_object_or_404(self.get_queryset(request), pk=object_id, number__isnull=False)
        text = json.dumps(proof(invoice, invoice.lines.order_by("position")), ensure_ascii=False, indent=1)
        return _file(text.encode(), "application/json", f"{invoice.number}.json")

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

    @admin.display(description=gettext_lazy("documents that correct it"))
    def corrections(self, invoice: Invoice) -> SafeString:
        """Its credit and debit notes with their reasons, each a link."""
        rows = [
            (
                reverse("admin:billing_invoice_change", args=[document.pk]),
                document.number,
                money_text(document.total_minor, document.currency),
                document.reason,
            )
            for document in family(invoice)
            if document.pk != invoice.pk
        ]
        if not rows:
            return format_html("{}", _("None."))
        return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a> {}: {}', rows)

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


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _back_to(object_id: int) -> HttpResponse:
    return HttpResponse(headers={"HX-Redirect": reverse("admin:billing_invoice_change", args=[object_id])})


def _file(content: bytes, media_type: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=media_type, headers=headers)
