"""The closed lists of this app; every member says what it means."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Sensation(models.IntegerChoices):
    """The seven steps of ISO 7730 in a resident's words; 0 is comfortable."""

    MUCH_TOO_COLD = -3, _("Much too cold")
    TOO_COLD = -2, _("Too cold")
    A_LITTLE_COLD = -1, _("A little cold")
    COMFORTABLE = 0, _("Comfortable")
    A_LITTLE_WARM = 1, _("A little warm")
    TOO_WARM = 2, _("Too warm")
    MUCH_TOO_WARM = 3, _("Much too warm")


class TicketState(models.TextChoices):
    """How far a cold home's ticket has come."""

    NEW = "new", _("New")
    IN_HAND = "in_hand", _("In hand")  # somebody answers for it
    WAITING = "waiting", _("Waiting")  # for the resident, a part, an appointment
    CLOSED = "closed", _("Closed")


class Fault(models.TextChoices):
    """What kept a home under the minimum; the supplier's part is what may be refunded."""

    UNKNOWN = "unknown", _("Not known yet")
    SUPPLY = "supply", _("The supply")  # plant, network, balancing: ours to answer for
    HOME = "home", _("The home itself")  # windows, closed valves, works
    SENSOR = "sensor", _("The sensor")  # it was warm; the sensor said otherwise


class EntryKind(models.TextChoices):
    """What an entry of a ticket records."""

    COLD = "cold", _("Under the minimum")  # a spell began
    WARM = "warm", _("Warm again")  # it ended
    SILENT = "silent", _("The sensor fell silent")  # so nobody knows
    UNDUE = "undue", _("The heating season ended")
    TAKEN = "taken", _("Taken in hand")
    WAITS = "waits", _("Waiting")
    NOTE = "note", _("Note")
    CLOSED = "closed", _("Closed")
