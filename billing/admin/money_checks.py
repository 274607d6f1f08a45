from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from billing.admin.read_only import ReadOnlyAdmin, ReadOnlyInline, money_text
from billing.models import MoneyCheck, MoneyFinding


class FindingInline(ReadOnlyInline):
    """What did not agree."""

    model = MoneyFinding
    fields = readonly_fields = ("kind", "subject", "ours", "theirs")

    @admin.display(description=gettext_lazy("in the ledger"))
    def ours(self, finding: MoneyFinding) -> str:
        return money_text(finding.ours_minor, finding.currency)

    @admin.display(description=gettext_lazy("there"))
    def theirs(self, finding: MoneyFinding) -> str:
        return money_text(finding.theirs_minor, finding.currency)


@admin.register(MoneyCheck)
class MoneyCheckAdmin(ReadOnlyAdmin):
    """The days on which ledger, provider and documents were compared; no findings is what is wanted."""

    list_display = ("checked_at", "payments", "documents", "found")
    ordering = ("-checked_at",)
    fields = readonly_fields = ("checked_at", "payments", "documents", "found")
    inlines = (FindingInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[MoneyCheck]:
        checks: QuerySet[MoneyCheck] = super().get_queryset(request)
        return checks.annotate(found=Count("findings"))

    @admin.display(description=gettext_lazy("findings"), ordering="found")
    def found(self, check: MoneyCheck) -> int:
        return int(getattr(check, "found", 0))
