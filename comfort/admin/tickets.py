from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from accounts.admin.rights import ReadOnly, WorkedOff, person
from accounts.models import User
from accounts.queries.access import staff_of
from comfort.enums import Fault, TicketState
from comfort.models import ColdSpell, ColdTicket, TicketEntry
from comfort.operations.tickets import TicketError, close_ticket, let_ticket_wait, note_ticket, take_ticket

SIGNAL_NAMES = {
    "outdoor_c": _("outdoors"),
    "secondary_supply_c": _("supply"),
    "secondary_supply_target_c": _("supply target"),
    "secondary_return_c": _("return"),
}


class TakeForm(BaseDialogForm):
    """Who takes it in hand."""

    assignee: forms.ModelChoiceField[User] = forms.ModelChoiceField(
        queryset=None, label=_("in hand of"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the library's signature
        """Offer the staff of the utility in scope."""
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = staff_of(at=timezone.now())


class WaitForm(BaseDialogForm):
    """What it waits for."""

    note = forms.CharField(label=_("waiting for"), max_length=1000, widget=UnfoldAdminTextareaWidget)


class NoteForm(BaseDialogForm):
    """A note, for the desk or for the residents too."""

    note = forms.CharField(label=_("note"), max_length=1000, widget=UnfoldAdminTextareaWidget)
    for_residents = forms.BooleanField(
        label=_("for the residents too"), required=False, widget=UnfoldBooleanWidget
    )


class CloseForm(BaseDialogForm):
    """The cause, and what to tell the residents."""

    fault = forms.ChoiceField(
        label=_("cause"),
        choices=[choice for choice in Fault.choices if choice[0] != Fault.UNKNOWN],
        widget=UnfoldAdminSelectWidget,
    )
    note = forms.CharField(label=_("note"), max_length=1000, required=False, widget=UnfoldAdminTextareaWidget)


class SpellInline(ReadOnly, TabularInline):
    """How long and how far the home was under the minimum."""

    model = ColdSpell
    fields = ("starts_at", "ends_at", "room", "minimum_c", "lowest_c", "shortfall_k_h", "confirmed_at")
    readonly_fields = fields
    ordering = ("-starts_at",)
    extra = 0


class EntryInline(ReadOnly, TabularInline):
    """What was done about it."""

    model = TicketEntry
    fields = ("at", "kind", "author", "note", "for_residents")
    readonly_fields = fields
    ordering = ("-at", "-pk")
    extra = 0


@admin.register(ColdTicket)
class ColdTicketAdmin(WorkedOff, ModelAdmin):
    """Homes under the minimum: whose hand they are in, the evidence, what was done."""

    list_display = ("opened_at", "household", "state", "lowest", "since", "assignee", "fault")
    list_filter = ("state", "fault", "assignee", "household__building")
    list_select_related = ("household__building", "assignee")
    search_fields = ("household__customer_number", "household__label", "household__building__name")
    ordering = ("-state", "-opened_at", "-pk")
    fields = ("household", "opened_at", "state", "assignee", "fault", "closed_at", "evidence")
    readonly_fields = fields
    inlines = (SpellInline, EntryInline)
    actions = ("take_selected",)
    actions_detail = ("take", "wait", "write", "close")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ColdTicket]:
        """With the spells, newest first."""
        newest = Prefetch("spells", queryset=ColdSpell.objects.select_related("room").order_by("-starts_at"))
        rows: QuerySet[ColdTicket] = super().get_queryset(request)
        return rows.prefetch_related(newest)

    @admin.display(description=_("lowest, °C"))
    def lowest(self, ticket: ColdTicket) -> str:
        """The lowest value of all its spells."""
        return f"{min((spell.lowest_c for spell in ticket.spells.all()), default=float('nan')):.1f}"

    @admin.display(description=_("under the minimum"))
    def since(self, ticket: ColdTicket) -> str:
        """For how long, or that it is over."""
        spell = next(iter(ticket.spells.all()), None)
        if spell is None or spell.ends_at is not None:
            return gettext("over")
        hours = (timezone.now() - spell.starts_at).total_seconds() / 3600
        return ngettext("for %(hours)d hour", "for %(hours)d hours", int(hours)) % {"hours": int(hours)}

    @admin.display(description=_("evidence"))
    def evidence(self, ticket: ColdTicket) -> SafeString | str:
        """Rooms and plant as they were when the newest spell was confirmed."""
        spell = next(iter(ticket.spells.all()), None)
        if spell is None:
            return "-"
        rooms = [
            (
                room["room"] or room["sensor"],
                room["lowest_c"],
                room["mean_c"],
                room["newest_c"],
                _at(room["to"]),
            )
            for room in spell.evidence["rooms"]
        ]
        plant = [
            (SIGNAL_NAMES.get(tag, tag), said["value"], _at(said["at"]))
            for tag, said in spell.evidence["plant"].items()
        ]
        return format_html(
            "<ul>{}{}</ul>",
            format_html_join("", "<li>{}: {} °C … {} °C, {} °C ({})</li>", rooms),
            format_html_join("", "<li>{}: {} °C ({})</li>", plant),
        )

    @admin.action(description=_("Take in hand"), permissions=["change"])
    def take_selected(self, request: HttpRequest, tickets: QuerySet[ColdTicket]) -> None:
        """Put the chosen ones into one's own hand."""
        mine = list(tickets.exclude(state=TicketState.CLOSED).values_list("pk", flat=True))
        for pk in mine:
            take_ticket(ticket_id=pk, assignee=person(request), by=person(request), at=timezone.now())
        words = ngettext(
            "%(count)d ticket is in your hand.", "%(count)d tickets are in your hand.", len(mine)
        )
        messages.success(request, words % {"count": len(mine)})

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Take in hand"),
        url_path="take",
        permissions=["change"],
        dialog={"title": _("Take in hand"), "form_class": TakeForm},
    )
    def take(self, request: HttpRequest, form: TakeForm, object_id: int) -> HttpResponse:
        """Put it into somebody's hand."""
        return self._done(request, object_id, take_ticket, assignee=form.cleaned_data["assignee"])

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Let it wait"),
        url_path="wait",
        permissions=["change"],
        dialog={"title": _("Let it wait"), "form_class": WaitForm},
    )
    def wait(self, request: HttpRequest, form: WaitForm, object_id: int) -> HttpResponse:
        """Say what it waits for."""
        return self._done(request, object_id, let_ticket_wait, note=form.cleaned_data["note"])

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Write a note"),
        url_path="note",
        permissions=["change"],
        dialog={"title": _("Write a note"), "form_class": NoteForm},
    )
    def write(self, request: HttpRequest, form: NoteForm, object_id: int) -> HttpResponse:
        """Write something down."""
        said = form.cleaned_data
        return self._done(
            request, object_id, note_ticket, note=said["note"], for_residents=said["for_residents"]
        )

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Close"),
        url_path="close",
        permissions=["change"],
        dialog={"title": _("Close"), "form_class": CloseForm},
    )
    def close(self, request: HttpRequest, form: CloseForm, object_id: int) -> HttpResponse:
        """Close it with its cause."""
        said = form.cleaned_data
        return self._done(request, object_id, close_ticket, fault=Fault(said["fault"]), note=said["note"])

    def _done(self, request: HttpRequest, object_id: int, step: Any, **said: Any) -> HttpResponse:  # noqa: ANN401 - an operation and its words
        try:
            step(ticket_id=object_id, by=person(request), at=timezone.now(), **said)
        except TicketError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, gettext("Recorded."))
        return HttpResponse(
            headers={"HX-Redirect": reverse("admin:comfort_coldticket_change", args=[object_id])}
        )


def _at(written: str) -> str:
    at = parse_datetime(written)
    return "" if at is None else f"{timezone.localtime(at):%Y-%m-%d %H:%M}"
