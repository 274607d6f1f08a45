"""One file a concept."""

from accounts.models.contact import ContactNote
from accounts.models.contract import Contract
from accounts.models.invitation import Invitation
from accounts.models.look import ResidentLook
from accounts.models.network import Building, HeatSource, Household, Substation
from accounts.models.people import Membership, StaffRole, User
from accounts.models.token import AccessToken
from accounts.models.utility import Utility

__all__ = [
    "AccessToken",
    "Building",
    "ContactNote",
    "Contract",
    "HeatSource",
    "Household",
    "Invitation",
    "Membership",
    "ResidentLook",
    "StaffRole",
    "Substation",
    "User",
    "Utility",
]
