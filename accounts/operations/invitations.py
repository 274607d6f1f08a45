"""Those who live in a home let others in: by a code that works once, for a role, until a day."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import INVITES, MembershipRole
from accounts.models import Household, Invitation, Membership, User
from accounts.operations.people import admit_member
from accounts.period import on_day
from accounts.queries.access import Access
from accounts.queries.claims import ALPHABET, MISREAD
from accounts.queries.members import membership_of, open_invitations
from accounts.scope import across_utilities, utility_scope
from config.api.throttle import Rate, take

# 80 bits, and twenty tries an hour.
CODE_LENGTH: Final = 16
GROUP: Final = 4
LIFETIME: Final = timedelta(days=7)
MOST_OPEN: Final = 10
TRIES: Final = Rate(name="invitations", burst=20, window_s=3600)


class InvitationError(ValueError):
    """An invitation that cannot be made, or a code that opens nothing; the sentence says why."""


class NotYoursToInviteError(InvitationError):
    """The person's own role lets nobody of that role in."""


class TooManyTriesError(RuntimeError):
    """Somebody is guessing codes; ``wait_s`` seconds until the next try counts."""

    def __init__(self, wait_s: float) -> None:
        """Keep how long to wait."""
        super().__init__(f"too many codes tried, wait {wait_s:.0f} s")
        self.wait_s = wait_s


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """Whom to let in: as what, until before which day, and a name to know the invitation by."""

    role: MembershipRole
    ends_on: date | None = None
    name: str = ""


@transaction.atomic
def invite(*, access: Access, by: User, asked: NewInvitation, at: datetime) -> tuple[Invitation, str]:
    """A new invitation to the home of ``access``, and its code, which nobody can be told again.

    Raises:
        NotYoursToInviteError: the role of ``by`` lets nobody of that role in.
        InvitationError: it would end at once, or too many are open.
    """
    if asked.role not in INVITES.get(access.role, ()):
        raise NotYoursToInviteError(_("Your role in this home does not let you invite such a person."))
    today = access.utility.local_date(at)
    if asked.ends_on is not None and asked.ends_on <= today:
        raise InvitationError(_("The last day must lie in the future."))
    # One after the other, or two at once would both be the last one allowed.
    Household.objects.select_for_update(no_key=True).get(pk=access.household.pk)
    if open_invitations(access.household.pk, at=at).count() >= MOST_OPEN:
        raise InvitationError(
            _("Ten invitations to this home are open. Withdraw one that is no longer needed.")
        )
    code = "".join(secrets.choice(ALPHABET) for _digit in range(CODE_LENGTH))
    invitation = Invitation.objects.create(
        household=access.household,
        role=asked.role,
        name=asked.name,
        ends_on=asked.ends_on,
        digest=_digest(code),
        invited_by=by,
        created_at=at,
        expires_at=at + LIFETIME,
    )
    return invitation, "-".join(code[place : place + GROUP] for place in range(0, CODE_LENGTH, GROUP))


def withdraw(*, invitation: Invitation, at: datetime) -> None:
    """Let the code open nothing any more. What was accepted stays; withdrawn twice is withdrawn once."""
    Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None).update(revoked_at=at)


def look_at(code: str, *, user: User, at: datetime) -> Invitation:
    """The open invitation that ``code`` is, for the one who holds it; each look is a try.

    Raises:
        InvitationError: it opens nothing; the same sentence whatever is wrong with it.
        TooManyTriesError: too many tries.
        redis.RedisError: tries cannot be counted, and uncounted ones are not let through.
    """
    verdict = take(rate=TRIES, bucket=str(user.pk))
    if not verdict.allowed:
        raise TooManyTriesError(verdict.retry_after_s)
    with across_utilities("the holder of a code looks at the home it opens"):
        invitations = Invitation.objects.select_related("household__building", "utility", "invited_by")
        invitation = invitations.filter(digest=_digest(code.upper().translate(MISREAD))).first()
    if invitation is None or not _holds(invitation, at=at):
        raise _refusal()
    return invitation


def accept(*, code: str, user: User, at: datetime) -> Membership:
    """Let ``user`` into the home that ``code`` opens; the code is used up.

    Family comes into the past of the one who invited, everybody else from today on.

    Raises:
        InvitationError: the code opens nothing, or ``user`` has the home already.
        TooManyTriesError: too many tries.
        redis.RedisError: as :func:`look_at`.
    """
    return _enter(look_at(code, user=user, at=at), user=user, at=at)


@transaction.atomic
def _enter(found: Invitation, *, user: User, at: datetime) -> Membership:
    today = found.utility.local_date(at)
    with utility_scope(found.utility_id):
        Household.objects.select_for_update(no_key=True).get(pk=found.household_id)
        invitation = Invitation.objects.select_for_update().get(pk=found.pk)
        if not _holds(invitation, at=at):
            raise _refusal()
        mine = Membership.objects.filter(household=invitation.household_id, user=user)
        if mine.filter(on_day(today)).exists() or mine.filter(starts_on__gt=today).exists():
            raise InvitationError(_("You are let into this home already. The invitation is still good."))
        starts_on = today
        if invitation.role == MembershipRole.MEMBER:
            host = _host(invitation, on=today)
            ends = [row.ends_on for row in mine if row.ends_on]
            starts_on = max([host.starts_on, *ends]) if host else today
        membership = admit_member(
            household=invitation.household,
            user=user,
            role=MembershipRole(invitation.role),
            starts_on=starts_on,
            ends_on=invitation.ends_on,
        )
        invitation.accepted_at, invitation.membership = at, membership
        invitation.save(update_fields=["accepted_at", "membership"])
    return membership


def _holds(invitation: Invitation, *, at: datetime) -> bool:
    """Whether its code still opens the home: who invited must still be there, and allowed to."""
    today = invitation.utility.local_date(at)
    if not invitation.is_open(at) or (invitation.ends_on is not None and invitation.ends_on <= today):
        return False
    with utility_scope(invitation.utility_id):
        host = _host(invitation, on=today)
    return host is not None and invitation.role in INVITES.get(MembershipRole(host.role), ())


def _host(invitation: Invitation, *, on: date) -> Membership | None:
    return membership_of(invitation.invited_by_id, household_id=invitation.household_id, on=on)


def _refusal() -> InvitationError:
    return InvitationError(_("This code opens no home. Ask the person who gave it to you for a new one."))


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
