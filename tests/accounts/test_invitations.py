"""Letting others in: by a code that works once, for a role, until a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.enums import MembershipRole
from accounts.models import Household, Membership, User
from accounts.operations.invitations import (
    LIFETIME,
    MOST_OPEN,
    TRIES,
    InvitationError,
    NewInvitation,
    NotYoursToInviteError,
    TooManyTriesError,
    accept,
    invite,
    look_at,
    withdraw,
)
from accounts.operations.people import put_out
from accounts.queries.access import Access, access_to
from accounts.queries.members import invitations_of, members_of
from tests.factories import SEASON_START, a_membership, a_resident, a_user

AT = datetime(2026, 1, 10, 4, tzinfo=UTC)
TODAY = date(2026, 1, 10)


def into(household: Household, user: User, *, at: datetime = AT) -> Access:
    access = access_to(user, household.pk, at=at)
    assert access is not None
    return access


def invited(household: Household, by: User, role: MembershipRole, ends_on: date | None = None) -> str:
    asked = NewInvitation(role=role, ends_on=ends_on, name="Somebody")
    _invitation, code = invite(access=into(household, by), by=by, asked=asked, at=AT)
    return code


def test_family_comes_into_the_past_of_who_invited_them(household: Household, resident: User) -> None:
    child = a_user()
    membership = accept(code=invited(household, resident, MembershipRole.MEMBER), user=child, at=AT)

    assert (membership.role, membership.starts_on, membership.ends_on) == ("member", SEASON_START, None)


@pytest.mark.parametrize("role", [MembershipRole.TENANT, MembershipRole.CARETAKER])
def test_others_come_from_today_until_the_day_agreed(
    household: Household, resident: User, role: MembershipRole
) -> None:
    end = TODAY + timedelta(days=90)
    membership = accept(code=invited(household, resident, role, end), user=a_user(), at=AT)

    assert (membership.role, membership.starts_on, membership.ends_on) == (role, TODAY, end)


def test_a_code_is_read_however_it_is_typed_and_opens_once(household: Household, resident: User) -> None:
    code = invited(household, resident, MembershipRole.MEMBER)
    accept(code=code.lower().replace("-", " "), user=a_user(), at=AT)

    with pytest.raises(InvitationError, match="opens no home"):
        accept(code=code, user=a_user(), at=AT)


def test_a_code_opens_nothing_after_its_week_nor_after_its_withdrawal(
    household: Household, resident: User
) -> None:
    late = invited(household, resident, MembershipRole.MEMBER)
    gone = invited(household, resident, MembershipRole.MEMBER)
    withdraw(invitation=look_at(gone, user=a_user(), at=AT), at=AT)

    for code, at in ((late, AT + LIFETIME), (gone, AT)):
        with pytest.raises(InvitationError, match="opens no home"):
            accept(code=code, user=a_user(), at=at)
    assert Membership.objects.count() == 1


def test_a_code_ends_with_the_one_who_gave_it(household: Household, resident: User) -> None:
    code = invited(household, resident, MembershipRole.CARETAKER)
    put_out(membership=Membership.objects.get(user=resident), today=TODAY)

    with pytest.raises(InvitationError, match="opens no home"):
        accept(code=code, user=a_user(), at=AT)


def test_who_is_there_already_keeps_the_code_unused(household: Household, resident: User) -> None:
    code = invited(household, resident, MembershipRole.MEMBER)

    with pytest.raises(InvitationError, match="still good"):
        accept(code=code, user=resident, at=AT)
    assert accept(code=code, user=a_user(), at=AT).role == "member"


def test_family_that_left_comes_back_from_the_day_it_left(household: Household, resident: User) -> None:
    child, left = a_user(), date(2025, 12, 24)
    a_membership(user=child, household=household, role=MembershipRole.MEMBER, ends_on=left)

    again = accept(code=invited(household, resident, MembershipRole.MEMBER), user=child, at=AT)

    assert again.starts_on == left


@pytest.mark.parametrize(
    ("role", "guest"),
    [
        (MembershipRole.MEMBER, MembershipRole.MEMBER),
        (MembershipRole.CARETAKER, MembershipRole.CARETAKER),
        (MembershipRole.TENANT, MembershipRole.TENANT),
        (MembershipRole.OWNER, MembershipRole.OWNER),
    ],
)
def test_nobody_gives_more_than_their_role_may(
    household: Household, role: MembershipRole, guest: MembershipRole
) -> None:
    person = a_resident(household=household, role=role)

    with pytest.raises(NotYoursToInviteError):
        invited(household, person, guest)


def test_an_invitation_must_not_end_before_it_begins(household: Household, resident: User) -> None:
    with pytest.raises(InvitationError, match="future"):
        invited(household, resident, MembershipRole.TENANT, TODAY)


def test_open_invitations_are_counted(household: Household, resident: User) -> None:
    for _number in range(MOST_OPEN):
        invited(household, resident, MembershipRole.MEMBER)

    with pytest.raises(InvitationError, match="Ten invitations"):
        invited(household, resident, MembershipRole.MEMBER)


def test_guessing_is_counted(household: Household, resident: User) -> None:
    code, guesser = invited(household, resident, MembershipRole.MEMBER), a_user()
    for _try in range(TRIES.burst):
        with pytest.raises(InvitationError):
            look_at("0000-0000-0000-0000", user=guesser, at=AT)

    with pytest.raises(TooManyTriesError):
        accept(code=code, user=guesser, at=AT)


def test_owners_end_others_tenants_their_guests_and_all_but_payers_themselves(
    household: Household, resident: User
) -> None:
    tenant, guest, caretaker = a_user(), a_user(), a_user()
    accept(code=invited(household, resident, MembershipRole.TENANT), user=tenant, at=AT)
    accept(code=invited(household, tenant, MembershipRole.MEMBER), user=guest, at=AT)
    accept(code=invited(household, resident, MembershipRole.CARETAKER), user=caretaker, at=AT)

    def may_end(user: User) -> set[User]:
        members = members_of(into(household, user), user, at=AT)
        return {member.membership.user for member in members if member.may_end}

    assert may_end(resident) == {tenant, guest, caretaker}
    assert may_end(tenant) == {guest}
    assert may_end(guest) == {guest}
    assert [one.membership.user for one in members_of(into(household, caretaker), caretaker, at=AT)] == [
        caretaker
    ]


def test_a_tenant_sees_their_own_invitations_only(household: Household, resident: User) -> None:
    tenant = a_user()
    accept(code=invited(household, resident, MembershipRole.TENANT), user=tenant, at=AT)
    invited(household, resident, MembershipRole.CARETAKER)
    invited(household, tenant, MembershipRole.MEMBER)

    assert invitations_of(into(household, resident), resident, at=AT).count() == 2
    assert [one.role for one in invitations_of(into(household, tenant), tenant, at=AT)] == ["member"]


def test_who_is_put_out_on_the_first_day_leaves_no_membership(household: Household, resident: User) -> None:
    code = invited(household, resident, MembershipRole.CARETAKER)
    membership = accept(code=code, user=a_user(), at=AT)

    put_out(membership=membership, today=TODAY)

    assert access_to(membership.user, household.pk, at=AT) is None
    with pytest.raises(InvitationError):
        accept(code=code, user=a_user(), at=AT)
