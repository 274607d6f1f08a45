"""Moving out, staying after all, and the register at the handover."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.enums import MembershipRole
from accounts.models import Contract, Household, Membership, User
from accounts.operations.invitations import NewInvitation, accept, invite
from accounts.queries.access import Access, access_to
from metering.models import MoveOut
from metering.operations.moves import MoveError, move_out, stay
from metering.queries.handover import handover
from tests.factories import a_contract, a_resident, a_user
from tests.metering.factories import a_meter, a_reading

AT = datetime(2026, 1, 10, 4, tzinfo=UTC)
TODAY = date(2026, 1, 10)
AWAY = date(2026, 2, 1)


@pytest.fixture
def contract(household: Household) -> Contract:
    return a_contract(household=household)


def into(household: Household, user: User) -> Access:
    access = access_to(user, household.pk, at=AT)
    assert access is not None
    return access


def ends(*people: User) -> list[date | None]:
    return [Membership.objects.get(user=person).ends_on for person in people]


def test_with_the_owner_the_contract_and_all_access_end(
    household: Household, contract: Contract, resident: User
) -> None:
    member = a_resident(household=household, role=MembershipRole.MEMBER)

    move_out(access=into(household, resident), user=resident, moves_on=AWAY, at=AT, said_wh=6_884_000)

    contract.refresh_from_db()
    assert [contract.ends_on, *ends(resident, member)] == [AWAY, AWAY, AWAY]
    assert MoveOut.objects.get().said_wh == 6_884_000


def test_a_tenant_takes_their_guests_along_and_nobody_else(
    household: Household, contract: Contract, resident: User
) -> None:
    tenant, guest = a_user(), a_user()
    for host, person, role in (
        (resident, tenant, MembershipRole.TENANT),
        (tenant, guest, MembershipRole.MEMBER),
    ):
        asked = NewInvitation(role=role)
        _row, code = invite(access=into(household, host), by=host, asked=asked, at=AT)
        accept(code=code, user=person, at=AT)

    move_out(access=into(household, tenant), user=tenant, moves_on=AWAY, at=AT)

    contract.refresh_from_db()
    assert [contract.ends_on, *ends(resident, tenant, guest)] == [None, None, AWAY, AWAY]


def test_who_stays_after_all_has_everything_as_it_was(
    household: Household, contract: Contract, resident: User
) -> None:
    caretaker, until = a_resident(household=household, role=MembershipRole.CARETAKER), date(2026, 3, 1)
    Membership.objects.filter(user=caretaker).update(ends_on=until)
    move = move_out(access=into(household, resident), user=resident, moves_on=AWAY, at=AT)
    assert ends(caretaker) == [AWAY]

    stay(move=move, at=AT)
    stay(move=move, at=AT)

    contract.refresh_from_db()
    assert [contract.ends_on, *ends(resident, caretaker)] == [None, None, until]


def test_what_somebody_ended_meanwhile_stays_ended(
    household: Household, contract: Contract, resident: User
) -> None:
    move = move_out(access=into(household, resident), user=resident, moves_on=AWAY, at=AT)
    sooner = AWAY - timedelta(days=5)
    Contract.objects.filter(pk=contract.pk).update(ends_on=sooner)

    stay(move=move, at=AT)

    contract.refresh_from_db()
    assert contract.ends_on == sooner


def test_after_the_day_nobody_comes_back_by_staying(household: Household, resident: User) -> None:
    move = move_out(access=into(household, resident), user=resident, moves_on=AWAY, at=AT)

    with pytest.raises(MoveError, match="moved already"):
        stay(move=move, at=datetime(2026, 2, 1, 4, tzinfo=UTC))
    assert ends(resident) == [AWAY]


@pytest.mark.parametrize("day", [TODAY, TODAY - timedelta(days=9), TODAY + timedelta(days=181)])
def test_the_day_lies_within_half_a_year(household: Household, resident: User, day: date) -> None:
    with pytest.raises(MoveError, match="half a year"):
        move_out(access=into(household, resident), user=resident, moves_on=day, at=AT)
    assert ends(resident) == [None]


def test_family_does_not_move_the_others_out(household: Household, resident: User) -> None:
    member = a_resident(household=household, role=MembershipRole.MEMBER)

    with pytest.raises(MoveError, match="Only who pays"):
        move_out(access=into(household, member), user=member, moves_on=AWAY, at=AT)
    assert ends(resident, member) == [None, None]


def test_a_move_is_told_once(household: Household, resident: User) -> None:
    move_out(access=into(household, resident), user=resident, moves_on=AWAY, at=AT)

    with pytest.raises(MoveError, match="already"):
        move_out(access=into(household, resident), user=resident, moves_on=AWAY, at=AT)


def test_the_final_register_is_that_of_the_local_midnight(household: Household) -> None:
    meter = a_meter(household=household)
    midnight = datetime(2026, 1, 31, 16, tzinfo=UTC)
    a_reading(device=meter, measured_at=midnight - timedelta(hours=1), energy_wh=1_000)
    assert handover(household, day=AWAY)[0].energy_wh is None

    a_reading(device=meter, measured_at=midnight + timedelta(hours=3), energy_wh=1_400)

    (register,) = handover(household, day=AWAY)
    assert (register.serial, register.energy_wh, register.is_estimated) == (meter.serial, 1_100, False)


def test_far_from_a_reading_the_register_is_an_estimate(household: Household) -> None:
    meter = a_meter(household=household)
    midnight = datetime(2026, 1, 31, 16, tzinfo=UTC)
    a_reading(device=meter, measured_at=midnight - timedelta(hours=6), energy_wh=1_000)
    a_reading(device=meter, measured_at=midnight + timedelta(hours=6), energy_wh=2_000)

    (register,) = handover(household, day=AWAY)
    assert (register.energy_wh, register.is_estimated) == (1_500, True)
