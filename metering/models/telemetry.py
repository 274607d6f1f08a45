from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel, UtilityKey
from metering.enums import TagKind
from metering.models.device import Device


class TelemetryTag(models.Model):
    """A plant signal's name, unit and sane range; one vocabulary for all utilities."""

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(_("name"), max_length=64, unique=True)
    unit = models.CharField(_("unit"), max_length=16)
    kind = models.CharField(_("kind"), max_length=16, choices=TagKind.choices, default=TagKind.MEASUREMENT)
    low = models.FloatField(_("lowest"))
    high = models.FloatField(_("highest"))

    class Meta:
        verbose_name = _("plant signal")
        verbose_name_plural = _("plant signals")
        constraints = [
            models.CheckConstraint(name="metering_telemetrytag_has_a_range", condition=Q(low__lt=F("high")))
        ]

    def __str__(self) -> str:
        """The name, with its unit."""
        return f"{self.name} ({self.unit})"


class TelemetryValue(TenantModel):
    """One plant signal in one instant. A hypertable where TimescaleDB is."""

    pk = models.CompositePrimaryKey("device_id", "tag_id", "measured_at")
    utility = UtilityKey(related_name="+", db_constraint=False, db_index=False)  # as Reading's
    device = models.ForeignKey(Device, on_delete=models.PROTECT, db_index=False, related_name="telemetry")
    tag = models.ForeignKey(TelemetryTag, on_delete=models.PROTECT, db_index=False, related_name="values")
    measured_at = models.DateTimeField(_("measured"))
    value = models.FloatField(_("value"))
    received_at = models.DateTimeField(_("received"))

    class Meta(TenantModel.Meta):
        verbose_name = _("telemetry value")
        verbose_name_plural = _("telemetry values")
        constraints = [
            # PostgreSQL sorts NaN above every number, so the upper bound keeps it out as well.
            models.CheckConstraint(
                name="metering_telemetryvalue_is_a_number", condition=Q(value__gte=-1e12, value__lte=1e12)
            )
        ]

    def __str__(self) -> str:
        """The signal, the device and the instant."""
        return f"{self.tag_id} of {self.device_id} {self.measured_at.isoformat()}"
