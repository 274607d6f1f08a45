"""The closed lists of this app; every member says what it means."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DeviceKind(models.TextChoices):
    """What a device is for; it decides which channels it may speak on."""

    HEAT_METER = "heat_meter", _("Heat meter")  # counts energy and volume
    ROOM_SENSOR = "room_sensor", _("Room sensor")  # air temperature and humidity of one room
    GATEWAY = "gateway", _("Gateway")  # measures nothing, carries the telegrams of its meters
    SUBSTATION_CONTROLLER = "substation_controller", _("Substation controller")  # telemetry up, targets down
    VALVE = "valve", _("Balancing valve")  # before a building or a flat; targets down, answers up


class Quality(models.TextChoices):
    """How far a value can be trusted."""

    MEASURED = "measured", _("Measured")  # as the meter said
    ESTIMATED = "estimated", _("Estimated")  # between registers: the sum is measured, the split is not
    SUSPECT = "suspect", _("Suspect")  # the meter said it, and flagged an error of its own


class TagKind(models.TextChoices):
    """What a plant signal is."""

    MEASUREMENT = "measurement", _("Measurement")
    SETPOINT = "setpoint", _("Setpoint")
    COUNTER = "counter", _("Counter")  # only grows: energy, volume, hours
    STATUS = "status", _("Status")  # 1 is yes, 0 is no
    ALARM = "alarm", _("Alarm")  # 1 while something is wrong


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
    VANISHED = "vanished", _("Not stored")  # a rule in the database made it disappear


class Finding(models.TextChoices):
    """What a rule found in a stored reading; the labels are the reasons a person reads."""

    # The register cannot be used: consumption takes such a reading as absent.
    BAD_REGISTER = "bad_register", _("A placeholder instead of a register")  # blank zero, 1.8e21, negative
    FUTURE = "future", _("Measured after it arrived")
    NOT_INSTALLED = "not_installed", _("Measured while the meter did not hang here")
    CONFLICT = "conflict", _("Another register stands at the same instant")
    DIP = "dip", _("The register fell and recovered")
    SPIKE = "spike", _("The register rose beyond the meter's size and came back")
    DECREASE = "decrease", _("The register fell, and nothing explains it yet")
    LEVEL = "level", _("The register stays on another level: an exchange nobody recorded?")
    FROZEN = "frozen", _("The register stood still while heat was flowing")
    METER_ERROR = "meter_error", _("The meter reported an error of its own")
    REJECTED = "rejected", _("A person rejected it")
    # The register can be used; something about it wants to be known.
    ROLLOVER = "rollover", _("The register rolled over")
    DUPLICATE = "duplicate", _("Delivered twice")
    LATE = "late", _("Arrived after later readings")
    DRIFT = "drift", _("The meter's clock is off")
    BAD_GAUGE = "bad_gauge", _("A placeholder instead of a gauge")  # -39.9, 0.0 °C, 65535, 8000001
    GAUGE_ERROR = "gauge_error", _("The meter doubts another of its values, not its energy")
    OVERLOAD = "overload", _("More power than the meter's size allows")
    POWER = "power", _("Power does not fit flow and temperatures")
    ENERGY_STEP = "energy_step", _("The register's step does not fit the power")
    VOLUME_STEP = "volume_step", _("The volume's step does not fit the flow")
    REVERSED = "reversed", _("Return above supply under load")
    TARGET = "target", _("The target-day value differs from our own reading of that day")


class Decision(models.TextChoices):
    """What a person decided about a reading that a rule had questioned."""

    ACCEPTED = "accepted", _("Accepted as it is")
    REJECTED = "rejected", _("Rejected")
    # As rejected; the register that the readings around it give is noted beside the decision.
    ESTIMATED = "estimated", _("Estimated from the readings around it")
    ROLLED_OVER = "rolled_over", _("The register rolled over")
    UNDONE = "undone", _("Taken back")


class GapKind(models.TextChoices):
    """What gave a gap in a meter's readings away."""

    SEQUENCE = "sequence", _("Its count")  # the meter numbers its readings, and numbers are missing
    INTERVAL = "interval", _("Its interval")  # a step longer than the usual one
    SILENCE = "silence", _("Its silence")  # nothing has come since


class GapState(models.TextChoices):
    """Where a gap stands."""

    OPEN = "open", _("Open")
    ASKED = "asked", _("Asked for")
    FILLED = "filled", _("Filled")
    GIVEN_UP = "given_up", _("Given up")  # asked five times in vain; filled all the same if it comes


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


class PlaceSum(models.TextChoices):
    """Whose meters a sum is over, and for which place."""

    BUILDING = "building", _("Building's main meter")
    BUILDING_HOMES = "building_homes", _("Homes of the building")
    SUBSTATION = "substation", _("Substation's own meter")
    SUBSTATION_BUILDINGS = "substation_buildings", _("Main meters of the substation's buildings")
    SUBSTATION_HOMES = "substation_homes", _("Homes of the substation")


class ImportState(models.TextChoices):
    """How far a file of readings that was uploaded at the desk is."""

    TRYING = "trying", _("Being tried")  # a worker looks at every row and stores none
    TRIED = "tried", _("Tried, waits for a decision")  # a person reads what would become of it
    IMPORTING = "importing", _("Being imported")
    IMPORTED = "imported", _("Imported")
    FAILED = "failed", _("Failed")  # the file cannot be read to its end, or no worker got on with it
    LAPSED = "lapsed", _("Lapsed")  # tried, and nobody decided in time
