from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm, BaseDialogForm
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from accounts.models import User, Utility
from accounts.scope import current_utility_id
from metering.models import Installation, ReadingFlag
from metering.operations.exchange import ExchangeEffect, Slip, preview_exchange, successor

LOCAL: str = "%Y-%m-%dT%H:%M"


def kwh_field(label: Any, **options: Any) -> forms.DecimalField:  # noqa: ANN401 - a field's options
    """A register as it stands on a dial."""
    widget = UnfoldAdminDecimalFieldWidget
    return forms.DecimalField(
        label=label, min_value=0, max_digits=15, decimal_places=3, widget=widget, **options
    )


def local_instant(told: str) -> Any:  # noqa: ANN401 - a field's own contract
    """The instant of a date and time as a browser sends it, in the calendar of the utility.

    Raises:
        ValidationError: it is none.
    """
    zone = Utility.objects.get(pk=current_utility_id()).zone
    field = forms.DateTimeField(input_formats=(LOCAL, LOCAL + ":%S"))
    with timezone.override(zone):
        return field.clean(told)


class ReasonForm(BaseDialogForm):
    """Why somebody decides so; it stays beside the decision for ever."""

    reason = forms.CharField(label=_("reason"), widget=UnfoldAdminTextareaWidget)


class RollOverForm(ReasonForm):
    """Where the register goes back to zero."""

    modulus_kwh = kwh_field(_("the register starts again at, kWh"))

    @property
    def modulus_wh(self) -> int:
        """In watt hours."""
        return int(self.cleaned_data["modulus_kwh"] * 1000)


class BulkReasonForm(ActionForm):
    """The reason of a decision about several exceptions."""

    reason = forms.CharField(
        required=False,
        label="",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": _("reason"), "aria-label": _("reason")}),
    )


class ExchangeForm(ReasonForm):
    """The fitter's slip; sent once it shows what it does, sent again with the tick it is recorded."""

    exchanged_at = forms.CharField(
        label=_("exchanged on, local time"),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )
    final_kwh = kwh_field(_("final register of the old meter, kWh"))
    serial = forms.CharField(label=_("serial number of the new meter"), widget=UnfoldAdminTextInputWidget)
    initial_kwh = kwh_field(_("initial register of the new meter, kWh"), initial=0)
    seen = forms.BooleanField(
        required=False, label=_("I have seen the effect: record it"), widget=UnfoldBooleanWidget
    )
    field_order = ("exchanged_at", "final_kwh", "serial", "initial_kwh", "reason", "seen")

    def clean_exchanged_at(self) -> Any:  # noqa: ANN401 - a form's own contract
        """The instant, in the calendar of the utility."""
        return local_instant(self.cleaned_data["exchanged_at"])

    def clean(self) -> dict[str, Any]:
        """Try the exchange; until somebody has seen what it does it is not recorded."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            # A meter that is registered for the trial is gone after it.
            with transaction.atomic():
                effect = preview_exchange(slip=self.slip, at=timezone.now())
                transaction.set_rollback(True)
        except ValidationError as error:
            self.add_error("seen", error.messages)
            return cleaned
        if not cleaned["seen"]:
            self.add_error("seen", said(effect))
        return cleaned

    @property
    def slip(self) -> Slip:
        """What is written on it; a meter nobody knows yet is registered."""
        data = self.cleaned_data
        place = installation_of(self.object_id)
        if place is None or not isinstance(self.request.user, User):
            raise ValidationError(gettext("The meter hung nowhere then, so it cannot be exchanged."))
        return Slip(
            installation=place,
            new_device=successor(old=place.device, serial=data["serial"].strip()),
            exchanged_at=data["exchanged_at"],
            final_wh=int(data["final_kwh"] * 1000),
            initial_wh=int(data["initial_kwh"] * 1000),
            reason=data["reason"],
            made_by=self.request.user,
        )


def said(effect: ExchangeEffect) -> str:
    """The effect of an exchange in a sentence."""
    return gettext(
        "Nothing is recorded yet. The old meter is billed %(old)s kWh more up to its final register, the new "
        "one %(new)s kWh since; nothing between their registers. %(moved)d readings go over to the new "
        "meter, %(left)d stay behind. Tick the box and send again to record it."
    ) % {
        "old": f"{effect.old_wh / 1000:,.1f}",
        "new": f"{effect.new_wh / 1000:,.1f}",
        "moved": effect.handed_over,
        "left": effect.left_behind,
    }


def installation_of(flag_id: int | str | None) -> Installation | None:
    """Where the meter of an exception hung when it began."""
    flag = ReadingFlag.objects.filter(pk=flag_id or 0).first()
    if flag is None:
        return None
    rows = Installation.objects.filter(device_id=flag.device_id, starts_at__lte=flag.measured_at)
    return rows.select_related("device").order_by("-starts_at").first()
