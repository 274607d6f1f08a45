from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from billing.admin.corrections import MAY_CORRECT, address_of
from billing.admin.read_only import ReadOnlyAdmin, money_text
from billing.models import DocumentCheck, DocumentFinding


@admin.register(DocumentCheck)
class DocumentCheckAdmin(ReadOnlyAdmin):
    """The nights on which all documents were looked at."""

    list_display = ("ended_at", "bills", "proofs", "found", "due")
    ordering = ("-pk",)
    fields = ("started_at", "ended_at", "bills", "proofs", "due")
    readonly_fields = ("due",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DocumentCheck]:
        checks: QuerySet[DocumentCheck] = super().get_queryset(request)
        return checks.select_related("utility").annotate(found=Count("findings"))

    @admin.display(description=gettext_lazy("findings"))
    def found(self, check: DocumentCheck) -> int:
        return int(getattr(check, "found", 0))

    @admin.display(description=gettext_lazy("difference"))
    def due(self, check: DocumentCheck) -> str:
        return money_text(check.difference_minor, check.utility.currency)


@admin.register(DocumentFinding)
class DocumentFindingAdmin(ReadOnlyAdmin):
    """Documents that are not as they would be made today, or not as they were made."""

    list_display = ("invoice", "kind", "issued", "today", "check_run")
    list_filter = ("kind", "check_run")
    list_select_related = ("invoice", "check_run")
    search_fields = ("invoice__number", "detail")
    ordering = ("-check_run", "invoice")
    fields = ("check_run", "invoice", "kind", "issued", "today", "detail")
    readonly_fields = ("issued", "today")
    actions = ("preview_corrections",)
    actions_list = ("all_corrections",)

    def has_correct_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(MAY_CORRECT)

    @admin.action(description=gettext_lazy("Preview the corrections"), permissions=["correct"])
    def preview_corrections(self, _request: HttpRequest, findings: QuerySet[DocumentFinding]) -> HttpResponse:
        """Show the chosen findings' bills beside their replay."""
        return redirect(address_of(sorted(set(findings.values_list("invoice", flat=True)))))

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=gettext_lazy("Corrections that are due"), url_path="due", permissions=["correct"]
    )
    def all_corrections(self, _request: HttpRequest) -> HttpResponse:
        """Show all bills of the newest check that differ."""
        return redirect("admin:billing_invoice_corrections")

    @admin.display(description=gettext_lazy("issued"), ordering="before_minor")
    def issued(self, finding: DocumentFinding) -> str:
        return money_text(finding.before_minor, finding.invoice.currency)

    @admin.display(description=gettext_lazy("today"), ordering="after_minor")
    def today(self, finding: DocumentFinding) -> str:
        return money_text(finding.after_minor, finding.invoice.currency)
