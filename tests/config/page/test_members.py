"""The page of a home's people, and the page of who is invited."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import MembershipRole
from accounts.models import Contract, Household, Invitation, Membership, User
from tests.factories import a_contract, a_resident, a_user


@pytest.fixture
def root(client: Client, household: Household, resident: User) -> str:
    client.force_login(resident)
    return f"/homes/{household.pk}"


def test_an_address_lets_the_family_in(client: Client, root: str, household: Household) -> None:
    asked = {"invite-name": "Xiao Ming", "invite-role": "member"}
    page = client.post(f"{root}/people", asked).content.decode()
    link = re.search(r"/join\?code=[\w-]{19}", page)
    assert link
    child = a_user(name="Xiao Ming")
    client.force_login(child)

    shown = client.get(link[0]).content.decode()
    entered = client.post("/join", {"code": link[0].split("=")[1]})

    assert "Li Na lets you into this home as: Member." in shown
    assert entered.headers["Location"] == f"/homes/{household.pk}/"
    assert Membership.objects.get(user=child).role == MembershipRole.MEMBER


@pytest.mark.usefixtures("root")
def test_a_wrong_code_says_what_to_do(client: Client) -> None:
    answer = client.get("/join", {"code": "0000"})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Ask the person who gave it to you for a new one." in answer.content.decode()


def test_a_day_in_the_past_keeps_what_was_typed(client: Client, root: str) -> None:
    asked = {"invite-name": "Wang", "invite-role": "tenant", "invite-last_day": "2020-01-01"}
    answer = client.post(f"{root}/people", asked)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="Wang"' in answer.content.decode()
    assert "The last day must lie in the future." in answer.content.decode()
    assert not Invitation.objects.exists()


def test_an_invitation_is_withdrawn(client: Client, root: str) -> None:
    client.post(f"{root}/people", {"invite-name": "Wang", "invite-role": "caretaker"})
    answer = client.post(f"{root}/people/invitations/{Invitation.objects.get().pk}/end", follow=True)

    assert "The invitation is withdrawn." in answer.content.decode()
    assert "Wang" not in answer.content.decode()


def test_a_member_is_put_out_and_one_leaves(client: Client, root: str, household: Household) -> None:
    first, second = (a_resident(household=household, role=MembershipRole.MEMBER) for _ in range(2))
    out = Membership.objects.get(user=first)
    client.post(f"{root}/people/{out.pk}/end")
    client.force_login(second)
    answer = client.post(f"{root}/people/{Membership.objects.get(user=second).pk}/end")

    today = timezone.now().astimezone(household.utility.zone).date()
    assert answer.headers["Location"] == "/"
    assert list(Membership.objects.exclude(role="owner").values_list("ends_on", flat=True)) == [today] * 2


def test_a_caretaker_finds_no_form(client: Client, root: str, household: Household) -> None:
    client.force_login(a_resident(household=household, role=MembershipRole.CARETAKER))
    page = client.get(f"{root}/people").content.decode()

    assert "Invite somebody" not in page
    assert "Li Na" in page  # their own name; the owner's e-mail and role are not told
    assert "Owner" not in page


def test_moving_out_is_told_and_taken_back(client: Client, root: str, household: Household) -> None:
    contract = a_contract(household=household)
    last = timezone.now().astimezone(household.utility.zone).date() + timedelta(days=20)
    told = {"move-last_day": last.isoformat(), "move-said_kwh": "6884.5"}
    page = client.post(f"{root}/move-out", told, follow=True).content.decode()

    assert "We know when you move." in page
    assert "You read 6,884.5 kWh on the meter." in page
    assert Contract.objects.get(pk=contract.pk).ends_on == last + timedelta(days=1)

    page = client.post(f"{root}/move-out", {"stay": "1"}, follow=True).content.decode()
    assert "Good: you stay." in page
    assert Contract.objects.get(pk=contract.pk).ends_on is None


def test_a_move_in_the_past_is_refused_with_the_reason(client: Client, root: str) -> None:
    answer = client.post(f"{root}/move-out", {"move-last_day": "2020-01-01"})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "within half a year" in answer.content.decode()
