"""The closed lists of this app; every member says what it means."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceKind(models.TextChoices):
    """What a device is for; it decides which channels it may speak on."""

    HEAT_METER = "heat_meter", _("Heat meter")  # counts energy and volume
    ROOM_SENSOR = "room_sensor", _("Room sensor")  # air temperature and humidity of one room
    GATEWAY = "gateway", _("Gateway")  # measures nothing, carries the telegrams of its meters
    SUBSTATION_CONTROLLER = "substation_controller", _("Substation controller")  # telemetry up, targets down


class Quality(models.TextChoices):
    """How far a value can be trusted."""

    MEASURED = "measured", _("Measured")  # as the meter said
    ESTIMATED = "estimated", _("Estimated")  # between registers: the sum is measured, the split is not
    SUSPECT = "suspect", _("Suspect")  # the meter said it, and flagged an error of its own


class TagKind(models.TextChoices):
    """What a plant signal is."""

    MEASUREMENT = "measurement", _("Measurement")
    SETPOINT = "setpoint", _("Setpoint")


# The codes are counted, filtered and searched for; a new one needs a decision at the desk, so they are few.
class Reason(models.TextChoices):
    """Why a message could not be stored; the detail beside it is a sentence."""

    MALFORMED = "malformed", _("Malformed")  # no JSON, or a field that is not what it must be
    UNKNOWN_FORMAT = "unknown_format", _("Unknown format")  # JSON, but no registered format
    IMPLAUSIBLE = "implausible", _("Implausible")  # read well, but cannot be true: future, absurd, NaN
    BAD_TOPIC = "bad_topic", _("Unknown topic")  # no such utility or channel
    UNKNOWN_DEVICE = "unknown_device", _("Unknown device")  # the sender is not registered
    # The gateway carries a meter that is not registered, or does not hang on it.
    UNKNOWN_METER = "unknown_meter", _("Unknown meter")
    UNKNOWN_TAG = "unknown_tag", _("Unknown signal")  # a telemetry point outside the vocabulary
    CONFLICT = "conflict", _("Conflict")  # another register is stored for this meter and instant


class QuarantineState(models.TextChoices):
    """Where a quarantined message stands."""

    WAITING = "waiting", _("Waiting")
    RELEASED = "released", _("Released")  # stored after all
    DISCARDED = "discarded", _("Discarded")  # judged worthless by a person who said why


class Resolution(models.TextChoices):
    """How finely a series is cut; days and months are the utility's local calendar."""

    RAW = "raw", _("As read")  # from one reading to the next
    HOUR = "hour", _("Hour")
    DAY = "day", _("Day")  # 23 or 25 hours where the clock changes
    MONTH = "month", _("Month")
