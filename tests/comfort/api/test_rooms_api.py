"""Rooms and their temperatures over HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Household, User
from tests.comfort.factories import a_room
from tests.factories import a_household
from tests.metering.factories import NOON, a_room_sensor, a_room_temperature


@pytest.fixture
def mine(api: APIClient, resident: User) -> APIClient:
    """The resident's client."""
    api.force_login(resident)
    return api


def test_rooms_come_with_live_value_and_age(mine: APIClient, household: Household) -> None:
    sensor = a_room_sensor(household=household)
    room = a_room(household=household, name="Living room", sensor=sensor)
    a_room_temperature(device=sensor, measured_at=timezone.now() - timedelta(minutes=3), temperature_c=21.4)

    answer = mine.get(f"/api/v1/households/{household.pk}/rooms")

    (only,) = answer.json()
    assert (only["id"], only["name"], only["sensor_id"]) == (room.pk, "Living room", sensor.pk)
    assert only["temperature_c"] == 21.4
    assert 180 <= only["age_seconds"] < 240


def test_a_room_without_a_sensor_has_no_age(mine: APIClient, household: Household) -> None:
    a_room(household=household)

    (only,) = mine.get(f"/api/v1/households/{household.pk}/rooms").json()

    assert (only["temperature_c"], only["age_seconds"]) == (None, None)


def test_a_series_says_its_resolution_its_gaps_and_how_far_it_goes(
    mine: APIClient, household: Household
) -> None:
    sensor = a_room_sensor(household=household)
    room = a_room(household=household, sensor=sensor)
    a_room_temperature(device=sensor, temperature_c=21.4)

    answer = mine.get(
        f"/api/v1/households/{household.pk}/rooms/{room.pk}/temperatures",
        {"from": "2026-01-05T04:00:00Z", "to": "2026-01-05T06:00:00Z", "resolution": "hour"},
    )

    assert answer.json() == {
        "resolution": "hour",
        "complete_until": "2026-01-05T04:00:00Z",
        "points": [
            {
                "start": "2026-01-05T04:00:00Z",
                "temperature_c": 21.4,
                "lowest_c": 21.4,
                "highest_c": 21.4,
            }
        ],
        "gaps": [{"start": "2026-01-05T04:00:00Z", "end": "2026-01-05T06:00:00Z"}],
    }


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"to": "2026-01-05T06:00:00Z"}, "from"),
        ({"from": "yesterday", "to": "2026-01-05T06:00:00Z"}, "from"),
        ({"from": "2026-01-05T06:00:00Z", "to": "2026-01-05T06:00:00Z"}, "to"),
        ({"from": "2026-01-05T00:00:00Z", "to": "2026-01-05T06:00:00Z", "resolution": "week"}, "resolution"),
    ],
)
def test_a_period_that_is_none_is_a_problem(
    mine: APIClient, household: Household, query: dict[str, str], field: str
) -> None:
    room = a_room(household=household)

    answer = mine.get(f"/api/v1/households/{household.pk}/rooms/{room.pk}/temperatures", query)

    assert answer.status_code == 400
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]


def test_too_many_points_is_a_problem_that_says_what_to_do(mine: APIClient, household: Household) -> None:
    room = a_room(household=household)
    query = {"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z", "resolution": "hour"}

    answer = mine.get(f"/api/v1/households/{household.pk}/rooms/{room.pk}/temperatures", query)

    assert answer.status_code == 400
    assert answer.json()["type"].endswith("too_many_points")


def test_a_room_of_another_home_is_not_there(mine: APIClient, household: Household) -> None:
    room = a_room(household=a_household())
    query = {"from": NOON.isoformat(), "to": (NOON + timedelta(hours=1)).isoformat()}

    own = mine.get(f"/api/v1/households/{household.pk}/rooms/{room.pk}/temperatures", query)
    theirs = mine.get(f"/api/v1/households/{room.household_id}/rooms/{room.pk}/temperatures", query)

    assert (own.status_code, theirs.status_code) == (404, 404)
