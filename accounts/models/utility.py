from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Currency


class Utility(models.Model):
    """A heat supplier: the tenant. Everything it owns carries it."""

    # Stands in every MQTT topic, so it is short, plain and for ever.
    slug = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, choices=Currency.choices)
    time_zone = models.CharField(max_length=64)
    locale = models.CharField(max_length=16, choices=settings.LANGUAGES, default="en")
    # The legal or promised minimum room temperature while heat is due.
    minimum_room_c = models.DecimalField(max_digits=4, decimal_places=1, default=18)

    class Meta:
        verbose_name = _("utility")
        verbose_name_plural = _("utilities")
        constraints = [
            models.CheckConstraint(
                name="accounts_utility_slug_fits_a_topic", condition=Q(slug__regex=r"^[a-z0-9][a-z0-9-]*$")
            ),
            models.CheckConstraint(
                name="accounts_utility_known_currency", condition=Q(currency__in=Currency.values)
            ),
            models.CheckConstraint(
                name="accounts_utility_sane_minimum",
                condition=Q(minimum_room_c__gte=10, minimum_room_c__lte=25),
            ),
        ]

    def __str__(self) -> str:
        """The utility's name."""
        return self.name

    def clean(self) -> None:
        """Refuse a time zone the machine does not know."""
        if self.time_zone not in available_timezones():
            message = _("%(name)s is not an IANA time zone.") % {"name": self.time_zone}
            raise ValidationError({"time_zone": message})

    @property
    def zone(self) -> ZoneInfo:
        """The utility's own clock."""
        return ZoneInfo(self.time_zone)

    def local_date(self, at: datetime) -> date:
        """The utility's calendar day at the instant ``at``."""
        return at.astimezone(self.zone).date()
