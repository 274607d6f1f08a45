"""The closed lists of this app; every member says what it means."""

from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """What the controller may do at a substation."""

    SHADOW = "shadow", _("Shadow")  # computes and records, sends nothing
    ACTIVE = "active", _("Active")  # sends every target
    HOLD = "hold", _("On hold")  # neither computes nor sends; the station runs its own curve


class TargetState(models.TextChoices):
    """What happened to a target, one transition each."""

    ISSUED = "issued", _("Issued")  # decided and stored, to be sent
    SHADOWED = "shadowed", _("Shadow")  # decided and stored, never sent
    PUBLISHED = "published", _("Sent")  # the broker has it
    APPLIED = "applied", _("Applied")  # the station says it obeys
    REJECTED = "rejected", _("Rejected")  # the station refuses
    EXPIRED = "expired", _("Expired")  # ran out before anything replaced it


class Cause(models.TextChoices):
    """Why a new target was issued."""

    START = "start", _("First target")
    WEATHER = "weather", _("Weather")  # the setpoint moved by more than the deadband
    COMFORT = "comfort", _("Residents' votes")  # votes arrived or their shift moved the setpoint
    REFRESH = "refresh", _("Renewal")  # the former one would have run out


class WeatherSource(models.TextChoices):
    """Where an outdoor temperature to come was taken from."""

    OPEN_METEO = "open-meteo", _("Open-Meteo")
    CLIMATE = "climate", _("Climate model")


# What a station answers; nothing follows either.
ANSWERED: Final = frozenset({TargetState.APPLIED, TargetState.REJECTED})
