from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from accounts.admin.rights import person
from metering.admin.exception_forms import ReasonForm, kwh_field, local_instant
from metering.models import Device, RegisterEstimate
from metering.operations.estimates import estimate_register
from metering.queries.estimates import proposal


class EstimateForm(ReasonForm):
    """Where a silent meter's register stands; sent once it shows what that means, sent again it counts."""

    estimated_at = forms.CharField(
        label=_("at, local time"),
        help_text=_("The midnight at which the bill ends, or later."),
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )
    energy_kwh = kwh_field(
        _("register, kWh"),
        required=False,
        help_text=_("Empty: it goes on as in the 30 days before its last reading."),
    )
    seen = forms.BooleanField(
        required=False, label=_("I have seen the effect: record it"), widget=UnfoldBooleanWidget
    )
    field_order = ("estimated_at", "energy_kwh", "reason", "seen")

    def clean_estimated_at(self) -> datetime:
        """The instant, in the calendar of the utility."""
        instant: datetime = local_instant(self.cleaned_data["estimated_at"])
        return instant

    def clean(self) -> dict[str, Any]:
        """Try the estimate; until somebody has seen what it means it is not recorded."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        try:
            with transaction.atomic():
                said = _said(self.record(at=timezone.now()))
                transaction.set_rollback(True)
        except ValidationError as error:
            self.add_error(None if hasattr(error, "error_dict") else "seen", error)
            return cleaned
        if not cleaned["seen"]:
            self.add_error("seen", said)
        return cleaned

    def record(self, *, at: datetime) -> RegisterEstimate:
        """Let it count.

        Raises:
            ValidationError: as `estimate_register`.
        """
        data = self.cleaned_data
        told = data["energy_kwh"]
        return estimate_register(
            device=Device.objects.get(pk=self.object_id),
            estimated_at=data["estimated_at"],
            energy_wh=None if told is None else int(told * 1000),
            reason=data["reason"],
            made_by=person(self.request),
            at=at,
        )


def _said(estimate: RegisterEstimate) -> str:
    """What an estimate that was tried means, in a sentence."""
    lately = proposal(estimate.device_id, estimated_at=estimate.estimated_at)
    return gettext(
        "Nothing is recorded yet. The register would stand at %(register)s kWh, %(more)s kWh above its last "
        "reading: %(daily)s kWh a day, where the meter counted %(lately)s kWh a day before it fell silent. "
        "Tick the box and send again to record it."
    ) % {
        "register": f"{estimate.energy_wh / 1000:,.3f}",
        "more": f"{(estimate.energy_wh - lately.last_wh) / 1000:,.3f}",
        "daily": f"{lately.daily_wh_up_to(estimate.energy_wh) / 1000:,.1f}",
        "lately": f"{lately.daily_wh / 1000:,.1f}",
    }
