from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.network import Building, Substation
from accounts.models.people import User
from accounts.scope import TenantModel


class Outage(TenantModel):
    """No heat, or less of it, at a station or a building: planned, or as soon as somebody knows."""

    substation = models.ForeignKey(
        Substation, on_delete=models.CASCADE, null=True, blank=True, related_name="outages"
    )
    building = models.ForeignKey(
        Building, on_delete=models.CASCADE, null=True, blank=True, related_name="outages"
    )
    is_planned = models.BooleanField(_("planned"), default=False)
    reason = models.CharField(_("reason"), max_length=240)
    starts_at = models.DateTimeField(_("from"))
    # When heat is expected back; every change of it is told.
    expected_at = models.DateTimeField(_("expected until"), null=True, blank=True)
    ended_at = models.DateTimeField(_("heat is back since"), null=True, blank=True)
    announced_at = models.DateTimeField(_("announced"))
    announced_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )

    class Meta(TenantModel.Meta):
        verbose_name = _("outage")
        verbose_name_plural = _("outages")
        constraints = [
            models.CheckConstraint(
                name="accounts_outage_one_place",
                condition=Q(substation__isnull=False, building=None)
                | Q(substation=None, building__isnull=False),
            ),
            models.CheckConstraint(name="accounts_outage_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="accounts_outage_in_order",
                condition=(Q(expected_at__isnull=True) | Q(expected_at__gt=F("starts_at")))
                & (Q(ended_at__isnull=True) | Q(ended_at__gte=F("starts_at"))),
            ),
        ]

    def __str__(self) -> str:
        """Where and why."""
        return f"{self.substation or self.building}: {self.reason}"

    def clean(self) -> None:
        """One place, in a sentence instead of a constraint's name."""
        if (self.substation_id is None) == (self.building_id is None):
            raise ValidationError(_("Name the substation or the building, one of the two."))
