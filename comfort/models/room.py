from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Household
from accounts.scope import TenantModel
from metering.models import Device


class Room(TenantModel):
    """A room of a home; with a sensor, its temperature is known."""

    household = models.ForeignKey(Household, on_delete=models.CASCADE, related_name="rooms")
    name = models.CharField(_("name"), max_length=64)
    sensor = models.OneToOneField(
        Device,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="room",
        verbose_name=_("sensor"),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta(TenantModel.Meta):
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        constraints = [
            models.UniqueConstraint(fields=["household", "name"], name="comfort_room_unique_name"),
            models.CheckConstraint(name="comfort_room_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        """The room's name."""
        return self.name
