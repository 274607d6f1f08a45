from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scope import TenantModel
from metering.models.device import Installation


class MeterExchange(TenantModel):
    """One meter taken down and another hung up in its place: both registers, who said so, and why.

    Never changed. The registers are stored as readings of that instant too.
    """

    old = models.OneToOneField(Installation, on_delete=models.PROTECT, related_name="exchanged_for")
    new = models.OneToOneField(Installation, on_delete=models.PROTECT, related_name="exchanged_from")
    exchanged_at = models.DateTimeField(_("exchanged"))
    final_wh = models.BigIntegerField(_("final register, Wh"))
    initial_wh = models.BigIntegerField(_("initial register, Wh"))
    reason = models.TextField(_("reason"))
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by"))
    made_at = models.DateTimeField(_("made"))

    class Meta(TenantModel.Meta):
        verbose_name = _("meter exchange")
        verbose_name_plural = _("meter exchanges")
        constraints = [
            models.CheckConstraint(name="metering_meterexchange_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="metering_meterexchange_registers_are_registers",
                condition=Q(final_wh__gte=0, initial_wh__gte=0),
            ),
        ]

    def __str__(self) -> str:
        """The two meters."""
        return f"{self.old.device} > {self.new.device}"
