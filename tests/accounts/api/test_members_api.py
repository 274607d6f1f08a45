"""`/households/{id}/members`, `/invitations` and `/invitations/accept`."""

from __future__ import annotations

from http import HTTPStatus

import pytest
from rest_framework.test import APIClient

from accounts.enums import MembershipRole
from accounts.models import Household, Invitation, Membership, User
from tests.factories import a_resident, a_user


@pytest.fixture
def root(api: APIClient, household: Household, resident: User) -> str:
    api.force_login(resident)
    return f"/api/v1/households/{household.pk}"


def test_an_invitation_goes_from_owner_to_caretaker_and_back(
    api: APIClient, root: str, household: Household, resident: User
) -> None:
    asked = {"role": "caretaker", "name": "Wang", "ends_on": "2099-04-01"}
    made = api.post(f"{root}/invitations", asked, format="json")
    assert made.status_code == HTTPStatus.CREATED
    assert made.json()["url"].endswith(f"/join?code={made.json()['code']}")
    people = api.get(f"{root}/members").json()
    assert people["may_invite"] == ["member", "tenant", "caretaker"]
    assert [(one["name"], one["ends_on"]) for one in people["invitations"]] == [("Wang", "2099-04-01")]
    assert "digest" not in people["invitations"][0]

    caretaker = a_user(name="Wang")
    api.force_login(caretaker)
    entered = api.post("/api/v1/invitations/accept", {"code": made.json()["code"]}, format="json")
    assert entered.json() == {"household": household.pk, "role": "caretaker"}
    assert api.get(f"{root}/invoices").status_code == HTTPStatus.FORBIDDEN

    api.force_login(resident)
    wang = next(one for one in api.get(f"{root}/members").json()["members"] if one["name"] == "Wang")
    assert wang["may_end"] is True
    assert api.delete(f"{root}/members/{wang['id']}").status_code == HTTPStatus.NO_CONTENT
    api.force_login(caretaker)
    assert api.get(root).status_code == HTTPStatus.NOT_FOUND


def test_a_member_invites_nobody_and_ends_nobody_else(
    api: APIClient, root: str, household: Household
) -> None:
    api.force_login(a_resident(household=household, role=MembershipRole.MEMBER))
    owner = Membership.objects.get(role=MembershipRole.OWNER)

    refused = api.post(f"{root}/invitations", {"role": "member"}, format="json")
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert api.delete(f"{root}/members/{owner.pk}").status_code == HTTPStatus.FORBIDDEN
    assert api.delete(f"{root}/members/0").status_code == HTTPStatus.NOT_FOUND
    assert not Invitation.objects.exists()
    owner.refresh_from_db()
    assert owner.ends_on is None


def test_a_withdrawn_code_and_a_wrong_one_are_refused_alike(api: APIClient, root: str) -> None:
    made = api.post(f"{root}/invitations", {"role": "member"}, format="json").json()
    assert api.delete(f"{root}/invitations/{made['invitation']['id']}").status_code == HTTPStatus.NO_CONTENT
    assert api.delete(f"{root}/invitations/{made['invitation']['id']}").status_code == HTTPStatus.NOT_FOUND
    api.force_login(a_user())

    answers = [
        api.post("/api/v1/invitations/accept", {"code": code}, format="json")
        for code in (made["code"], "0000-0000-0000-0000")
    ]

    assert [answer.status_code for answer in answers] == [HTTPStatus.NOT_FOUND] * 2
    assert answers[0].json() == answers[1].json()


def test_the_roles_on_offer_have_no_owner(api: APIClient, root: str) -> None:
    answer = api.post(f"{root}/invitations", {"role": "owner"}, format="json")

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json()["errors"][0]["field"] == "role"
