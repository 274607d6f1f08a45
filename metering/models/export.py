from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.scope import TenantModel


class ReadingExport(TenantModel):
    """Readings that left the house in a file: who took what, when. Never changed, never deleted."""

    # Empty where it was the command at the server's own console.
    made_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("made by")
    )
    made_at = models.DateTimeField(_("made"))
    first_day = models.DateField(_("first day"))
    end_day = models.DateField(_("day after the last"))
    serials = ArrayField(models.TextField(), verbose_name=_("meters"))
    file_name = models.CharField(_("file"), max_length=200)
    rows = models.PositiveBigIntegerField(_("readings"))

    class Meta(TenantModel.Meta):
        verbose_name = _("export of readings")
        verbose_name_plural = _("exports of readings")
        constraints = [
            models.CheckConstraint(
                name="metering_readingexport_a_period", condition=Q(end_day__gt=F("first_day"))
            )
        ]

    def __str__(self) -> str:
        """The file and when it was made."""
        return f"{self.file_name} {self.made_at.isoformat()}"
