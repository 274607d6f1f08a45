"""The closed lists of this app; every member says what it means."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Currency(models.TextChoices):
    """ISO 4217; the number of minor digits is in ``MINOR_DIGITS``."""

    CNY = "CNY", _("Chinese yuan")
    DKK = "DKK", _("Danish krone")
    EUR = "EUR", _("Euro")
    SEK = "SEK", _("Swedish krona")


class Emitter(models.TextChoices):
    """What gives the heat to the room; it decides how fast and how hot the water may be."""

    RADIATOR = "radiator", _("Radiator")
    FLOOR = "floor", _("Floor heating")


class Orientation(models.TextChoices):
    """Where the largest windows look."""

    NORTH = "north", _("North")
    EAST = "east", _("East")
    SOUTH = "south", _("South")
    WEST = "west", _("West")


class CustomerClass(models.TextChoices):
    """Tariffs and taxes differ by it."""

    RESIDENTIAL = "residential", _("Residential")
    COMMERCIAL = "commercial", _("Commercial")


class MembershipRole(models.TextChoices):
    """What a person is to a home."""

    OWNER = "owner", _("Owner")  # pays, sees and invites
    MEMBER = "member", _("Member")  # lives there: sees, votes and may pay
    TENANT = "tenant", _("Tenant")  # rents it for a time: as the owner, from the day the tenancy began
    CARETAKER = "caretaker", _("Caretaker")  # looks after it: sees and votes, sees no money


class TokenScope(models.TextChoices):
    """What an access token may read of its owner's."""

    HOMES = "homes", _("Homes and their newest values")
    CONSUMPTION = "consumption", _("Heat used")
    ROOMS = "rooms", _("Room temperatures")
    COMFORT = "comfort", _("Votes and what the plant did")
    BILLS = "bills", _("Bills")


class NoticeKind(models.TextChoices):
    """What a person can be told of without having asked."""

    LEAK = "leak", _("Water is running away")
    FROST = "frost", _("A room is near freezing")
    OUTAGE = "outage", _("No heat at your address")
    BILL = "bill", _("A new bill")
    USE = "use", _("Unusual use")
    COMFORT = "comfort", _("The answer to a vote")


class Channel(models.TextChoices):
    """How a notice reaches a person beside the inbox."""

    EMAIL = "email", _("E-mail")
    PUSH = "push", _("Push")
    SMS = "sms", _("SMS")


class RequestKind(models.TextChoices):
    """What a person may ask about their data."""

    EXPORT = "export", _("A copy of my data")
    ERASURE = "erasure", _("To be forgotten")


class RequestState(models.TextChoices):
    """How far it has come."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being made")
    READY = "ready", _("Done")
    ENDED = "ended", _("Over")  # an archive that was cleared away, an erasure taken back


class ConsentPurpose(models.TextChoices):
    """For what data leaves us only with a person's own consent."""

    SMS = "sms", _("SMS through another company")
    PUSH = "push", _("Push through the browser's maker")


class AuditAction(models.TextChoices):
    """What was done to a row."""

    INSERT = "insert", _("added")
    UPDATE = "update", _("changed")
    DELETE = "delete", _("deleted")


class ChangeKind(models.TextChoices):
    """The things of a home whose changes an app follows, to show them offline."""

    ROOM = "room", _("Room")
    VOTE = "vote", _("Vote")
    COLD_TICKET = "cold_ticket", _("Cold home")
    INVOICE = "invoice", _("Invoice")


class StaffDuty(models.TextChoices):
    """What a member of the utility's staff is trusted with."""

    SERVICE = "service", _("Customer service")
    BILLING = "billing", _("Billing")
    NETWORK = "network", _("Network engineer")
    ADMIN = "admin", _("Utility administrator")
    AUDITOR = "auditor", _("Auditor")


MINOR_DIGITS = {Currency.CNY: 2, Currency.DKK: 2, Currency.EUR: 2, Currency.SEK: 2}
SEES_MONEY = frozenset({MembershipRole.OWNER, MembershipRole.MEMBER, MembershipRole.TENANT})
# Whom each role may let in; who is not named here lets nobody in.
INVITES = {
    MembershipRole.OWNER: (MembershipRole.MEMBER, MembershipRole.TENANT, MembershipRole.CARETAKER),
    MembershipRole.TENANT: (MembershipRole.MEMBER, MembershipRole.CARETAKER),
}
INVITED = [(role.value, role.label) for role in MembershipRole if role is not MembershipRole.OWNER]
