from __future__ import annotations

from typing import Any, Final

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from accounts.admin.rights import ReadOnly
from accounts.models import User, Utility
from accounts.scope import current_utility_id
from metering.admin.exception_forms import (
    BulkReasonForm,
    ExchangeForm,
    ReasonForm,
    RollOverForm,
    installation_of,
)
from metering.admin.plot import plot
from metering.enums import Decision
from metering.models import MeterExchange, ReadingEdit, ReadingFlag
from metering.operations.edits import decide, undo
from metering.operations.exchange import exchange_meter
from metering.operations.validation import validate_requested
from metering.queries.exceptions import BILL, NOTHING, SPLIT, exceptions
from metering.queries.sights import sight_of

HOLDS_UP: Final = {
    BILL: _("the bill: no register since can be used"),
    SPLIT: _("only how the energy is split"),
    NOTHING: _("nothing"),
}
COLOURS: Final = {BILL: "danger", SPLIT: "warning", NOTHING: "info"}


@admin.register(ReadingFlag)
class ReadingFlagAdmin(ModelAdmin):
    """The queue of exceptions, what holds up a bill first; each is decided with a reason."""

    list_display = ("device", "finding_label", "measured_at", "holds_up", "place")
    list_filter = ("finding", "is_unusable")
    list_select_related = ("device",)
    list_per_page = 50
    search_fields = ("device__serial", "device__identity")
    fields = ("device", "finding", "measured_at", "detail", "found_at")
    readonly_fields = fields
    action_form = BulkReasonForm
    actions = ("accept_selected", "reject_selected", "estimate_selected")
    actions_detail = ("accept", "reject", "estimate", "declare_rollover", "declare_exchange")
    change_form_outer_before_template = "admin/metering/exception.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReadingFlag]:  # noqa: ARG002 - Django's signature
        """The first finding of each exception."""
        return exceptions()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:  # noqa: ARG002 - as above
        """What holds up most comes first."""
        return ("holds_up", "measured_at", "pk")

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - as above
        """The rules find them."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002 - as above
        """They are decided, not deleted."""
        return False

    def has_exchange_permission(self, request: HttpRequest, _object_id: object = None) -> bool:
        """Who may record an exchange: that is more than to decide about a finding."""
        return request.user.has_perm("metering.add_meterexchange")

    @admin.display(description=_("finding"), ordering="finding")
    def finding_label(self, flag: ReadingFlag) -> str:
        """In words."""
        return str(flag.get_finding_display())

    @display(description=_("holds up"), ordering="holds_up", label=COLOURS)  # type: ignore[untyped-decorator]  # unfold ships no types
    def holds_up(self, flag: Any) -> tuple[int, str]:  # noqa: ANN401 - an annotated row
        """What waits for a decision."""
        return flag.holds_up, str(HOLDS_UP[flag.holds_up])

    @admin.display(description=_("place"))
    def place(self, flag: ReadingFlag) -> str:
        """Where the meter hung."""
        hung = installation_of(flag.pk)
        return str(hung.household or hung.building or hung.substation) if hung else "-"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """With the readings around it."""
        head = self.get_queryset(request).filter(pk=object_id).select_related("device").first()
        context = {**(extra_context or {}), "sight": self._sight(head) if head else None}
        page: HttpResponse = super().change_view(request, object_id, form_url, context)
        return page

    def _sight(self, head: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
        sight = sight_of(head)
        zone = Utility.objects.get(pk=current_utility_id()).zone
        first = formats.date_format(head.measured_at.astimezone(zone), "SHORT_DATETIME_FORMAT")
        sentence = ngettext(
            "%(finding)s: %(count)d reading of meter %(meter)s from %(first)s on. It holds up %(what)s.",
            "%(finding)s: %(count)d readings of meter %(meter)s from %(first)s on. They hold up %(what)s.",
            sight.extent.readings,
        )
        seen = sight.readings
        return {
            "title": head.get_finding_display(),
            "sentence": sentence
            % {
                "finding": head.get_finding_display(),
                "count": sight.extent.readings,
                "meter": head.device.serial or head.device.identity,
                "first": first,
                "what": HOLDS_UP[head.holds_up],
            },
            "plot": plot([(one.measured_at, one.energy_wh, one.is_used) for one in seen]),
            "rows": sight.closest,
            "edits": sight.edits,
            "zone": zone,
            "first_at": seen[0].measured_at if seen else None,
            "last_at": seen[-1].measured_at if seen else None,
        }

    @action(  # type: ignore[untyped-decorator]  # as above
        description=_("Accept as is"),
        url_path="accept",
        permissions=["change"],
        dialog={"title": _("Accept as is"), "form_class": ReasonForm},
    )
    def accept(self, request: HttpRequest, form: ReasonForm, object_id: int) -> HttpResponse:
        """Believe the reading, and all that follows from it."""
        return self._decide(request, form, object_id, decision=Decision.ACCEPTED)

    @action(  # type: ignore[untyped-decorator]  # as above
        description=_("Reject"),
        url_path="reject",
        permissions=["change"],
        dialog={"title": _("Reject"), "form_class": ReasonForm},
    )
    def reject(self, request: HttpRequest, form: ReasonForm, object_id: int) -> HttpResponse:
        """Take the readings as absent."""
        return self._decide(request, form, object_id, decision=Decision.REJECTED)

    @action(  # type: ignore[untyped-decorator]  # as above
        description=_("Estimate"),
        url_path="estimate",
        permissions=["change"],
        dialog={"title": _("Estimate"), "form_class": ReasonForm},
    )
    def estimate(self, request: HttpRequest, form: ReasonForm, object_id: int) -> HttpResponse:
        """Go by the readings around."""
        return self._decide(request, form, object_id, decision=Decision.ESTIMATED)

    @action(  # type: ignore[untyped-decorator]  # as above
        description=_("Declare a roll-over"),
        url_path="rollover",
        permissions=["change"],
        dialog={"title": _("Declare a roll-over"), "form_class": RollOverForm},
    )
    def declare_rollover(self, request: HttpRequest, form: RollOverForm, object_id: int) -> HttpResponse:
        """Count on past the modulus."""
        return self._decide(
            request, form, object_id, decision=Decision.ROLLED_OVER, modulus_wh=form.modulus_wh
        )

    @action(  # type: ignore[untyped-decorator]  # as above
        description=_("Declare an exchange"),
        url_path="exchange",
        permissions=["exchange"],
        dialog={"title": _("Declare an exchange"), "form_class": ExchangeForm},
    )
    def declare_exchange(self, request: HttpRequest, form: ExchangeForm, object_id: int) -> HttpResponse:
        """Take the old meter down and hang the new one up."""
        head = get_object_or_404(self.get_queryset(request), pk=object_id)
        now = timezone.now()
        try:
            # A meter that was registered for an exchange that is refused is not kept either.
            with transaction.atomic():
                slip = form.slip
                exchange_meter(slip=slip, at=now)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            page = reverse("admin:metering_readingflag_change", args=[object_id])
            return HttpResponse(headers={"HX-Redirect": page})
        validate_requested(device_ids=[head.device_id, slip.new_device.pk], at=now)
        messages.success(request, gettext("The exchange is recorded."))
        return HttpResponse(headers={"HX-Redirect": self._list()})

    @admin.action(description=_("Accept as is"), permissions=["change"])
    def accept_selected(self, request: HttpRequest, rows: QuerySet[ReadingFlag]) -> None:
        """Each of them."""
        self._decide_all(request, list(rows), decision=Decision.ACCEPTED, reason=request.POST["reason"])

    @admin.action(description=_("Reject"), permissions=["change"])
    def reject_selected(self, request: HttpRequest, rows: QuerySet[ReadingFlag]) -> None:
        """Each of them."""
        self._decide_all(request, list(rows), decision=Decision.REJECTED, reason=request.POST["reason"])

    @admin.action(description=_("Estimate"), permissions=["change"])
    def estimate_selected(self, request: HttpRequest, rows: QuerySet[ReadingFlag]) -> None:
        """Each of them."""
        self._decide_all(request, list(rows), decision=Decision.ESTIMATED, reason=request.POST["reason"])

    def _decide(
        self,
        request: HttpRequest,
        form: ReasonForm,
        object_id: int,
        *,
        decision: Decision,
        modulus_wh: int | None = None,
    ) -> HttpResponse:
        head = get_object_or_404(self.get_queryset(request), pk=object_id)
        reason = form.cleaned_data["reason"]
        done = self._decide_all(request, [head], decision=decision, reason=reason, modulus_wh=modulus_wh)
        page = reverse("admin:metering_readingflag_change", args=[object_id])
        return HttpResponse(headers={"HX-Redirect": self._list() if done else page})

    def _decide_all(
        self,
        request: HttpRequest,
        heads: list[ReadingFlag],
        *,
        decision: Decision,
        reason: str,
        modulus_wh: int | None = None,
    ) -> bool:
        """Whether it could be decided so; either way the clerk is told."""
        if not isinstance(request.user, User):
            return False
        try:
            count = decide(
                heads=heads,
                decision=decision,
                reason=reason,
                made_by=request.user,
                at=timezone.now(),
                modulus_wh=modulus_wh,
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return False
        text = ngettext("%(count)d reading is decided.", "%(count)d readings are decided.", count)
        messages.success(request, text % {"count": count})
        return True

    def _list(self) -> str:
        return reverse("admin:metering_readingflag_changelist")


@admin.register(ReadingEdit)
class ReadingEditAdmin(ReadOnly, ModelAdmin):
    """Who decided what about which reading, and why."""

    list_display = ("made_at", "made_by", "device", "measured_at", "decision", "version", "reason")
    list_filter = ("decision",)
    list_select_related = ("device", "made_by")
    search_fields = ("device__serial", "reason")
    actions_detail = ("take_back",)

    def has_take_back_permission(self, request: HttpRequest, _object_id: object = None) -> bool:
        """Who may decide may take back, though the row itself is read only."""
        return request.user.has_perm("metering.change_readingedit")

    @action(  # type: ignore[untyped-decorator]  # as above
        description=_("Take back"),
        url_path="undo",
        permissions=["take_back"],
        dialog={"title": _("Take back"), "form_class": ReasonForm},
    )
    def take_back(self, request: HttpRequest, form: ReasonForm, object_id: int) -> HttpResponse:
        """Let the rules judge again what was decided together with this."""
        edit = get_object_or_404(self.get_queryset(request), pk=object_id)
        page = reverse("admin:metering_readingedit_changelist")
        if isinstance(request.user, User):
            try:
                undo(edit=edit, reason=form.cleaned_data["reason"], made_by=request.user, at=timezone.now())
                messages.success(request, gettext("The decision is taken back."))
            except ValidationError as error:
                messages.error(request, " ".join(error.messages))
        return HttpResponse(headers={"HX-Redirect": page})


@admin.register(MeterExchange)
class MeterExchangeAdmin(ReadOnly, ModelAdmin):
    """Which meter came in the place of which."""

    list_display = ("exchanged_at", "old", "new", "final_wh", "initial_wh", "made_by", "reason")
    list_select_related = ("old__device", "new__device", "made_by", "old__household", "new__household")
    search_fields = ("old__device__serial", "new__device__serial")
