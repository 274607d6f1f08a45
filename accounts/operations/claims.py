"""A person claims a home as theirs, with what only somebody who lives there can know.

The code on a bill proves the contract: it opens the home's past since the contract began. A customer number
and the serial on the meter prove only that somebody stood before the meter, which a former tenant did too:
they open a home nobody else has, from today on. Every refusal is the same one, so that nobody learns by
asking which numbers exist.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import MembershipRole
from accounts.models import Contract, Household, Membership, User
from accounts.operations.people import admit_member
from accounts.period import on_day
from accounts.scope import utility_scope


class ClaimRefusedError(ValueError):
    """The claim does not hold; the sentence is the same whatever was wrong with it."""

    def __init__(self) -> None:
        """Say it."""
        super().__init__(
            _(
                "These details open no home. Check them on your bill and on the meter; if people already "
                "live there with an account, use the code on the bill or ask them to let you in."
            )
        )


def claim_by_code(*, user: User, contract: Contract | None, at: datetime) -> Membership:
    """Let ``user`` into the home of ``contract``, with its past since the contract began.

    Raises:
        ClaimRefusedError: the code named no running contract, or the person's time in the home has ended
            under it, or is still to come.
    """
    if contract is None:
        raise ClaimRefusedError
    return _claim(contract.household, user=user, starts_on=contract.starts_on, at=at, joins=True)


def claim_by_meter(*, user: User, household: Household | None, at: datetime) -> Membership:
    """Let ``user`` into the home whose meter they stand before, from today on.

    Raises:
        ClaimRefusedError: the numbers named no home, somebody lives there, or ``user`` once did.
    """
    if household is None:
        raise ClaimRefusedError
    today = household.utility.local_date(at)
    return _claim(household, user=user, starts_on=today, at=at, joins=False)


@transaction.atomic
def _claim(household: Household, *, user: User, starts_on: date, at: datetime, joins: bool) -> Membership:
    today = household.utility.local_date(at)
    with utility_scope(household.utility_id):
        # Two who claim at once are let in one after the other, so only one becomes the owner.
        Household.objects.select_for_update().get(pk=household.pk)
        now = Membership.objects.filter(on_day(today), household=household)
        if held := now.filter(user=user).first():
            return held
        earlier = Membership.objects.filter(household=household, user=user)
        is_coming = earlier.filter(starts_on__gt=today).exists()
        # Who was put out under this contract still has its code in a drawer.
        was_put_out = earlier.filter(ends_on__gt=starts_on).exists()
        if is_coming or was_put_out or (not joins and (now.exists() or earlier.exists())):
            raise ClaimRefusedError
        is_owned = now.filter(role=MembershipRole.OWNER).exists()
        return admit_member(
            household=household,
            user=user,
            role=MembershipRole.MEMBER if is_owned else MembershipRole.OWNER,
            starts_on=starts_on,
        )
