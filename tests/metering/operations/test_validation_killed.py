"""Wherever a run of validation is killed, the next ones come to what an uninterrupted run comes to."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Utility
from accounts.scope import utility_scope
from metering.enums import Finding
from metering.models import Device, Reading, ReadingFlag, ValidationCursor, ValidationRequest, WatchedMeter
from metering.operations.validation import ask_validation, validate_readings
from tests.factories import a_building, a_household
from tests.metering.factories import a_meter
from tests.metering.mqtt.processes import ROOT, on_the_tests_servers, until
from tests.metering.operations.test_validation import HOUR, MIDNIGHT

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

METERS = 120  # three steps of requests
HOURS = 24
VALIDATE = "from metering.tasks import validate_readings_task; validate_readings_task()"
FINDINGS, WATCHED, ASKED = "metering_readingflag", "metering_watchedmeter", "metering_validationrequest"
# Where a run is met: in the step of the cursor or in one of the requests, before it writes its findings or
# when all but what it watches is written.
PLACES = [(True, WATCHED), (True, FINDINGS), (False, FINDINGS), (False, WATCHED), (False, WATCHED)]
AT_TABLES = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND query ~ %s AND (wait_event_type = 'Lock' OR NOT %s)
"""


def store(meters: Sequence[Device], chance: random.Random, *, begin: int) -> None:
    """A day of hours of every meter, with dips, spikes and levels in it."""
    Reading.objects.bulk_create(
        Reading(
            device=meter,
            measured_at=MIDNIGHT + hour * HOUR,
            energy_wh=1_000_000 + 5000 * hour + chance.choice([*[0] * 30, -900_000, 90_000_000]),
            received_at=timezone.now(),
        )
        for meter in meters
        for hour in range(begin, begin + HOURS)
    )


def is_another_at(*tables: str, held_up: bool) -> bool:
    """Whether another connection is at one of these tables, or even ``held_up`` there."""
    with connection.cursor() as cursor:
        cursor.execute(AT_TABLES, ["|".join(tables), held_up])
        return bool(cursor.fetchone()[0])


@contextmanager
def locked(statement: str) -> Iterator[None]:
    """Hold what a statement locks, on a connection of its own."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(statement)
        yield
    finally:
        other.close()


def kill_while_validating(*, is_following: bool, request_id: int, table: str) -> int:
    """Start the task in a process, hold it up in the midst of a step and kill -9 it; its return code.

    In its first step while it ``is_following`` the arrivals, or else in the step that takes this request.
    """
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", VALIDATE]
    write = f"LOCK TABLE {table} IN SHARE MODE"  # whoever reads may pass
    take = f"SELECT FROM {ASKED} WHERE id = {request_id} FOR UPDATE"
    with (
        ExitStack() as held,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=on_the_tests_servers(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            if is_following:
                held.enter_context(locked(write))
            else:
                with locked(take):
                    until(lambda: is_another_at(ASKED, held_up=True), "it comes to the request")
                    held.enter_context(locked(write))
            until(lambda: is_another_at(table, held_up=True), "it comes to write")
        finally:
            process.send_signal(signal.SIGKILL)
        return process.wait()


def standing() -> list[tuple[object, ...]]:
    """All findings that stand, with all they say."""
    rows = ReadingFlag.objects.filter(withdrawn_at=None)
    return sorted(rows.values_list("device_id", "measured_at", "finding", "is_unusable", "detail"))


def from_scratch(meters: Sequence[Device]) -> list[tuple[object, ...]]:
    """Forget what was found and find it in one run that sees everything at once."""
    ReadingFlag.objects.filter(withdrawn_at=None).update(withdrawn_at=timezone.now() + HOUR)
    ValidationCursor.objects.all().delete()
    WatchedMeter.objects.bulk_create([WatchedMeter(device=meter) for meter in meters], ignore_conflicts=True)
    assert validate_readings(at=timezone.now() + 2 * HOUR).is_done
    return standing()


def test_killed_again_and_again_validation_finds_what_it_finds_uninterrupted(utility: Utility) -> None:
    chance = random.Random(21)  # noqa: S311 - a test's dice
    with utility_scope(utility):
        building = a_building()
        meters = [a_meter(household=a_household(building=building)) for _ in range(METERS)]
        for n, (is_following, table) in enumerate(PLACES):
            store(meters, chance, begin=n * HOURS)
            ask_validation(readings=[(utility.pk, meter.pk, MIDNIGHT) for meter in meters])
            asked = ValidationRequest.objects.order_by("pk").values_list("pk", flat=True)
            request_id = chance.choice(asked[:METERS])
            returned = kill_while_validating(is_following=is_following, request_id=request_id, table=table)
            assert returned == -signal.SIGKILL
            until(lambda: not is_another_at(FINDINGS, WATCHED, ASKED, held_up=False), "the database notices")

        assert validate_readings(at=timezone.now() + timedelta(seconds=1)).is_done

        assert not ValidationRequest.objects.exists()
        found = standing()
        assert {finding for _meter, _at, finding, *_ in found} >= {Finding.DIP, Finding.SPIKE}
        assert len(found) > METERS
        assert found == from_scratch(meters)
