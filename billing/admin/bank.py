from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from accounts.admin.rights import person
from billing.admin.read_only import ReadOnlyAdmin, money_text
from billing.enums import BankLineState, InvoiceState
from billing.models import BankLine, BankMatch, Invoice
from billing.operations.bank import BankMatchError, import_statement, match_line, undo_match
from billing.payments.bank_files import UnreadableStatementError
from billing.queries.bank import suggestions_for
from billing.queries.invoices import with_owed

# What a clerk can take in; a bill that is not among them is found by its number.
SHOWN = 8


class ImportForm(forms.Form):
    """A bank's file."""

    file = forms.FileField(label=gettext_lazy("CAMT.053 or CSV file"))
    dry_run = forms.BooleanField(label=gettext_lazy("Only try, keep nothing"), required=False)


@admin.register(BankLine)
class BankLineAdmin(ReadOnlyAdmin):
    """Money that came in by bank transfer: most finds its bill by itself, the rest waits here."""

    list_display = ("booked_on", "amount", "payer_name", "reference", "state", "bill")
    list_filter = ("state", "booked_on")
    search_fields = ("payer_name", "payer_account", "reference", "line_id", "matches__invoice__number")
    ordering = ("-booked_on", "-pk")
    date_hierarchy = "booked_on"
    actions_list = ("import_file",)
    change_form_template = "admin/billing/bankline/match.html"
    fields = readonly_fields = (
        "booked_on",
        "amount",
        "payer_name",
        "payer_account",
        "reference",
        "line_id",
        "statement",
        "state",
        "bill",
    )

    def get_urls(self) -> list[URLPattern]:
        """And the pages that import, match and undo."""
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_page), name="billing_bank_import"),
            path("<int:line_id>/match/", view(self.match), name="billing_bank_match"),
            path("<int:line_id>/undo/", view(self.undo), name="billing_bank_undo"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankLine]:
        lines: QuerySet[BankLine] = super().get_queryset(request)
        return lines.prefetch_related("matches__invoice")

    def has_match_permission(self, request: HttpRequest) -> bool:
        """Whoever may work in billing."""
        return request.user.has_perm("billing.change_bankline")

    @admin.display(description=gettext_lazy("amount"), ordering="amount_minor")
    def amount(self, line: BankLine) -> str:
        """The amount as people write it."""
        return money_text(line.amount_minor, line.currency)

    @admin.display(description=gettext_lazy("bill"))
    def bill(self, line: BankLine) -> str:
        """What it pays, as it is matched now."""
        standing = [match for match in line.matches.all() if match.undone_at is None]
        return str(standing[0].invoice) if standing else "-"

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Import a statement"), url_path="import-statement"
    )
    def import_file(self, _request: HttpRequest) -> HttpResponse:
        """The way to the page that imports."""
        return HttpResponseRedirect(reverse("admin:billing_bank_import"))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: object = None
    ) -> HttpResponse:
        """The line, with the bills it may pay."""
        del extra_context  # nobody passes one
        line = get_object_or_404(BankLine, pk=object_id)
        found = suggestions_for([line])[line.pk][:SHOWN] if line.state == BankLineState.OPEN else []
        bills = with_owed(Invoice.objects.all()).select_related("household", "contract")
        rows = bills.in_bulk([each.invoice_id for each in found])
        context = {
            "line": line,
            "may_match": self.has_match_permission(request),
            "suggestions": [
                (each, rows[each.invoice_id], self._owed(rows[each.invoice_id])) for each in found
            ],
        }
        page: HttpResponse = super().change_view(request, object_id, form_url, extra_context=context)
        return page

    def import_page(self, request: HttpRequest) -> HttpResponse:
        """Take a file over, or only try; every row that cannot be read is named with its reason."""
        form = ImportForm(request.POST or None, request.FILES or None)
        result = None
        if request.method == "POST" and not self.has_match_permission(request):
            self.message_user(request, _("Your role imports no statements."), messages.ERROR)
        elif request.method == "POST" and form.is_valid():
            file: UploadedFile[bytes] = form.cleaned_data["file"]
            try:
                result = import_statement(
                    content=file.read(),
                    file_name=file.name or "",
                    by=person(request),
                    at=timezone.now(),
                    dry_run=form.cleaned_data["dry_run"],
                )
            except UnreadableStatementError as error:
                form.add_error("file", str(error))
        context = {**self.admin_site.each_context(request), "form": form, "result": result}
        context |= {"title": _("Import a statement"), "opts": self.model._meta}
        return render(request, "admin/billing/bankline/import.html", context)

    def match(self, request: HttpRequest, line_id: int) -> HttpResponse:
        """Match the line with the bill chosen, by key or by number."""
        line = get_object_or_404(BankLine, pk=line_id)
        issued = Invoice.objects.filter(state=InvoiceState.ISSUED)
        number = request.POST.get("number", "").strip()
        invoice = issued.filter(number=number).first() if number else None
        if request.method != "POST" or not self.has_match_permission(request):
            return self._back(request, line, _("Your role matches no payments."), messages.ERROR)
        if invoice is None:
            return self._back(request, line, _("No issued bill has this number."), messages.ERROR)
        try:
            match_line(line=line, invoice=invoice, by=person(request), at=timezone.now())
        except BankMatchError as error:
            return self._back(request, line, str(error), messages.ERROR)
        text = _("The payment is matched with bill %(number)s.") % {"number": invoice.number}
        return self._back(request, line, text, messages.SUCCESS)

    def undo(self, request: HttpRequest, line_id: int) -> HttpResponse:
        """Take the match back."""
        line = get_object_or_404(BankLine, pk=line_id)
        match = BankMatch.objects.select_related("invoice").filter(line=line, undone_at__isnull=True).first()
        if request.method != "POST" or not self.has_match_permission(request) or match is None:
            return self._back(request, line, _("There is no match to undo."), messages.ERROR)
        undo_match(match=match, by=person(request), at=timezone.now())
        return self._back(request, line, _("The match is undone; the payment waits again."), messages.SUCCESS)

    def _owed(self, invoice: Invoice) -> str:
        return money_text(invoice.owed_minor, invoice.currency)  # type: ignore[attr-defined]  # annotated

    def _back(self, request: HttpRequest, line: BankLine, text: str, level: int) -> HttpResponse:
        self.message_user(request, text, level)
        return HttpResponseRedirect(reverse("admin:billing_bankline_change", args=[line.pk]))
