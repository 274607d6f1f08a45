"""What each duty lets a clerk do at the desk: Django permissions answered from staff roles.

No groups and no permission rows: the table below is the whole truth, and a role that ends takes its
permissions with it on the same day.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import User
from accounts.queries.access import duties_of
from accounts.scope import utility_in_scope

Grants = Mapping[str, frozenset[str]]

_APPS: Final = ("accounts", "metering", "comfort", "billing", "control")
_SEE: Final = frozenset({"view"})
_WORK: Final = frozenset({"view", "add", "change"})
_EVERYONE_SEES: Final[Grants] = dict.fromkeys(_APPS, _SEE)

# Nobody but a utility's administrator deletes: what was wrong is corrected by a new row.
GRANTS: Final[Mapping[StaffDuty, Grants]] = {
    StaffDuty.SERVICE: {**_EVERYONE_SEES, "accounts": _WORK, "comfort": _WORK},
    StaffDuty.BILLING: {**_EVERYONE_SEES, "billing": _WORK},
    StaffDuty.NETWORK: {**_EVERYONE_SEES, "metering": _WORK, "comfort": _WORK, "control": _WORK},
    StaffDuty.ADMIN: dict.fromkeys(_APPS, _WORK | {"delete"}),
    StaffDuty.AUDITOR: _EVERYONE_SEES,
}
# Tenants are made by those who run the whole service.
SUPERUSERS_ONLY: Final = frozenset({"accounts.utility"})
# Who may do what, and how much alone, is an administrator's business, whatever else a duty allows there.
ADMINISTRATORS_ONLY: Final = frozenset(
    {"accounts.staffrole", "accounts.user", "billing.paymentrules", "metering.storagerules"}
)

# Who did what is read by those who answer for it and those who check.
READ_BY: Final[Mapping[str, frozenset[StaffDuty]]] = {
    "accounts.auditentry": frozenset({StaffDuty.ADMIN, StaffDuty.AUDITOR})
}


class DutyBackend(BaseBackend):
    """Permissions of a clerk at the utility in scope; outside a scope there are none."""

    def has_perm(
        self, user_obj: AbstractBaseUser | AnonymousUser, perm: str, obj: Model | None = None
    ) -> bool:
        """Whether a duty held today grants ``perm``, such as ``metering.change_device``."""
        del obj  # the tenants' wall already decided which rows are there at all
        app, _, codename = perm.partition(".")
        action, _, model = codename.partition("_")
        duties = _duties(user_obj)
        duties &= READ_BY.get(f"{app}.{model}", duties)
        if action != "view":
            duties = _trusted(duties, f"{app}.{model}")
        return any(action in GRANTS[duty].get(app, ()) for duty in duties)

    def has_module_perms(self, user_obj: AbstractBaseUser | AnonymousUser, app_label: str) -> bool:
        """Whether any duty held today lets the person into the app at all."""
        return any(app_label in GRANTS[duty] for duty in _duties(user_obj))


def _trusted(duties: frozenset[StaffDuty], model: str) -> frozenset[StaffDuty]:
    if model in SUPERUSERS_ONLY:
        return frozenset()
    return duties & {StaffDuty.ADMIN} if model in ADMINISTRATORS_ONLY else duties


def _duties(user: AbstractBaseUser | AnonymousUser) -> frozenset[StaffDuty]:
    utility_id = utility_in_scope()
    if not isinstance(user, User) or not (user.is_active and user.is_staff) or utility_id is None:
        return frozenset()
    # A desk page asks for dozens of permissions; the person's row lives as long as the request.
    known: dict[int, frozenset[StaffDuty]] = user.__dict__.setdefault("_duties", {})
    if utility_id not in known:
        known[utility_id] = duties_of(user, at=timezone.now())
    return known[utility_id]
