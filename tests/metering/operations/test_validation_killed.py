"""Wherever a run of validation is killed, the next ones come to what an uninterrupted run comes to."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
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
ROUNDS = 4
VALIDATE = "from metering.tasks import validate_readings_task; validate_readings_task()"
VALIDATING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND (query LIKE '%%metering\\_validation%%' OR query LIKE '%%metering\\_readingflag%%')
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


def is_validating() -> bool:
    """Whether another connection is at its tables."""
    with connection.cursor() as cursor:
        cursor.execute(VALIDATING)
        return bool(cursor.fetchone()[0])


def kill_while_validating(*, after_s: float) -> int:
    """Start the task in a process, kill -9 it so long after its first statement; its return code."""
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", VALIDATE]
    with subprocess.Popen(
        command, cwd=ROOT, env=on_the_tests_servers(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: is_validating() or process.poll() is not None, "it validates")
        time.sleep(after_s)
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
    killed = 0
    with utility_scope(utility):
        building = a_building()
        meters = [a_meter(household=a_household(building=building)) for _ in range(METERS)]
        for n in range(ROUNDS):
            store(meters, chance, begin=n * HOURS)
            ask_validation(readings=[(utility.pk, meter.pk, MIDNIGHT) for meter in meters])
            killed += kill_while_validating(after_s=chance.uniform(0, 1.5)) == -signal.SIGKILL
            until(lambda: not is_validating(), "the database notices")
        assert killed > 0

        assert validate_readings(at=timezone.now() + timedelta(seconds=1)).is_done

        assert not ValidationRequest.objects.exists()
        found = standing()
        assert {finding for _meter, _at, finding, *_ in found} >= {Finding.DIP, Finding.SPIKE}
        assert len(found) > METERS
        assert found == from_scratch(meters)
