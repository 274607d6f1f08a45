from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Substation, User
from accounts.scope import TenantModel
from control.enums import Mode


class ManualHold(TenantModel):
    """An operator keeps the controller's hands off a station: why, until when; only its release is added."""

    substation = models.ForeignKey(Substation, on_delete=models.PROTECT, related_name="holds")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    reason = models.CharField(_("reason"), max_length=500)
    held_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    # What the station goes back to.
    mode_before = models.CharField(_("mode before"), max_length=8, choices=Mode.choices)
    released_at = models.DateTimeField(_("released"), null=True, blank=True)
    # Empty where the time ran out.
    released_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("released by")
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("manual hold")
        verbose_name_plural = _("manual holds")
        constraints = [
            models.UniqueConstraint(
                fields=["substation"], condition=Q(released_at=None), name="control_manualhold_one_at_a_time"
            ),
            models.CheckConstraint(
                name="control_manualhold_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.CheckConstraint(name="control_manualhold_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="control_manualhold_comes_from_elsewhere", condition=~Q(mode_before=Mode.HOLD)
            ),
        ]

    def __str__(self) -> str:
        """The reason."""
        return self.reason
