from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from accounts.admin.rights import ReadOnly
from accounts.models import AuditEntry, User


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, ModelAdmin):
    """Who changed what, when and why; written by trigger, for administrators and auditors."""

    list_display = ("at", "who", "action", "table", "row", "columns", "reason")
    list_filter = ("action", "table", "at")
    search_fields = ("row", "reason", "table")
    ordering = ("-at", "-pk")
    fields = ("at", "who", "action", "table", "row", "reason", "values")
    readonly_fields = fields
    list_per_page = 50

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, str] | None = None) -> object:
        """With the names of those who acted, read once a page."""
        self._names = {person.pk: str(person) for person in User.objects.filter(is_staff=True)}
        return super().changelist_view(request, extra_context)

    @admin.display(description=_("by"), ordering="actor_id")
    def who(self, entry: AuditEntry) -> str:
        """Their name as far as they are known; a dash where a process did it."""
        known = getattr(self, "_names", {}).get(entry.actor_id)
        return known or str(entry.actor or "-")

    @admin.display(description=_("columns"))
    def columns(self, entry: AuditEntry) -> str:
        """Which changed."""
        return ", ".join(sorted(entry.changed))

    @admin.display(description=_("changed"))
    def values(self, entry: AuditEntry) -> SafeString:
        """Old and new, column by column."""
        rows = [(name, *pair) for name, pair in sorted(entry.changed.items())]
        return format_html_join("", "<div>{}: {} → {}</div>", rows)
