from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Substation
from accounts.scope import TenantModel
from control.enums import WeatherSource


class OutdoorForecast(TenantModel):
    """The newest word on the outdoor temperature of one hour at one station; past hours stay as they were."""

    substation = models.ForeignKey(Substation, on_delete=models.CASCADE, related_name="forecasts")
    valid_at = models.DateTimeField(_("valid at"))
    outdoor_c = models.FloatField(_("outdoors, °C"))
    source = models.CharField(_("source"), max_length=16, choices=WeatherSource.choices)
    made_at = models.DateTimeField(_("made at"))

    class Meta(TenantModel.Meta):
        verbose_name = _("outdoor forecast")
        verbose_name_plural = _("outdoor forecasts")
        constraints = [
            models.UniqueConstraint(fields=["substation", "valid_at"], name="control_forecast_unique_hour"),
            models.CheckConstraint(
                name="control_forecast_on_earth", condition=Q(outdoor_c__gte=-70, outdoor_c__lte=60)
            ),
        ]

    def __str__(self) -> str:
        """The temperature to come."""
        return f"{self.outdoor_c:.1f} °C"
