from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.network import Household
from accounts.models.people import User
from accounts.scope import TenantModel

# As long as a conversation; the database knows it too.
LONGEST_LOOK = timedelta(minutes=15)


class ResidentLook(TenantModel):
    """A clerk saw a home's page as one of its residents does: who, why, from when to when. Never deleted."""

    clerk = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", verbose_name=_("by"))
    resident = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="looks", verbose_name=_("resident")
    )
    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="looks")
    reason = models.CharField(_("reason"), max_length=240)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))

    class Meta(TenantModel.Meta):
        verbose_name = _("look as a resident")
        verbose_name_plural = _("looks as a resident")
        constraints = [
            models.CheckConstraint(
                name="accounts_residentlook_is_short",
                condition=Q(ends_at__gte=F("starts_at"), ends_at__lte=F("starts_at") + LONGEST_LOOK),
            ),
            models.CheckConstraint(name="accounts_residentlook_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="accounts_residentlook_at_another", condition=~Q(clerk=F("resident"))
            ),
        ]
        indexes = [models.Index(fields=["resident", "starts_at"], name="accounts_residentlook_at_whom")]

    def __str__(self) -> str:
        """Who looked, and why."""
        return f"{self.clerk}: {self.reason}"

    def lasts(self, at: datetime) -> bool:
        """Whether it shows anything at ``at``."""
        return self.starts_at <= at < self.ends_at
