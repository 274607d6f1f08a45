from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Utility
from accounts.scope import TenantModel
from metering.enums import Finding
from metering.models.device import Device


class ReadingFlag(TenantModel):
    """What a rule found in a stored reading; the reading itself stays as it was.

    Append-only but for ``withdrawn_at``: what later readings disprove is withdrawn, not deleted.
    """

    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="flags")
    measured_at = models.DateTimeField(_("measured"))
    finding = models.CharField(_("finding"), max_length=24, choices=Finding.choices)
    # Consumption takes such a reading as absent.
    is_unusable = models.BooleanField(_("register unusable"))
    # What a roll-over adds to this register and to all later ones of its meter.
    carry_wh = models.BigIntegerField(_("carry, Wh"), null=True, blank=True)
    detail = models.TextField(_("details"), blank=True)
    found_at = models.DateTimeField(_("found"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("reading flag")
        verbose_name_plural = _("reading flags")
        constraints = [
            models.UniqueConstraint(
                fields=["device", "measured_at", "finding"],
                name="metering_readingflag_found_once",
                condition=Q(withdrawn_at=None),
            ),
            models.CheckConstraint(
                name="metering_readingflag_rollover_carries",
                condition=Q(carry_wh=None) | Q(finding=Finding.ROLLOVER, carry_wh__gt=0, is_unusable=False),
            ),
            models.CheckConstraint(
                name="metering_readingflag_withdrawn_after_found",
                condition=Q(withdrawn_at=None) | Q(withdrawn_at__gte=F("found_at")),
            ),
        ]

    def __str__(self) -> str:
        """The finding and the reading."""
        return f"{self.get_finding_display()}: {self.device_id} {self.measured_at.isoformat()}"


class ValidationRequest(TenantModel):
    """A stretch of a meter's readings to be validated anew, until the next run has done it.

    Written by whoever changed what readings are judged by: decisions, late arrivals, and a trigger on
    installations and devices.
    """

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="+")
    first_at = models.DateTimeField(_("from"))
    last_at = models.DateTimeField(_("until"))

    class Meta(TenantModel.Meta):
        verbose_name = _("validation request")
        verbose_name_plural = _("validation requests")
        constraints = [
            models.CheckConstraint(
                name="metering_validationrequest_ascends", condition=Q(last_at__gte=F("first_at"))
            )
        ]

    def __str__(self) -> str:
        """The device and the stretch."""
        return f"{self.device_id}: {self.first_at} - {self.last_at}"


class ValidationCursor(TenantModel):
    """Up to which arrival a utility's readings were validated."""

    utility = models.OneToOneField(Utility, on_delete=models.PROTECT, primary_key=True, related_name="+")
    validated_through = models.DateTimeField(_("validated through"))

    class Meta(TenantModel.Meta):
        verbose_name = _("validation cursor")
        verbose_name_plural = _("validation cursors")
        constraints = [
            models.UniqueConstraint(fields=["utility"], name="metering_validationcursor_one_a_utility")
        ]

    def __str__(self) -> str:
        """The instant."""
        return f"{self.validated_through}"


class WatchedMeter(TenantModel):
    """A meter whose last neighbourhood was not plain: its next readings are judged with what is around them.

    Of every other meter a reading that simply goes on from the last one is right without looking further.
    """

    device = models.OneToOneField(Device, on_delete=models.CASCADE, primary_key=True, related_name="+")

    class Meta(TenantModel.Meta):
        verbose_name = _("watched meter")
        verbose_name_plural = _("watched meters")
        constraints = [models.UniqueConstraint(fields=["device"], name="metering_watchedmeter_once_a_meter")]

    def __str__(self) -> str:
        """The device."""
        return f"{self.device_id}"
