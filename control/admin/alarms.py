from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts.admin.rights import ReadOnly, WorkedOff, person
from control.alarm_words import sentence
from control.alarms.rules import RULES
from control.enums import AlarmKind, Severity
from control.models import Alarm, AlarmEntry, AlarmRule
from control.operations.alarms import AlarmError, acknowledge_alarms, note_alarm
from control.queries.alarms import RANK


class AcknowledgeForm(BaseDialogForm):
    """What is being done about it."""

    note = forms.CharField(label=_("note"), max_length=1000, required=False, widget=UnfoldAdminTextareaWidget)


class AlarmNoteForm(BaseDialogForm):
    """What is to be remembered."""

    note = forms.CharField(label=_("note"), max_length=1000, widget=UnfoldAdminTextareaWidget)


class StandingFilter(admin.SimpleListFilter):
    """What stands now, unless something else is asked for."""

    title = _("standing")
    parameter_name = "standing"

    def lookups(self, _request: HttpRequest, _admin: object) -> list[tuple[str, Any]]:
        """Standing (by default), to be acknowledged, all."""
        return [("open", _("not acknowledged")), ("all", _("all, the past too"))]

    def choices(self, changelist: Any) -> Iterator[Any]:  # noqa: ANN401 - Django's signature
        """Name the default by what it is."""
        first, *others = super().choices(changelist)
        yield {**first, "display": _("standing")}
        yield from others

    def queryset(self, _request: HttpRequest, rows: QuerySet[Alarm]) -> QuerySet[Alarm]:
        """As chosen."""
        if self.value() == "all":
            return rows
        rows = rows.filter(cleared_at=None)
        return rows.filter(acknowledged_at=None) if self.value() == "open" else rows


class AlarmEntryInline(ReadOnly, TabularInline):
    """What happened to it."""

    model = AlarmEntry
    fields = ("at", "step", "author", "note")
    readonly_fields = fields
    ordering = ("-at", "-pk")
    extra = 0


@admin.register(Alarm)
class AlarmAdmin(WorkedOff, ModelAdmin):
    """What is wrong with the plant, the most urgent first."""

    list_display = ("urgency", "kind", "where", "said", "began_at", "acknowledged_by", "cleared_at")
    list_display_links = ("kind",)
    list_filter = (StandingFilter, "severity", "kind", "substation")
    list_select_related = ("substation", "building", "source", "utility", "acknowledged_by")
    search_fields = ("substation__name", "building__name", "source__name", "tag")
    fields = (
        "severity",
        "kind",
        "where",
        "said",
        "began_at",
        "raised_at",
        "acknowledged_at",
        "acknowledged_by",
        "escalated_at",
        "cleared_at",
    )
    readonly_fields = fields
    inlines = (AlarmEntryInline,)
    actions = ("acknowledge_selected",)
    actions_detail = ("acknowledge", "write")

    def get_ordering(self, _request: HttpRequest) -> tuple[object, ...]:
        """Standing and critical first."""
        return ("-cleared_at", RANK, "-raised_at", "-pk")

    @display(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("severity"),
        ordering=RANK,
        label={Severity.CRITICAL: "danger", Severity.MAJOR: "warning", Severity.MINOR: "info"},
    )
    def urgency(self, alarm: Alarm) -> tuple[str, str]:
        """The severity with its colour."""
        return alarm.severity, alarm.get_severity_display()

    @admin.display(description=_("where"))
    def where(self, alarm: Alarm) -> str:
        """The place."""
        return str(alarm.where)

    @admin.display(description=_("what"))
    def said(self, alarm: Alarm) -> str:
        """The sentence."""
        return sentence(alarm)

    @admin.action(description=_("Acknowledge"), permissions=["change"])
    def acknowledge_selected(self, request: HttpRequest, alarms: QuerySet[Alarm]) -> None:
        """Say that one sees to them."""
        chosen = list(alarms.values_list("pk", flat=True))
        count = acknowledge_alarms(alarm_ids=chosen, by=person(request), at=timezone.now())
        words = ngettext("%(count)d alarm acknowledged.", "%(count)d alarms acknowledged.", count)
        messages.success(request, words % {"count": count})

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Acknowledge"),
        url_path="acknowledge",
        permissions=["change"],
        dialog={"title": _("Acknowledge"), "form_class": AcknowledgeForm},
    )
    def acknowledge(self, request: HttpRequest, form: AcknowledgeForm, object_id: int) -> HttpResponse:
        """Say that one sees to it, and how."""
        alarm = get_object_or_404(Alarm, pk=object_id)
        note = form.cleaned_data["note"]
        acknowledge_alarms(alarm_ids=[alarm.pk], by=person(request), at=timezone.now(), note=note)
        messages.success(request, gettext("Recorded."))
        return self._back(alarm)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Write a note"),
        url_path="note",
        permissions=["change"],
        dialog={"title": _("Write a note"), "form_class": AlarmNoteForm},
    )
    def write(self, request: HttpRequest, form: AlarmNoteForm, object_id: int) -> HttpResponse:
        """Write something down."""
        alarm = get_object_or_404(Alarm, pk=object_id)
        try:
            note_alarm(
                alarm_id=alarm.pk, by=person(request), at=timezone.now(), note=form.cleaned_data["note"]
            )
        except AlarmError as error:
            messages.error(request, str(error))
        return self._back(alarm)

    def _back(self, alarm: Alarm) -> HttpResponse:
        return HttpResponse(headers={"HX-Redirect": reverse("admin:control_alarm_change", args=[alarm.pk])})


@admin.register(AlarmRule)
class AlarmRuleAdmin(ModelAdmin):
    """What this utility holds against its plant instead of the defaults."""

    list_display = ("kind", "is_enabled", "severity", "threshold", "hysteresis", "on_delay", "escalate_after")
    list_filter = ("severity", "is_enabled")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, object]:
        """The defaults of the kind asked for, ``?kind=leak``; of the first one else."""
        kind = request.GET.get("kind", "")
        kind = kind if kind in RULES else AlarmKind.values[0]
        names = ("severity", "threshold", "hysteresis", "on_delay", "off_delay", "escalate_after")
        return {"kind": kind, **{name: getattr(RULES[kind], name) for name in names}}
