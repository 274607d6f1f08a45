from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel

# Three years, the general limitation of claims in China (Civil Code, article 188), leap days included.
LEAST_READINGS_DAYS: Final = 3 * 366
# The regulator learns from the last weeks, and comfort reports look back over one month.
LEAST_STEERING_DAYS: Final = 60
LEAST_COMPRESS_DAYS: Final = 7
COMPRESS_DAYS: Final = 30
_FOREVER: Final = _("Days; empty: for ever.")


class StorageRules(TenantModel):
    """How long a utility keeps what was measured; a utility without a row keeps everything.

    ``readings_kept_from`` is the retention job's: before it readings may be gone, so consumption before it
    is not cut again.
    """

    readings_days = models.PositiveIntegerField(
        _("readings are kept"), null=True, blank=True, help_text=_FOREVER
    )
    rooms_days = models.PositiveIntegerField(
        _("room temperatures are kept"), null=True, blank=True, help_text=_FOREVER
    )
    telemetry_days = models.PositiveIntegerField(
        _("telemetry is kept"), null=True, blank=True, help_text=_FOREVER
    )
    compress_after_days = models.PositiveIntegerField(
        _("compressed after"),
        default=COMPRESS_DAYS,
        help_text=_("Days; with TimescaleDB. Utilities share their tables, so the longest of all holds."),
    )
    readings_kept_from = models.DateTimeField(_("readings are whole from"), null=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("storage rules")
        verbose_name_plural = _("storage rules")
        constraints = [
            models.UniqueConstraint(fields=["utility"], name="metering_storagerules_one_a_utility"),
            models.CheckConstraint(
                name="metering_storagerules_bills_can_be_proved",
                condition=Q(readings_days=None) | Q(readings_days__gte=LEAST_READINGS_DAYS),
                violation_error_message=_("Readings prove bills: keep them at least 1098 days."),
            ),
            models.CheckConstraint(
                name="metering_storagerules_steering_can_learn",
                condition=(Q(rooms_days=None) | Q(rooms_days__gte=LEAST_STEERING_DAYS))
                & (Q(telemetry_days=None) | Q(telemetry_days__gte=LEAST_STEERING_DAYS)),
                violation_error_message=_("Steering learns from them: keep them at least 60 days."),
            ),
            models.CheckConstraint(
                name="metering_storagerules_compressed_after_late_readings",
                condition=Q(compress_after_days__gte=LEAST_COMPRESS_DAYS),
                violation_error_message=_("Late readings still come: compress after 7 days or more."),
            ),
        ]

    def __str__(self) -> str:
        """What they are."""
        return str(_("storage rules"))
