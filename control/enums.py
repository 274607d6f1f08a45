"""The closed lists of this app; every member says what it means."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mode(models.TextChoices):
    """What the controller may do at a substation."""

    SHADOW = "shadow", _("Shadow")  # computes and records, sends nothing
    ACTIVE = "active", _("Active")  # sends every target
    HOLD = "hold", _("On hold")  # decides nothing; the station keeps what it has


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
    BALANCE = "balance", _("Balancing")  # a valve gives its branch more or less of the water
    HOLD = "hold", _("On hold")  # an operator keeps the station where it is
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


class Severity(models.TextChoices):
    """How soon somebody must look."""

    CRITICAL = "critical", _("Critical")  # homes or plant are in danger: now
    MAJOR = "major", _("Major")  # comfort suffers before the shift ends
    MINOR = "minor", _("Minor")  # at the next round


class AlarmKind(models.TextChoices):
    """What the watch over the plant looks for; each has a rule in `control.alarms.rules`."""

    SILENT_STATION = "silent_station", _("Station silent")  # its controller says nothing
    GATEWAY_OFF = "gateway_off", _("Gateway off line")
    SUPPLY_LOW = "supply_low", _("Supply below its target")
    SUPPLY_HIGH = "supply_high", _("Supply above its target")
    NO_FLOW = "no_flow", _("No flow in frost")
    FROST = "frost", _("Return near freezing")
    MAKE_UP = "make_up", _("Much make-up water")
    LEAK = "leak", _("Pressure is falling")
    LIMIT = "limit", _("Signal outside its limits")  # the registry's, or the utility's own
    STATION = "station", _("The station's own alarm")
    REFUSED = "refused", _("The station refuses targets")
    METERS_SILENT = "meters_silent", _("Meters silent")
    METER_FAULTS = "meter_faults", _("Meter faults")
    UNACCOUNTED = "unaccounted", _("Records lost in ingest")  # taken, and neither stored nor kept aside


class AlarmStep(models.TextChoices):
    """What an entry of an alarm's history records."""

    RAISED = "raised", _("Raised")
    RETURNED = "returned", _("Raised again")  # soon after it had cleared
    CLEARED = "cleared", _("Cleared")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")
    NOTE = "note", _("Note")
    NOTIFIED = "notified", _("Sent by e-mail")
    ESCALATED = "escalated", _("Escalated")


class FactorKind(models.TextChoices):
    """What a factor turns energy into; the unit is part of it."""

    HEAT_CO2 = "heat_co2", _("kg CO2 per GJ of heat")
    HEAT_FUEL = "heat_fuel", _("kg of coal equivalent per GJ of heat")
    POWER_CO2 = "power_co2", _("kg CO2 per kWh of electricity")
