from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Substation
from accounts.scope import TenantModel
from control.enums import Cause, TargetState
from metering.models import Device


class Target(TenantModel):
    """One command to one station, with the terms that made it. Never changed; its fate is its transitions."""

    substation = models.ForeignKey(Substation, on_delete=models.PROTECT, related_name="targets")
    # The device that shall obey, and the only one that may answer; empty where the station has none.
    controller = models.ForeignKey(
        Device, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("controller")
    )
    command = models.UUIDField(_("command"), unique=True, default=uuid.uuid4)
    issued_at = models.DateTimeField(_("issued at"))
    expires_at = models.DateTimeField(_("expires at"))
    secondary_supply_c = models.FloatField(_("supply, °C"))
    valve_pct = models.FloatField(_("valve, %"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200)
    cause = models.CharField(_("cause"), max_length=8, choices=Cause.choices)
    # Written by control.regulator: degrees, kelvins, counts, and the codes of what clipped.
    terms = models.JSONField(_("terms"))

    class Meta(TenantModel.Meta):
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            models.CheckConstraint(
                name="control_target_expires_after_issue", condition=Q(expires_at__gt=F("issued_at"))
            ),
            models.CheckConstraint(
                name="control_target_sane_supply",
                condition=Q(secondary_supply_c__gte=5, secondary_supply_c__lte=95),
            ),
            models.CheckConstraint(
                name="control_target_sane_valve",
                condition=Q(valve_pct__isnull=True) | Q(valve_pct__gte=0, valve_pct__lte=100),
            ),
            models.UniqueConstraint(fields=["substation", "issued_at"], name="control_target_one_at_a_time"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="control_target_by_expiry")]

    def __str__(self) -> str:
        """The setpoint."""
        return f"{self.secondary_supply_c:.2f} °C"


class TargetTransition(TenantModel):
    """One step in a target's life; each state is reached at most once."""

    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="transitions")
    state = models.CharField(_("state"), max_length=10, choices=TargetState.choices)
    at = models.DateTimeField(_("at"))
    # The station's own words where it rejected.
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")
        constraints = [
            models.UniqueConstraint(fields=["target", "state"], name="control_transition_once"),
            models.UniqueConstraint(
                fields=["target"],
                condition=Q(state__in=["applied", "rejected"]),
                name="control_transition_one_answer",
            ),
            models.CheckConstraint(
                name="control_transition_known_state", condition=Q(state__in=TargetState.values)
            ),
        ]

    def __str__(self) -> str:
        """The state reached."""
        return str(self.get_state_display())
