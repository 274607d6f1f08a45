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
