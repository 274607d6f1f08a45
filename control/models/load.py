from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Substation
from accounts.scope import TenantModel


class LoadHour(TenantModel):
    """The mean heat a station gave in one hour, from its telemetry."""

    substation = models.ForeignKey(Substation, on_delete=models.CASCADE, related_name="load_hours")
    hour = models.DateTimeField(_("hour"))
    load_w = models.FloatField(_("load, W"))
    samples = models.PositiveIntegerField(_("samples"))

    class Meta(TenantModel.Meta):
        verbose_name = _("hourly load")
        verbose_name_plural = _("hourly loads")
        constraints = [
            models.UniqueConstraint(fields=["substation", "hour"], name="control_loadhour_unique"),
            models.CheckConstraint(name="control_loadhour_measured", condition=Q(samples__gte=1)),
        ]

    def __str__(self) -> str:
        """The load."""
        return f"{self.load_w / 1000:.1f} kW"


class LoadForecast(TenantModel):
    """The 72 hours from ``first_hour``: as forecast, and as the two baselines would have it, in watts.

    ``load_w`` is empty while a station has too little history; the baselines are kept to be measured by.
    """

    substation = models.ForeignKey(Substation, on_delete=models.CASCADE, related_name="load_forecasts")
    first_hour = models.DateTimeField(_("first hour"))
    made_at = models.DateTimeField(_("made at"))
    load_w = ArrayField(models.FloatField(), verbose_name=_("load, W"))
    persistence_w = ArrayField(models.FloatField(), verbose_name=_("persistence, W"))
    degree_days_w = ArrayField(models.FloatField(), verbose_name=_("degree-days, W"))

    class Meta(TenantModel.Meta):
        verbose_name = _("load forecast")
        verbose_name_plural = _("load forecasts")
        constraints = [
            models.UniqueConstraint(fields=["substation", "first_hour"], name="control_loadforecast_unique"),
            models.CheckConstraint(
                name="control_loadforecast_three_days_or_none", condition=Q(load_w__len__in=[0, 72])
            ),
        ]

    def __str__(self) -> str:
        """When it begins."""
        return self.first_hour.isoformat()


class LoadForecastScore(TenantModel):
    """How far a forecast was off over its first 24 or all 72 hours, beside the baselines; mean, in watts."""

    forecast = models.ForeignKey(LoadForecast, on_delete=models.CASCADE, related_name="scores")
    hours_ahead = models.PositiveSmallIntegerField(_("hours ahead"))
    # Of the hours ahead, those whose load is known.
    hours = models.PositiveSmallIntegerField(_("hours measured"))
    mean_load_w = models.FloatField(_("mean load, W"))
    error_w = models.FloatField(_("error, W"))
    persistence_error_w = models.FloatField(_("persistence's error, W"))
    degree_days_error_w = models.FloatField(_("degree-days' error, W"))

    class Meta(TenantModel.Meta):
        verbose_name = _("load forecast's error")
        verbose_name_plural = _("load forecasts' errors")
        constraints = [
            models.UniqueConstraint(fields=["forecast", "hours_ahead"], name="control_loadscore_once"),
            models.CheckConstraint(
                name="control_loadscore_of_a_day_or_three", condition=Q(hours_ahead__in=[24, 72])
            ),
            models.CheckConstraint(
                name="control_loadscore_hours_within",
                condition=Q(hours__gte=1, hours__lte=F("hours_ahead")),
            ),
        ]

    def __str__(self) -> str:
        """The error."""
        return f"{self.error_w / 1000:.1f} kW"
