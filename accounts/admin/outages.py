from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action

from accounts.models import Outage, User
from accounts.operations.outages import NewOutage, announce_outage, end_outage, expect_heat


@admin.register(Outage)
class OutageAdmin(ModelAdmin):
    """Outages: announced here, told to everybody at the place at once."""

    fields = ("substation", "building", "is_planned", "reason", "starts_at", "expected_at")
    list_display = ("__str__", "is_planned", "starts_at", "expected_at", "ended_at")
    list_filter = ("is_planned", "ended_at")
    list_select_related = ("substation", "building")
    autocomplete_fields = ("substation", "building")
    actions = ("end_these",)

    def get_readonly_fields(self, _request: HttpRequest, obj: Outage | None = None) -> tuple[str, ...]:
        """Once it was told only the expected end changes: the rest is in people's inboxes."""
        if obj is None:
            return ()
        return ("substation", "building", "is_planned", "reason", "starts_at")

    def has_delete_permission(self, _request: HttpRequest, _obj: Outage | None = None) -> bool:
        """Nobody: people were told of it; it is ended."""
        return False

    def save_model(self, request: HttpRequest, obj: Outage, form: ModelForm[Outage], change: Any) -> None:  # noqa: ANN401 - Django's signature
        """Announce it, or tell the new end."""
        now = timezone.now()
        if change:
            expect_heat(outage=obj, expected_at=form.cleaned_data["expected_at"], at=now)
            return
        by = request.user if isinstance(request.user, User) else None
        row = announce_outage(outage=NewOutage(**form.cleaned_data), by=by, at=now)
        obj.pk, obj.announced_at = row.pk, row.announced_at

    @action(description=gettext_lazy("Heat is back"), permissions=["change"])  # type: ignore[untyped-decorator] # unfold ships no types
    def end_these(self, request: HttpRequest, queryset: Any) -> None:  # noqa: ANN401 - Django's signature
        """End them; everybody at the place is told."""
        for outage in queryset:
            end_outage(outage=outage, at=timezone.now())
        self.message_user(request, _("Ended; everybody concerned is told."))
