from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scope import TenantModel
from metering.models.device import Device


class RegisterEstimate(TenantModel):
    """Where a person takes a register to stand after its last reading: the meter is dead, the bill is due.

    It counts only while no reading at or after it can be used, so it gives way the moment one comes. Never
    changed but to be taken back.
    """

    device = models.ForeignKey(
        Device, on_delete=models.PROTECT, related_name="register_estimates", verbose_name=_("device")
    )
    estimated_at = models.DateTimeField(_("at"))
    energy_wh = models.BigIntegerField(_("register, Wh"))
    reason = models.TextField(_("reason"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))
    withdrawn_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("taken back by")
    )
    withdrawn_at = models.DateTimeField(_("taken back"), null=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("estimate of a register")
        verbose_name_plural = _("estimates of registers")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "estimated_at"],
                condition=Q(withdrawn_at=None),
                name="metering_registerestimate_one_an_instant",
            ),
            models.CheckConstraint(name="metering_registerestimate_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="metering_registerestimate_is_a_register", condition=Q(energy_wh__gte=0)
            ),
            models.CheckConstraint(
                name="metering_registerestimate_is_taken_back_by_somebody",
                condition=Q(withdrawn_at=None, withdrawn_by=None)
                | Q(withdrawn_at__gte=F("made_at"), withdrawn_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """The meter and the instant."""
        return f"{self.device_id} {self.estimated_at.isoformat()}"
