from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Utility
from accounts.scope import TenantModel, UtilityKey
from metering.enums import TagKind
from metering.models.device import Device
from metering.vocabulary import label_of

# A utility's own signals begin so; no later vocabulary can therefore take their names.
OWN: Final = "own_"


def _ascending(*names: str) -> Q:
    """Each limit below the next; a missing one compares with nothing, and a check takes that as fulfilled."""
    pairs = [(low, high) for n, low in enumerate(names) for high in names[n + 1 :]]
    ordered = Q()
    for low, high in pairs:
        ordered &= (
            Q(**{f"{low}__isnull": True}) | Q(**{f"{high}__isnull": True}) | Q(**{f"{low}__lte": F(high)})
        )
    return ordered


class LimitedModel(models.Model):
    """Outside of the inner two limits a warning is due, outside of the outer two an alarm."""

    alarm_low = models.FloatField(_("alarm below"), null=True, blank=True)
    warning_low = models.FloatField(_("warning below"), null=True, blank=True)
    warning_high = models.FloatField(_("warning above"), null=True, blank=True)
    alarm_high = models.FloatField(_("alarm above"), null=True, blank=True)

    class Meta:
        abstract = True


LIMITS: Final = ("alarm_low", "warning_low", "warning_high", "alarm_high")


class TelemetryTag(LimitedModel):
    """A plant signal's name, unit, sane range and limits.

    Those without a utility are the vocabulary all utilities share; the others are one utility's own.
    """

    id = models.SmallAutoField(primary_key=True)
    utility = models.ForeignKey(
        Utility, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    name = models.CharField(_("name"), max_length=64)
    # Empty for the vocabulary: its words are the code's, in both languages.
    own_label = models.CharField(_("label"), max_length=120, blank=True)
    unit = models.CharField(_("unit"), max_length=16)
    kind = models.CharField(_("kind"), max_length=16, choices=TagKind.choices, default=TagKind.MEASUREMENT)
    low = models.FloatField(_("lowest"))
    high = models.FloatField(_("highest"))

    class Meta:
        verbose_name = _("plant signal")
        verbose_name_plural = _("plant signals")
        constraints = [
            models.CheckConstraint(name="metering_telemetrytag_has_a_range", condition=Q(low__lt=F("high"))),
            models.UniqueConstraint(
                fields=["utility", "name"], name="metering_telemetrytag_unique_name", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="metering_telemetrytag_own_by_name",
                condition=Q(utility=None) & ~Q(name__startswith=OWN)
                | Q(utility__isnull=False, name__startswith=OWN),
                violation_error_message=_("The name of a utility's own signal begins with 'own_'."),
            ),
            models.CheckConstraint(name="metering_telemetrytag_limits_ascend", condition=_ascending(*LIMITS)),
        ]

    def __str__(self) -> str:
        """The name, with its unit."""
        return f"{self.name} ({self.unit})"

    @property
    def label(self) -> str:
        """What a person reads, in the language in use."""
        return self.own_label or label_of(self.name)


class TagLimits(TenantModel, LimitedModel):
    """What one utility holds against a signal instead of what the vocabulary says."""

    tag = models.ForeignKey(
        TelemetryTag, on_delete=models.CASCADE, related_name="limits", verbose_name=_("plant signal")
    )
    low = models.FloatField(_("lowest"), null=True, blank=True, help_text=_("Empty: as in the vocabulary."))
    high = models.FloatField(_("highest"), null=True, blank=True, help_text=_("Empty: as in the vocabulary."))

    class Meta(TenantModel.Meta):
        verbose_name = _("limits of a signal")
        verbose_name_plural = _("limits of signals")
        constraints = [
            models.UniqueConstraint(fields=["utility", "tag"], name="metering_taglimits_once_a_signal"),
            models.CheckConstraint(
                name="metering_taglimits_ascend", condition=_ascending("low", "high") & _ascending(*LIMITS)
            ),
        ]

    def __str__(self) -> str:
        """The signal."""
        return str(self.tag)

    def clean(self) -> None:
        """Refuse a range that would be empty together with the vocabulary's other end."""
        if not hasattr(self, "tag"):  # the form could not read it, and has its own error for that
            return
        low = self.tag.low if self.low is None else self.low
        high = self.tag.high if self.high is None else self.high
        if low >= high:
            raise ValidationError({"low": _("The range of %(tag)s would be empty.") % {"tag": self.tag}})


class TagPath(TenantModel):
    """Where a utility's controllers say a signal under a name of their own, and in what unit.

    ``path`` leads through the JSON of the telemetry, its steps joined by dots; the stored value is
    ``factor * value + offset``.
    """

    path = models.CharField(_("path"), max_length=200)
    tag = models.ForeignKey(
        TelemetryTag, on_delete=models.CASCADE, related_name="paths", verbose_name=_("plant signal")
    )
    factor = models.FloatField(_("factor"), default=1)
    offset = models.FloatField(_("offset"), default=0)

    class Meta(TenantModel.Meta):
        verbose_name = _("path of a signal")
        verbose_name_plural = _("paths of signals")
        constraints = [
            models.UniqueConstraint(fields=["utility", "path"], name="metering_tagpath_unique_path"),
            models.CheckConstraint(
                name="metering_tagpath_scales",
                condition=~Q(factor=0)
                & Q(factor__gte=-1e12, factor__lte=1e12, offset__gte=-1e12, offset__lte=1e12),
            ),
        ]

    def __str__(self) -> str:
        """The path and the signal."""
        return f"{self.path} → {self.tag.name}"


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
