"""What a person may reach; the only reads that look over the wall, by the person's own key."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils import formats
from django.utils.translation import gettext as _

from accounts.enums import SEES_MONEY, MembershipRole, StaffDuty
from accounts.models import Household, Membership, StaffRole, User, Utility
from accounts.period import Period, local_midnight, on_day
from accounts.scope import across_utilities, current_utility_id


class BeforeYourTimeError(ValueError):
    """Somebody asked for a home's past from before they had to do with it."""


@dataclass(frozen=True, slots=True)
class Access:
    """One home a person may enter, as what and since when."""

    household: Household
    utility: Utility
    role: MembershipRole
    since: date

    @property
    def sees_money(self) -> bool:
        """Whether bills and payments are this person's business."""
        return self.role in SEES_MONEY

    @property
    def since_instant(self) -> datetime:
        """The local midnight from which on the home's past is this person's too."""
        return local_midnight(self.since, self.utility.zone)

    @property
    def time(self) -> Period[datetime]:
        """When the home's days are this person's too."""
        return Period(self.since_instant)

    def visible(self, period: Period[datetime]) -> Period[datetime]:
        """The part of ``period`` in which the person had to do with the home; before, others lived there.

        Raises:
            BeforeYourTimeError: no part of it.
        """
        shared = period & self.time
        if shared is None:
            raise BeforeYourTimeError(
                _("This home is yours since %(day)s; what was before is not yours to see.")
                % {"day": formats.date_format(self.since)}
            )
        return shared


def homes_of(user: User, *, at: datetime) -> list[Access]:
    """All homes ``user`` may enter at ``at``, over all utilities, by utility and customer number."""
    with across_utilities("a person's own homes"):
        rows = Membership.objects.filter(user=user).select_related("household__building", "utility")
        rows = rows.order_by("utility__name", "household__customer_number")
        return [
            Access(
                household=row.household,
                utility=row.utility,
                role=MembershipRole(row.role),
                since=row.starts_on,
            )
            for row in rows
            if row.utility.local_date(at) in row.period
        ]


def access_to(user: User, household_id: int, *, at: datetime) -> Access | None:
    """The person's way into one home at ``at``; None where there is none, whether or not the home exists."""
    return next((access for access in homes_of(user, at=at) if access.household.pk == household_id), None)


def is_tied_elsewhere(user: User) -> bool:
    """Whether ``user`` has ever had a home or a duty at another utility than the one in scope."""
    here = current_utility_id()
    with across_utilities("who else answers for a person"):
        homes = Membership.objects.filter(user=user).exclude(utility_id=here)
        duties = StaffRole.objects.filter(user=user).exclude(utility_id=here)
        return homes.exists() or duties.exists()


def desk_utilities(user: User, *, at: datetime) -> list[Utility]:
    """The utilities whose desk ``user`` may open at ``at``, by name; all of them for a superuser."""
    if user.is_superuser:
        return list(Utility.objects.order_by("name"))
    with across_utilities("a clerk's own utilities"):
        rows = StaffRole.objects.filter(on_day(at.date()), user=user)
        return list(Utility.objects.filter(pk__in=rows.values("utility_id")).order_by("name"))


def duties_of(user: User, *, at: datetime) -> frozenset[StaffDuty]:
    """What ``user`` is trusted with at ``at`` at the utility in scope, by that utility's calendar."""
    today = Utility.objects.get(pk=current_utility_id()).local_date(at)
    roles = StaffRole.objects.filter(on_day(today), user=user)
    return frozenset(StaffDuty(duty) for duty in roles.values_list("duty", flat=True))


def staff_of(*, at: datetime, duties: Collection[StaffDuty] | None = None) -> QuerySet[User]:
    """Who works at the utility in scope, by name; with ``duties`` only those trusted with one of them."""
    today = Utility.objects.get(pk=current_utility_id()).local_date(at)
    roles = StaffRole.objects.filter(on_day(today))
    if duties is not None:
        roles = roles.filter(duty__in=duties)
    people = User.objects.filter(pk__in=roles.values("user_id"), is_active=True)
    return people.order_by("name", "pk")
