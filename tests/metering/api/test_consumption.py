from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Household, User
from metering.models import Reading
from metering.operations.consumption import cut_consumption
from tests.factories import a_resident
from tests.metering.factories import a_meter, a_reading

MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)  # of 5 January in Beijing
HOUR = timedelta(hours=1)


@pytest.fixture
def ask(api: APIClient, resident: User, household: Household) -> Any:  # noqa: ANN401 - a function of the test's client
    """Ask for the home's consumption, a reading an hour stored for two days."""
    meter = a_meter(household=household)
    Reading.objects.bulk_create(
        Reading(device=meter, measured_at=MIDNIGHT + n * HOUR, energy_wh=n * 500, received_at=MIDNIGHT)
        for n in range(49)
    )
    cut_consumption(at=MIDNIGHT)
    api.force_login(resident)
    return lambda **asked: api.get(f"/api/v1/households/{household.pk}/consumption", asked)


def test_days_are_the_default_and_add_up(ask: Any) -> None:  # noqa: ANN401 - as above
    answer = ask(**{"from": "2026-01-04T16:00:00Z", "to": "2026-01-07T16:00:00Z"})
    assert answer.status_code == 200
    day = {"energy_wh": 12_000, "quality": "measured"}
    assert answer.json() == {
        "resolution": "day",
        "complete_until": "2026-01-06T16:00:00Z",
        "points": [
            {"start": "2026-01-04T16:00:00Z", "end": "2026-01-05T16:00:00Z", **day},
            {"start": "2026-01-05T16:00:00Z", "end": "2026-01-06T16:00:00Z", **day},
        ],
        "gaps": [],
    }


def test_hours_are_there_when_asked_for(ask: Any) -> None:  # noqa: ANN401 - as above
    asked = {"from": "2026-01-05T00:00:00Z", "to": "2026-01-05T03:00:00Z", "resolution": "hour"}
    assert [point["energy_wh"] for point in ask(**asked).json()["points"]] == [500, 500, 500]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({}, "invalid"),
        ({"from": "soon", "to": "2026-01-07T16:00:00Z"}, "invalid"),
        ({"from": "2026-01-07T16:00:00Z", "to": "2026-01-07T16:00:00Z"}, "invalid"),
        ({"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "resolution": "minute"}, "invalid"),
        (
            {"from": "2026-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z", "resolution": "hour"},
            "too_many_points",
        ),
    ],
)
def test_what_cannot_be_answered_is_a_problem(ask: Any, asked: dict[str, str], code: str) -> None:  # noqa: ANN401 - as above
    answer = ask(**asked)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert answer.json()["type"].endswith(f"/{code}")


def test_what_was_before_one_moved_in_is_cut_off(household: Household, api: APIClient, ask: Any) -> None:  # noqa: ANN401 - as above
    api.force_login(a_resident(household=household, starts_on=date(2026, 1, 6)))

    answer = ask(**{"from": "2026-01-04T16:00:00Z", "to": "2026-01-07T16:00:00Z"})

    assert [point["start"] for point in answer.json()["points"]] == ["2026-01-05T16:00:00Z"]


def test_the_month_one_moved_in_says_nothing_of_the_days_before(
    household: Household,
    api: APIClient,
    ask: Any,  # noqa: ANN401 - as above
) -> None:
    meter = household.installations.get().device
    a_reading(device=meter, measured_at=datetime(2026, 1, 31, 16, tzinfo=UTC), energy_wh=1_000_000)
    a_reading(device=meter, measured_at=datetime(2025, 12, 31, 16, tzinfo=UTC), energy_wh=0)
    cut_consumption(at=MIDNIGHT)
    asked = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-31T16:00:00Z", "resolution": "month"}
    whole = ask(**asked).json()["points"]
    api.force_login(a_resident(household=household, starts_on=date(2026, 1, 6)))

    own = ask(**asked).json()["points"]

    assert [(point["start"], point["energy_wh"]) for point in whole] == [("2025-12-31T16:00:00Z", 1_000_000)]
    assert [(point["start"], point["energy_wh"]) for point in own] == [("2026-01-05T16:00:00Z", 988_000)]


def test_a_past_that_was_wholly_somebody_elses_is_refused(
    household: Household,
    api: APIClient,
    ask: Any,  # noqa: ANN401 - as above
) -> None:
    api.force_login(a_resident(household=household, starts_on=date(2026, 1, 6)))

    answer = ask(**{"from": "2026-01-04T16:00:00Z", "to": "2026-01-05T16:00:00Z"})

    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/before_your_time")
    assert "energy_wh" not in answer.content.decode()
