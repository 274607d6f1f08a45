from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Substation
from accounts.scope import TenantModel
from control.enums import Cause, TargetState
from control.models.valve import ValveControl
from metering.models import Device


class Command(TenantModel):
    """One command to one device, with the terms that made it. Never changed; its fate is its transitions."""

    # The device that shall obey, and the only one that may answer; empty where none is installed.
    controller = models.ForeignKey(
        Device, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("controller")
    )
    command = models.UUIDField(_("command"), unique=True, default=uuid.uuid4)
    issued_at = models.DateTimeField(_("issued at"))
    expires_at = models.DateTimeField(_("expires at"))
    reason = models.CharField(_("reason"), max_length=200)
    cause = models.CharField(_("cause"), max_length=8, choices=Cause.choices)
    # Written by control.regulator: degrees, kelvins, counts, and the codes of what clipped.
    terms = models.JSONField(_("terms"))

    class Meta(TenantModel.Meta):
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="control_%(class)s_expires_after_issue", condition=Q(expires_at__gt=F("issued_at"))
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="control_%(class)s_by_expiry")]


class Target(Command):
    """What a station is to make of its supply."""

    substation = models.ForeignKey(Substation, on_delete=models.PROTECT, related_name="targets")
    secondary_supply_c = models.FloatField(_("supply, °C"))
    valve_pct = models.FloatField(_("valve, %"), null=True, blank=True)

    class Meta(Command.Meta):
        verbose_name = _("target")
        verbose_name_plural = _("targets")
        constraints = [
            *Command.Meta.constraints,
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

    def __str__(self) -> str:
        """The setpoint."""
        return f"{self.secondary_supply_c:.2f} °C"

    def step(self, state: TargetState, *, at: datetime, detail: str = "") -> TargetTransition:
        """A step of it, not stored yet."""
        return TargetTransition(utility_id=self.utility_id, target=self, state=state, at=at, detail=detail)


class ValveTarget(Command):
    """Where the valve of a building or a flat is to stand."""

    valve = models.ForeignKey(ValveControl, on_delete=models.PROTECT, related_name="targets")
    valve_pct = models.FloatField(_("valve, %"))

    class Meta(Command.Meta):
        verbose_name = _("valve target")
        verbose_name_plural = _("valve targets")
        constraints = [
            *Command.Meta.constraints,
            models.CheckConstraint(
                name="control_valvetarget_sane_valve", condition=Q(valve_pct__gte=0, valve_pct__lte=100)
            ),
            models.UniqueConstraint(fields=["valve", "issued_at"], name="control_valvetarget_one_at_a_time"),
        ]

    def __str__(self) -> str:
        """The position."""
        return f"{self.valve_pct:.0f} %"

    def step(self, state: TargetState, *, at: datetime, detail: str = "") -> ValveTransition:
        """A step of it, not stored yet."""
        return ValveTransition(utility_id=self.utility_id, target=self, state=state, at=at, detail=detail)


class Transition(TenantModel):
    """One step in a command's life; each state is reached at most once."""

    state = models.CharField(_("state"), max_length=10, choices=TargetState.choices)
    at = models.DateTimeField(_("at"))
    # The device's own words where it rejected.
    detail = models.CharField(_("detail"), max_length=200, blank=True)

    class Meta(TenantModel.Meta):
        abstract = True
        verbose_name = _("transition")
        verbose_name_plural = _("transitions")

    def __str__(self) -> str:
        """The state reached."""
        return str(self.get_state_display())


ANSWERED = Q(state__in=["applied", "rejected"])


class TargetTransition(Transition):
    """What became of a station's target."""

    target = models.ForeignKey(Target, on_delete=models.PROTECT, related_name="transitions")

    class Meta(Transition.Meta):
        constraints = [
            models.UniqueConstraint(fields=["target", "state"], name="control_transition_once"),
            models.UniqueConstraint(
                fields=["target"], condition=ANSWERED, name="control_transition_one_answer"
            ),
            models.CheckConstraint(
                name="control_transition_known_state", condition=Q(state__in=TargetState.values)
            ),
        ]


class ValveTransition(Transition):
    """What became of a valve's target."""

    target = models.ForeignKey(ValveTarget, on_delete=models.PROTECT, related_name="transitions")

    class Meta(Transition.Meta):
        constraints = [
            models.UniqueConstraint(fields=["target", "state"], name="control_valvetransition_once"),
            models.UniqueConstraint(
                fields=["target"], condition=ANSWERED, name="control_valvetransition_one_answer"
            ),
            models.CheckConstraint(
                name="control_valvetransition_known_state", condition=Q(state__in=TargetState.values)
            ),
        ]
