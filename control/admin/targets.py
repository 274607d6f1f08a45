from __future__ import annotations

import json

from django.contrib import admin
from django.db.models import CharField, DateTimeField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin.rights import ReadOnly
from control.enums import TargetState
from control.models import OutdoorForecast, Target, TargetTransition


class TransitionInline(ReadOnly, TabularInline):
    """What became of the target."""

    model = TargetTransition
    fields = ("state", "at", "detail")
    readonly_fields = fields
    ordering = ("pk",)
    extra = 0


@admin.register(Target)
class TargetAdmin(ReadOnly, ModelAdmin):
    """What the stations were told, why, and what they answered."""

    list_display = ("issued_at", "substation", "secondary_supply_c", "cause", "state", "state_at", "reason")
    list_filter = ("cause", "substation", "issued_at")
    list_select_related = ("substation",)
    search_fields = ("command", "substation__name")
    ordering = ("-issued_at", "-pk")
    fields = (
        "substation",
        "controller",
        "command",
        "issued_at",
        "expires_at",
        "secondary_supply_c",
        "cause",
        "reason",
        "readable_terms",
    )
    readonly_fields = fields
    inlines = (TransitionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Target]:
        """With the state each has reached."""
        last = TargetTransition.objects.filter(target=OuterRef("pk")).order_by("-pk")
        targets: QuerySet[Target] = super().get_queryset(request)
        return targets.annotate(
            last_state=Subquery(last.values("state")[:1], output_field=CharField()),
            last_at=Subquery(last.values("at")[:1], output_field=DateTimeField()),
        )

    @admin.display(description=_("state"))
    def state(self, target: Target) -> str:
        """How far it came."""
        return str(TargetState(getattr(target, "last_state", "")).label)

    @admin.display(description=_("since"))
    def state_at(self, target: Target) -> object:
        """When it came there."""
        return getattr(target, "last_at", None)

    @admin.display(description=_("terms"))
    def readable_terms(self, target: Target) -> SafeString:
        """What made the setpoint, one figure a line."""
        return format_html("<pre>{}</pre>", json.dumps(target.terms, indent=1, ensure_ascii=False))


@admin.register(OutdoorForecast)
class OutdoorForecastAdmin(ReadOnly, ModelAdmin):
    """The hours to come, and where they were taken from."""

    list_display = ("valid_at", "substation", "outdoor_c", "source", "made_at")
    list_filter = ("source", "substation")
    list_select_related = ("substation",)
    ordering = ("valid_at", "substation")
