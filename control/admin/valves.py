from __future__ import annotations

import json

from django.contrib import admin, messages
from django.db.models import CharField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin.rights import ReadOnly
from control.enums import Mode, TargetState
from control.models import ValveControl, ValveTarget, ValveTransition
from control.operations.balancing import set_valve_mode


@admin.register(ValveControl)
class ValveControlAdmin(ModelAdmin):
    """The valves before buildings and flats. The mode changes through the actions, the rest on the page."""

    list_display = ("__str__", "mode", "position_pct", "least_pct", "most_pct", "balanced_at")
    list_filter = ("mode",)
    list_select_related = ("building", "household__building")
    search_fields = ("building__name", "household__customer_number")
    autocomplete_fields = ("building", "household")
    readonly_fields = ("mode", "balanced_at")
    actions = ("activate", "watch", "hold")

    @admin.action(description=_("Steer: send every target"), permissions=["change"])
    def activate(self, request: HttpRequest, valves: QuerySet[ValveControl]) -> None:
        """Let the balancing send."""
        self._set(request, valves, Mode.ACTIVE)

    @admin.action(description=_("Watch: decide, but send nothing"), permissions=["change"])
    def watch(self, request: HttpRequest, valves: QuerySet[ValveControl]) -> None:
        """Let the balancing decide only."""
        self._set(request, valves, Mode.SHADOW)

    @admin.action(description=_("Hold: leave the valve where it is"), permissions=["change"])
    def hold(self, request: HttpRequest, valves: QuerySet[ValveControl]) -> None:
        """Neither decide nor send."""
        self._set(request, valves, Mode.HOLD)

    def _set(self, request: HttpRequest, valves: QuerySet[ValveControl], mode: Mode) -> None:
        changed = set_valve_mode(valves=list(valves), mode=mode)
        words = ngettext("%(count)d valve: %(mode)s.", "%(count)d valves: %(mode)s.", changed)
        messages.success(request, words % {"count": changed, "mode": mode.label})


class TransitionInline(ReadOnly, TabularInline):
    """What became of the target."""

    model = ValveTransition
    fields = ("state", "at", "detail")
    readonly_fields = fields
    ordering = ("pk",)
    extra = 0


@admin.register(ValveTarget)
class ValveTargetAdmin(ReadOnly, ModelAdmin):
    """What the valves were told, why, and what they answered."""

    list_display = ("issued_at", "valve", "valve_pct", "cause", "state", "reason")
    list_filter = ("cause", "issued_at")
    list_select_related = ("valve__building", "valve__household__building")
    search_fields = ("command", "valve__building__name")
    ordering = ("-issued_at", "-pk")
    fields = (
        "valve",
        "controller",
        "command",
        "issued_at",
        "expires_at",
        "valve_pct",
        "cause",
        "reason",
        "readable_terms",
    )
    readonly_fields = fields
    inlines = (TransitionInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ValveTarget]:
        """With the state each has reached."""
        last = ValveTransition.objects.filter(target=OuterRef("pk")).order_by("-pk")
        targets: QuerySet[ValveTarget] = super().get_queryset(request)
        return targets.annotate(
            last_state=Subquery(last.values("state")[:1], output_field=CharField()),
        )

    @admin.display(description=_("state"))
    def state(self, target: ValveTarget) -> str:
        """How far it came."""
        return str(TargetState(getattr(target, "last_state", "")).label)

    @admin.display(description=_("terms"))
    def readable_terms(self, target: ValveTarget) -> SafeString:
        """What made the position, one figure a line."""
        return format_html("<pre>{}</pre>", json.dumps(target.terms, indent=1, ensure_ascii=False))
