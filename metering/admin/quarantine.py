from __future__ import annotations

from typing import Any

import orjson
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin.rights import is_superuser
from accounts.models import Household, Substation
from metering.enums import QuarantineState
from metering.models import QuarantinedMessage
from metering.operations.quarantine import discard_quarantined, register_and_release, release_quarantined
from metering.queries.quarantine import proposal, quarantined


class RegistrationForm(BaseDialogForm):
    """Where the missing device hangs; what it is, its message says."""

    # Typed, not chosen: a utility has more homes than a list can show.
    household = forms.CharField(
        required=False, label=_("customer number of the home"), widget=UnfoldAdminTextInputWidget
    )
    substation: forms.ModelChoiceField[Substation] = forms.ModelChoiceField(
        queryset=None, required=False, label=_("or substation"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the library's signature
        """Offer the substations of the utility in scope."""
        super().__init__(*args, **kwargs)
        self.fields["substation"].queryset = Substation.objects.all()

    def clean_household(self) -> Household | None:
        """The home with that customer number."""
        number = self.cleaned_data["household"].strip()
        found = Household.objects.filter(customer_number=number).first() if number else None
        if number and found is None:
            raise ValidationError(gettext("No home has this customer number."))
        return found

    def render_before_template(self) -> str:
        """Say which device would be registered."""
        message = quarantined().filter(pk=self.object_id).first()
        proposed = message and proposal(message)
        if not proposed:
            return gettext("Registering a device would not release this message.")
        return format_html(
            "<p>{} <strong>{}</strong></p>", proposed.kind.label, proposed.serial or proposed.identity
        )


class DiscardForm(BaseDialogForm):
    """Why a message is worthless."""

    decision = forms.CharField(label=_("reason"), widget=UnfoldAdminTextareaWidget)


@admin.register(QuarantinedMessage)
class QuarantinedMessageAdmin(ModelAdmin):
    """What could not be stored, why, and what to do about it."""

    list_display = ("last_received_at", "topic", "reason", "summary", "times_received", "state")
    list_filter = ("state", "reason")
    search_fields = ("topic", "detail")
    fields = (
        "topic",
        "reason",
        "detail",
        "readable_payload",
        "received_at",
        "last_received_at",
        "times_received",
        "state",
        "decided_at",
        "decision",
    )
    readonly_fields = fields
    actions = ("release_selected",)
    # All three ask back: what changes something is never a mere link.
    actions_detail = ("register", "release_again", "discard")

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuarantinedMessage]:
        """Messages to the utility in scope; those to none are the superusers' business."""
        return quarantined(strangers=is_superuser(request))

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's signature
        """Messages come from the broker."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002 - as above
        """Discarding keeps the row and the reason."""
        return False

    @admin.display(description=_("detail"))
    def summary(self, message: QuarantinedMessage) -> str:
        """The first sentence of the reason."""
        return message.detail.partition("\n")[0]

    @admin.display(description=_("payload"))
    def readable_payload(self, message: QuarantinedMessage) -> str:
        """JSON laid out for reading; anything else as bytes."""
        payload = bytes(message.payload)
        try:
            shown = orjson.dumps(orjson.loads(payload), option=orjson.OPT_INDENT_2).decode()
        except orjson.JSONDecodeError:
            shown = repr(payload)[2:-1]
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', shown)

    @admin.action(description=_("Release again"), permissions=["change"])
    def release_selected(self, request: HttpRequest, rows: QuerySet[QuarantinedMessage]) -> None:
        """Try to store the chosen messages."""
        self._release(request, list(rows.order_by("pk").values_list("pk", flat=True)))

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Release again"),
        url_path="release",
        permissions=["change"],
        dialog={"title": _("Release again"), "form_class": BaseDialogForm},
    )
    def release_again(self, request: HttpRequest, _form: BaseDialogForm, object_id: int) -> HttpResponse:
        """Try to store this message."""
        message = get_object_or_404(self.get_queryset(request), pk=object_id)
        self._release(request, [message.pk])
        return HttpResponse(headers={"HX-Redirect": self._page(object_id)})

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Register the device and release"),
        url_path="register",
        permissions=["change"],
        dialog={"title": _("Register the device and release"), "form_class": RegistrationForm},
    )
    def register(self, request: HttpRequest, form: RegistrationForm, object_id: int) -> HttpResponse:
        """Make the sender known, and store what waited for it."""
        message = get_object_or_404(self.get_queryset(request), pk=object_id)
        places = {name: form.cleaned_data[name] for name in ("household", "substation")}
        try:
            device = register_and_release(message=message, at=timezone.now(), **places)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, gettext("%(device)s is registered.") % {"device": device})
        return HttpResponse(headers={"HX-Redirect": self._page(object_id)})

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description=_("Discard"),
        url_path="discard",
        permissions=["change"],
        dialog={"title": _("Discard"), "form_class": DiscardForm},
    )
    def discard(self, request: HttpRequest, form: DiscardForm, object_id: int) -> HttpResponse:
        """Judge this message worthless."""
        message = get_object_or_404(self.get_queryset(request), pk=object_id)
        discard_quarantined(
            message_ids=[message.pk], decision=form.cleaned_data["decision"], at=timezone.now()
        )
        messages.success(request, gettext("Discarded."))
        return HttpResponse(headers={"HX-Redirect": self._page(object_id)})

    def _release(self, request: HttpRequest, message_ids: list[int]) -> None:
        visible = list(self.get_queryset(request).filter(pk__in=message_ids).values_list("pk", flat=True))
        released = release_quarantined(message_ids=visible, at=timezone.now())
        text = gettext("%(released)d of %(all)d messages released.")
        level = messages.SUCCESS if released == len(visible) else messages.WARNING
        messages.add_message(request, level, text % {"released": released, "all": len(visible)})

    def _page(self, object_id: int) -> str:
        return reverse("admin:metering_quarantinedmessage_change", args=[object_id])

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[Any]:
        """Nothing is left to do with a message that is decided."""
        rows = self.get_queryset(request)
        waiting = rows.filter(pk=object_id, state=QuarantineState.WAITING).exists()
        return super().get_actions_detail(request, object_id) if waiting else []
