from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scope import TenantModel
from metering.enums import Decision
from metering.models.device import Device


class ReadingEdit(TenantModel):
    """What a person decided about a reading: a version, never changed; the newest one counts.

    Taking a decision back is a version too. The reading itself stays as it was.
    """

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="edits")
    measured_at = models.DateTimeField(_("measured"))
    version = models.PositiveIntegerField(_("version"))
    decision = models.CharField(_("decision"), max_length=12, choices=Decision.choices)
    # What bills took from this reading before and take since; empty where they take nothing from it.
    old_wh = models.BigIntegerField(_("register before, Wh"), null=True, blank=True)
    new_wh = models.BigIntegerField(_("register since, Wh"), null=True, blank=True)
    old_findings = models.TextField(_("findings before"), blank=True)
    # As a flag's.
    carry_wh = models.BigIntegerField(_("carry, Wh"), null=True, blank=True)
    reason = models.TextField(_("reason"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))

    class Meta(TenantModel.Meta):
        verbose_name = _("reading edit")
        verbose_name_plural = _("reading edits")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "measured_at", "version"], name="metering_readingedit_one_a_version"
            ),
            models.CheckConstraint(name="metering_readingedit_says_why", condition=~Q(reason="")),
            models.CheckConstraint(name="metering_readingedit_counts_from_one", condition=Q(version__gte=1)),
            models.CheckConstraint(
                name="metering_readingedit_rollover_carries",
                condition=Q(decision=Decision.ROLLED_OVER, carry_wh__gt=0)
                | (~Q(decision=Decision.ROLLED_OVER) & Q(carry_wh=None)),
            ),
        ]

    def __str__(self) -> str:
        """The decision and the reading."""
        return f"{self.get_decision_display()}: {self.device_id} {self.measured_at.isoformat()}"
