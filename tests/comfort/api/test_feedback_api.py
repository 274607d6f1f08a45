"""Votes over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Household, User
from comfort.models import Feedback
from tests.comfort.factories import a_room
from tests.factories import a_household

pytestmark = pytest.mark.usefixtures("resident")


@pytest.fixture
def mine(api: APIClient, resident: User) -> APIClient:
    """The resident's client."""
    api.force_login(resident)
    return api


def _vote(client: APIClient, household: Household, body: dict[str, Any], *, key: str = "") -> Any:  # noqa: ANN401 - DRF's response
    headers = {"Idempotency-Key": key} if key else None
    address = f"/api/v1/households/{household.pk}/feedback"
    return client.post(address, body, format="json", headers=headers)


def test_a_vote_is_taken_and_says_what_happens_next(mine: APIClient, household: Household) -> None:
    room = a_room(household=household, name="Bedroom")

    answer = _vote(mine, household, {"sensation": -2, "room": room.pk, "comment": "brr"})

    feedback = Feedback.objects.get()
    assert answer.status_code == 201
    assert answer.json()["feedback"]["id"] == feedback.pk
    assert answer.json()["feedback"]["room"] == "Bedroom"
    assert answer.json()["feedback"]["sensation_text"] == "Too cold"
    assert answer.json()["answer"] == f"/api/v1/households/{household.pk}/comfort"
    assert "counted with those of your building" in answer.json()["next"]
    assert (feedback.sensation, feedback.room, feedback.comment) == (-2, room, "brr")


@pytest.mark.parametrize("sensation", [-4, 4, "cold", None, 1.5])
def test_a_sensation_outside_the_scale_is_a_problem(
    mine: APIClient, household: Household, sensation: object
) -> None:
    answer = _vote(mine, household, {"sensation": sensation})

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [fault["field"] for fault in answer.json()["errors"]] == ["sensation"]
    assert not Feedback.objects.exists()


def test_a_room_of_another_home_is_a_problem(mine: APIClient, household: Household) -> None:
    answer = _vote(mine, household, {"sensation": 0, "room": a_room(household=a_household()).pk})

    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == ["room"]
    assert not Feedback.objects.exists()


def test_another_home_is_not_there(mine: APIClient) -> None:
    assert _vote(mine, a_household(), {"sensation": 0}).status_code == 404
    assert not Feedback.objects.exists()


def test_a_repeated_request_is_one_vote_and_a_changed_one_is_refused(
    mine: APIClient, household: Household
) -> None:
    first = _vote(mine, household, {"sensation": -2}, key="tap-1")
    again = _vote(mine, household, {"sensation": -2}, key="tap-1")
    changed = _vote(mine, household, {"sensation": 3}, key="tap-1")

    assert again.json() == first.json()
    assert changed.status_code == 422
    assert changed.json()["type"].endswith("idempotency_key_reused")
    assert Feedback.objects.get().sensation == -2


def test_too_long_a_key_is_a_problem(mine: APIClient, household: Household) -> None:
    answer = _vote(mine, household, {"sensation": -2}, key="k" * 256)

    assert answer.status_code == 400
    assert not Feedback.objects.exists()
