"""`manage.py control` as it really runs: killed, stopped, and without its database."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Household, Utility
from accounts.scope import utility_scope
from comfort.operations import give_feedback
from control.enums import TargetState
from control.models import Target, TargetTransition
from tests.control.factories import a_control, some_rooms
from tests.control.mqtt.stations import a_station
from tests.factories import a_resident, a_substation, a_utility
from tests.metering.factories import a_controller
from tests.metering.mqtt.processes import ROOT, until
from tests.processes import shared_environment

DROP_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@contextmanager
def control_process(
    log: Path, *, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py control` on the tests' database and broker, killed at the end if it still runs."""
    env = {**shared_environment(), "WEATHER_PROVIDER": "climate", **(environment or {})}
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "control"], cwd=ROOT, env=env, stdout=output, stderr=output
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def utility(transactional_db: None) -> Utility:  # noqa: ARG001 - the process has to see the rows
    """A utility whose rows other processes see."""
    return a_utility()


@pytest.fixture
def home(utility: Utility) -> Iterator[Household]:
    """One of twenty homes on an active station with a controller."""
    with utility_scope(utility):
        substation = a_substation()
        a_control(substation=substation)
        a_controller(substation=substation)
        some_rooms(substation=substation, temperature_c=20.5, homes=20, at=timezone.now())
        yield Household.objects.all()[0]


@pytest.mark.processes
def test_a_vote_becomes_a_target_an_answer_and_a_clean_end(
    home: Household, utility: Utility, tmp_path: Path
) -> None:
    log = tmp_path / "control.log"
    device = home.building.substation.installations.get().device
    with (
        a_station(utility=utility.slug, device=device.identity) as station,
        control_process(log) as process,
    ):
        before = station.next_target(patience_s=60)
        station.answer(before)
        give_feedback(household=home, user=a_resident(household=home), sensation=-2, at=timezone.now())
        after = station.next_target(patience_s=60)
        station.answer(after)
        until(lambda: _applied(after.body["command"]), "the answer is stored")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0

    assert after.body["secondary_supply_c"] > before.body["secondary_supply_c"]
    assert "control: stopped" in log.read_text(encoding="utf-8")


@pytest.mark.processes
def test_a_killed_process_resumes_where_it_was(home: Household, utility: Utility, tmp_path: Path) -> None:
    log = tmp_path / "control.log"
    device = home.building.substation.installations.get().device
    with a_station(utility=utility.slug, device=device.identity) as station:
        with control_process(log) as process:
            first = station.next_target(patience_s=60)
            process.send_signal(signal.SIGKILL)
            process.wait()
        station.answer(first)
        give_feedback(household=home, user=a_resident(household=home), sensation=2, at=timezone.now())
        with control_process(log):
            until(lambda: _applied(first.body["command"]), "the answer given meanwhile is stored")
            # A renewal of the first publish may come again; what it says is the same command.
            heard = station.next_target(patience_s=30)
            while heard.body["command"] == first.body["command"]:
                heard = station.next_target(patience_s=30)

    assert heard.body["secondary_supply_c"] < first.body["secondary_supply_c"]
    assert Target.objects.filter(command=first.body["command"]).count() == 1


@pytest.mark.processes
def test_a_database_that_drops_every_connection_is_found_again(
    home: Household, utility: Utility, tmp_path: Path
) -> None:
    log = tmp_path / "control.log"
    device = home.building.substation.installations.get().device
    with a_station(utility=utility.slug, device=device.identity) as station, control_process(log):
        before = station.next_target(patience_s=60)
        with connection.cursor() as cursor:
            cursor.execute(DROP_THE_OTHERS)
        station.answer(before)
        give_feedback(household=home, user=a_resident(household=home), sensation=-2, at=timezone.now())
        after = station.next_target(patience_s=30)
        until(lambda: _applied(before.body["command"]), "the answer given meanwhile is stored")

    assert after.body["secondary_supply_c"] > before.body["secondary_supply_c"]
    assert "the database is away" in log.read_text(encoding="utf-8")


@pytest.mark.processes
def test_a_database_that_is_away_is_waited_for(home: Household, tmp_path: Path) -> None:
    log = tmp_path / "control.log"
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    with control_process(log, environment=nowhere) as process:
        until(lambda: log.exists() and "trying again" in log.read_text(encoding="utf-8"), "it tries again")
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0

    assert not Target.objects.exists()
    assert home.pk


def test_an_unknown_weather_provider_is_refused(settings: Settings) -> None:
    settings.WEATHER_PROVIDER = "almanac"
    with pytest.raises(CommandError, match="almanac"):
        call_command("control")


def _applied(command: str) -> bool:
    return TargetTransition.objects.filter(target__command=command, state=TargetState.APPLIED).exists()
