"""What a careful operator would expect, through the real processes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.e2e import world
from tests.e2e.conftest import Field, utc
from tests.e2e.stack import Running, until
from tests.e2e.test_the_loop import ZONE

pytestmark = [pytest.mark.processes]
# What a station says when all is well.
WELL = {
    "outdoor_c": -4.0,
    "secondary_supply_c": 45.0,
    "secondary_return_c": 35.0,
    "secondary_flow_l_h": 20_000,
    "pressure_kpa": 300,
}


def asked(service: Running, what: str, **said: object) -> Any:  # noqa: ANN401 - JSON
    """One of the world's questions, answered by a process of the service."""
    code = f"from tests.e2e.world import operator; operator({what!r}, **{said!r})"
    return json.loads(service.run("manage.py", "shell", "-v0", "-c", code))


@pytest.fixture(autouse=True)
def steered(service: Running, homes: dict[str, int]) -> Iterator[None]:  # noqa: ARG001 - the world has to be there
    """Whatever a test did, the next finds the station steered."""
    yield
    asked(service, "release")


def says(field: Field, *, at: datetime | None = None, **changed: float) -> None:
    """A word of the station."""
    message = {"measured_at": utc(at or datetime.now(tz=ZONE)), "points": {**WELL, **changed}}
    field.say(world.CONTROLLER, "telemetry", message)


def test_a_station_that_falls_silent_keeps_its_curve_and_is_told_of_once(
    service: Running, field: Field
) -> None:
    """Its target runs out by itself within half an hour; nobody steers blind by old values."""
    says(field, at=datetime.now(tz=ZONE) - timedelta(minutes=40))
    field.say(world.CONTROLLER, "status", {"online": False, "at": utc(datetime.now(tz=ZONE))})
    until(lambda: asked(service, "known") >= 1, "the last word is stored")

    silent = {"kinds": ["silent_station"]}
    until(lambda: asked(service, "watch") == silent, "the silence is seen")
    assert asked(service, "watch") == silent
    assert all(target["expires_in_s"] <= 1800 for target in asked(service, "targets"))

    # Back again: the alarm clears by itself after its delay, and the history keeps both.
    says(field)
    assert asked(service, "watch")["kinds"] == ["silent_station"]
    until(lambda: asked(service, "watch", ahead_s=360)["kinds"] == [], "it clears", patience_s=60)


def test_rubbish_from_a_station_is_kept_apart_and_moves_nothing(service: Running, field: Field) -> None:
    says(field)
    until(lambda: len(asked(service, "targets")) > 0, "a target is issued")
    before = asked(service, "targets")[0]["supply_c"]

    for rubbish in (
        b"\x00\xff not json",
        {"measured_at": utc(datetime.now(tz=ZONE)), "points": {"outdoor_c": "warm"}},
        {"measured_at": utc(datetime.now(tz=ZONE)), "points": {"outdoor_c": 4000}},
        {"measured_at": utc(datetime.now(tz=ZONE)), "points": {"no_such_signal": 1}},
        {"measured_at": "2099-01-01T00:00:00Z", "points": {"outdoor_c": -60}},
    ):
        field.say(world.CONTROLLER, "telemetry", rubbish)
    until(lambda: asked(service, "quarantined") >= 5, "all of it is in quarantine")
    asked(service, "tick")

    after = asked(service, "targets")[0]["supply_c"]
    assert abs(after - before) < 1.0
    assert asked(service, "limits")


def test_a_held_station_is_sent_nothing_until_it_is_released(service: Running, field: Field) -> None:
    says(field)
    asked(service, "hold", reason="Pump 2 is being changed.")
    field.targets.clear()
    asked(service, "vote", sensation=-3)
    count = len(asked(service, "targets"))
    for _ in range(3):
        assert asked(service, "tick") == 0
    assert len(asked(service, "targets")) == count
    assert field.targets == []

    asked(service, "release")
    until(lambda: len(asked(service, "targets")) > count, "it is steered again")
    until(lambda: len(field.targets) > 0, "the station is told")


def test_thirty_homes_that_vote_cold_move_the_water_within_its_limits(service: Running, field: Field) -> None:
    says(field)
    asked(service, "thirty")

    until(lambda: asked(service, "targets")[0]["voters"] >= 30, "the votes are in the newest target")
    after = asked(service, "targets")[0]
    # What a home asked for in the walks before is in the figure too, so it need not have grown.
    assert 0 < after["comfort_shift_k"] <= 1.5
    assert after["supply_c"] <= 75.0
    # Each of them reads what came of it.
    told = asked(service, "answers")
    assert "counts half" in told["pool"]
    assert told["homes"] >= 30
