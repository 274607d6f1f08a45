"""What I said, what was measured, what the plant did about it and why, over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Household, Substation, User
from control.enums import Mode, TargetState
from control.models import Target, TargetTransition
from control.operations.sending import mark_published
from control.operations.stations import set_mode
from control.operations.tick import tick
from tests.comfort.factories import a_vote
from tests.control.factories import a_control, a_forecast, some_rooms
from tests.factories import a_household
from tests.metering.factories import a_controller


@pytest.fixture
def now() -> datetime:
    """The API reads the clock, so the story ends now."""
    return timezone.now()


@pytest.fixture
def substation(household: Household, now: datetime) -> Substation:
    """The home's station: active, with a controller and weather, and told what to do five minutes ago."""
    substation = household.building.substation
    a_control(substation=substation)
    a_controller(substation=substation)
    a_forecast(substation=substation, around=now)
    some_rooms(substation=substation, temperature_c=20.5, homes=19, at=now)
    tick(now=now - timedelta(minutes=5))
    return substation


@pytest.fixture
def mine(api: APIClient, resident: User) -> APIClient:
    """The resident's client."""
    api.force_login(resident)
    return api


def _comfort(client: APIClient, household: Household, *, language: str = "en") -> dict[str, Any]:
    address = f"/api/v1/households/{household.pk}/comfort"
    answer = client.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def _steps(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["code"], step["mark"]) for step in body["answers"][0]["steps"]]


def _reach(target: Target, state: TargetState, *, at: datetime, detail: str = "") -> None:
    TargetTransition.objects.create(target=target, state=state, at=at, detail=detail)


@pytest.mark.usefixtures("substation")
def test_who_said_nothing_gets_no_answers_but_sees_the_station(mine: APIClient, household: Household) -> None:
    body = _comfort(mine, household)

    assert body["answers"] == []
    assert body["mode"] == "active"
    assert body["current"]["secondary_supply_c"] == 50.35


@pytest.mark.usefixtures("substation")
def test_a_vote_nobody_has_weighed_yet_is_waiting(
    mine: APIClient, household: Household, now: datetime
) -> None:
    a_vote(household=household, given_at=now)

    body = _comfort(mine, household)

    (answer,) = body["answers"]
    assert (answer["state"], answer["after"]) == ("waiting", None)
    assert answer["feedback"]["room_temperature_c"] == 21
    assert _steps(body) == [("heard", "done"), ("decided", "next")]


def test_the_whole_way_of_a_vote_is_told(
    mine: APIClient, household: Household, substation: Substation, now: datetime
) -> None:
    a_vote(household=household, given_at=now - timedelta(seconds=60), room_temperature_c=20.5)
    tick(now=now - timedelta(seconds=59))
    target = substation.targets.order_by("-issued_at")[0]
    mark_published(commands=[target.command], now=now - timedelta(seconds=58))
    _reach(target, TargetState.APPLIED, at=now - timedelta(seconds=57))

    body = _comfort(mine, household)

    (answer,) = body["answers"]
    assert answer["state"] == "applied"
    assert answer["before"]["secondary_supply_c"] == 50.35
    assert answer["after"]["command"] == str(target.command)
    assert answer["after"]["secondary_supply_c"] > 50.35
    assert _steps(body) == [("heard", "done"), ("decided", "done"), ("sent", "done"), ("applied", "done")]
    assert answer["steps"][1]["text"] == (
        f"The water is to rise from 50.35 to {target.secondary_supply_c:.2f} °C."
    )
    assert [reason["code"] for reason in answer["why"]] == [*("home", "pool", "votes", "weather", "rooms")]
    assert answer["effect"]["building_homes"] == 1
    assert answer["effect"]["station_homes"] == 20
    assert "1 of 20 at your station have spoken" in answer["why"][1]["text"]


def test_a_refusal_is_told_as_one(
    mine: APIClient, household: Household, substation: Substation, now: datetime
) -> None:
    a_vote(household=household, given_at=now - timedelta(seconds=60))
    tick(now=now - timedelta(seconds=59))
    target = substation.targets.order_by("-issued_at")[0]
    mark_published(commands=[target.command], now=now)
    _reach(target, TargetState.REJECTED, at=now, detail="local mode")

    body = _comfort(mine, household)

    assert body["answers"][0]["state"] == "refused"
    assert _steps(body)[-1] == ("refused", "failed")


def test_a_station_that_only_watches_says_so(
    mine: APIClient, household: Household, substation: Substation, now: datetime
) -> None:
    set_mode(controls=[substation.control], mode=Mode.SHADOW)
    a_vote(household=household, given_at=now - timedelta(seconds=60))
    tick(now=now - timedelta(seconds=59))

    body = _comfort(mine, household)

    assert (body["mode"], body["answers"][0]["state"]) == ("shadow", "watched")
    assert _steps(body)[-1] == ("watched", "failed")


def test_a_home_whose_station_nobody_steers_is_told_so(
    mine: APIClient, household: Household, now: datetime
) -> None:
    a_vote(household=household, given_at=now)

    body = _comfort(mine, household)

    assert (body["mode"], body["current"]) == (None, None)
    assert body["answers"][0]["state"] == "unsteered"
    assert _steps(body) == [("heard", "done"), ("unsteered", "failed")]


@pytest.mark.usefixtures("substation")
def test_the_newest_votes_come_first_and_only_the_newest_is_weighed(
    mine: APIClient, household: Household, now: datetime
) -> None:
    a_vote(household=household, sensation=-2, given_at=now - timedelta(days=1))
    a_vote(household=household, sensation=1, given_at=now)
    a_vote(household=household, sensation=3, given_at=now - timedelta(days=8))

    answers = _comfort(mine, household)["answers"]

    assert [answer["feedback"]["sensation"] for answer in answers] == [1, -2]
    assert [answer["effect"] is None for answer in answers] == [False, True]


def test_the_votes_of_other_homes_are_not_told(
    mine: APIClient, household: Household, substation: Substation, now: datetime
) -> None:
    neighbour = a_household(building=household.building)
    a_vote(household=neighbour, given_at=now)

    assert _comfort(mine, household)["answers"] == []
    assert mine.get(f"/api/v1/households/{neighbour.pk}/comfort").status_code == 404
    assert substation.pk


@pytest.mark.parametrize("votes", [1, 3])
def test_an_answer_costs_two_statements_a_vote(
    mine: APIClient,
    household: Household,
    now: datetime,
    votes: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(votes):
        a_vote(household=household, given_at=now - timedelta(hours=7 * number))

    with django_assert_num_queries(15 + 2 * votes):
        _comfort(mine, household)
