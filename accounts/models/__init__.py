"""One file a concept."""

from accounts.models.audit import AuditEntry
from accounts.models.change import HomeChange
from accounts.models.contact import ContactNote
from accounts.models.contract import Contract
from accounts.models.invitation import Invitation
from accounts.models.look import ResidentLook
from accounts.models.network import Building, HeatSource, Household, Substation
from accounts.models.notice import Delivery, Notice, NoticeChoice, NoticeSettings, PushSubscription
from accounts.models.outage import Outage
from accounts.models.people import Membership, StaffRole, User
from accounts.models.privacy import Consent, DataRequest
from accounts.models.token import AccessToken
from accounts.models.utility import Utility

__all__ = [
    "AccessToken",
    "AuditEntry",
    "Building",
    "Consent",
    "ContactNote",
    "Contract",
    "DataRequest",
    "Delivery",
    "HeatSource",
    "HomeChange",
    "Household",
    "Invitation",
    "Membership",
    "Notice",
    "NoticeChoice",
    "NoticeSettings",
    "Outage",
    "PushSubscription",
    "ResidentLook",
    "StaffRole",
    "Substation",
    "User",
    "Utility",
]
