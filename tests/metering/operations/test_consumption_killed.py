"""Whatever is killed between storing and cutting, consumption comes to what a recomputation comes to."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.db import connection

from accounts.models import Utility
from accounts.scope import utility_scope
from metering import topics
from metering.models import ConsumptionMark, Device, MeterConsumption, Reading
from metering.operations.consumption import cut_consumption, mark_everything
from tests.factories import a_building, a_household
from tests.metering.cutting import HOUR, MIDNIGHT, cut_from_scratch, everything
from tests.metering.factories import NOON, a_meter, native
from tests.metering.mqtt.processes import ROOT, ingest, on_the_tests_servers, publish_all, until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

METERS = 60
HOURS = 7 * 24
ROUNDS = 4
CUTTING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%%cut\\_%%'
"""


def meters_of(homes: int) -> list[Device]:
    """The meters of the homes of one building."""
    building = a_building()
    return [a_meter(household=a_household(building=building)) for _ in range(homes)]


def store(meters: Sequence[Device], chance: random.Random, *, share: float) -> None:
    """Readings of a share of all hours, in one transaction; what is there stays."""
    Reading.objects.bulk_create(
        [
            Reading(
                device=meter,
                measured_at=MIDNIGHT + n * HOUR + timedelta(minutes=meter.pk % 50),
                energy_wh=1_000_000 + 700 * n,
                received_at=NOON,
            )
            for meter in meters
            for n in range(HOURS)
            if chance.random() < share
        ],
        ignore_conflicts=True,
    )


def is_cutting() -> bool:
    """Whether another connection is at its tables."""
    with connection.cursor() as cursor:
        cursor.execute(CUTTING)
        return bool(cursor.fetchone()[0])


def kill_while_cutting(utility: Utility, *, after_s: float) -> int:
    """Start `manage.py cut_consumption`, kill -9 it so long after its first statement; its return code."""
    command = [sys.executable, "manage.py", "cut_consumption", "--utility", utility.slug]
    with subprocess.Popen(
        command, cwd=ROOT, env=on_the_tests_servers(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        until(lambda: is_cutting() or process.poll() is not None, "it cuts")
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        return process.wait()


def test_killed_while_cutting_again_and_again_nothing_is_lost_or_counted_twice(utility: Utility) -> None:
    chance = random.Random(14)  # noqa: S311 - a test's dice
    killed = 0
    with utility_scope(utility):
        meters = meters_of(METERS)
        for _ in range(ROUNDS):
            store(meters, chance, share=0.3)
            mark_everything()  # a mark a meter: several slices
            killed += kill_while_cutting(utility, after_s=chance.uniform(0, 0.3)) == -signal.SIGKILL
            until(lambda: not is_cutting(), "the database notices")
        assert killed > 0

        cut_consumption(at=NOON)

        assert not ConsumptionMark.objects.exists()
        found = everything()
        assert MeterConsumption.objects.filter(resolution="hour").count() >= METERS * (HOURS - 24)
        assert found == cut_from_scratch()


def test_killed_after_storing_the_marks_are_there_and_all_of_it_is_cut(
    utility: Utility, tmp_path: Path
) -> None:
    with utility_scope(utility):
        meters = meters_of(10)
        ConsumptionMark.objects.all().delete()
    said = [
        (
            topics.up(utility=utility.slug, device=meter.identity, channel="reading"),
            orjson.dumps(native(measured_at=NOON - n * HOUR, energy_kwh=2000 - n)),
        )
        for n in range(200)
        for meter in meters
    ]
    with ingest(tmp_path / "ingest.log") as process:
        publish_all(said)
        with utility_scope(utility):
            until(lambda: Reading.objects.count() > len(said) // 4, "a quarter is stored")
        process.send_signal(signal.SIGKILL)
        process.wait()
    with utility_scope(utility):
        cut_consumption(at=NOON)
        with ingest(tmp_path / "again.log"):
            until(lambda: Reading.objects.count() == len(said), "all is stored")
        cut_consumption(at=NOON)

        found = everything()
        assert MeterConsumption.objects.filter(resolution="hour").count() == 10 * 199
        assert found == cut_from_scratch()
