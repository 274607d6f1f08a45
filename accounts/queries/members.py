"""Who is let into a home, and whom each of them may put out again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet

from accounts.enums import INVITES, SEES_MONEY, MembershipRole
from accounts.models import Invitation, Membership, User
from accounts.period import on_day
from accounts.queries.access import Access


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a home, as the one who asks sees them."""

    membership: Membership
    is_me: bool
    may_end: bool


def members_of(access: Access, user: User, *, at: datetime) -> list[Member]:
    """All who are let in now or will be; a caretaker learns of nobody but themselves."""
    today = access.utility.local_date(at)
    rows = Membership.objects.filter(
        on_day(today) | Q(starts_on__gt=today), household=access.household
    ).select_related("user", "invitation")
    if access.role not in SEES_MONEY:
        rows = rows.filter(user=user)
    return [
        Member(row, is_me=row.user_id == user.pk, may_end=_may_end(row, access, user))
        for row in rows.order_by("starts_on", "pk")
    ]


def open_invitations(household_id: int, *, at: datetime) -> QuerySet[Invitation]:
    """Those whose code still opens the home, newest first."""
    rows = Invitation.objects.filter(
        household=household_id, accepted_at=None, revoked_at=None, expires_at__gt=at
    )
    return rows.select_related("invited_by").order_by("-created_at", "-pk")


def invitations_of(access: Access, user: User, *, at: datetime) -> QuerySet[Invitation]:
    """The open ones that ``user`` may see and withdraw: an owner all of them, a tenant their own."""
    rows = open_invitations(access.household.pk, at=at)
    return rows if access.role == MembershipRole.OWNER else rows.filter(invited_by=user)


def membership_of(user_id: int, *, household_id: int, on: date) -> Membership | None:
    """As what ``user_id`` belongs to the home on a day."""
    return Membership.objects.filter(on_day(on), household=household_id, user=user_id).first()


def _may_end(row: Membership, access: Access, user: User) -> bool:
    """Anybody leaves by themselves, but who pays moves out; owners end the others, tenants their guests."""
    if row.user_id == user.pk:
        return row.role not in INVITES
    if access.role == MembershipRole.OWNER:
        return row.role != MembershipRole.OWNER
    invitation = getattr(row, "invitation", None)
    return invitation is not None and invitation.invited_by_id == user.pk
