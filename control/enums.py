"""The closed lists of this app; every member says what it means."""

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


class AnswerState(models.TextChoices):
    """How far the answer to a vote has come."""

    WAITING = "waiting", _("Waiting for the next decision")
    DECIDED = "decided", _("Decided, on its way to the station")
    SENT = "sent", _("Sent to the station")
    APPLIED = "applied", _("The station obeys")
    REFUSED = "refused", _("The station refused")
    EXPIRED = "expired", _("Ran out")  # the station went back to its own curve
    WATCHED = "watched", _("Only watched")  # nothing is sent to this station yet
    UNSTEERED = "unsteered", _("Not steered")  # no control, or on hold


class WeatherSource(models.TextChoices):
    """Where an outdoor temperature to come was taken from."""

    OPEN_METEO = "open-meteo", _("Open-Meteo")
    CLIMATE = "climate", _("Climate model")
