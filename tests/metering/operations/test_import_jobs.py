"""An import that is killed anywhere ends as if it never was: every row counted once, stored once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import Household, User
from metering.enums import ImportState
from metering.models import Reading, ReadingImport
from metering.operations.import_jobs import (
    DECIDE_WITHIN,
    MOST_STARTS,
    SILENT_FOR,
    decide_import,
    run_import,
    sweep_imports,
    upload_readings,
)
from tests.factories import a_clerk
from tests.metering.factories import NOON, a_meter

ROWS = 5000  # three portions
AT = NOON + timedelta(days=365)


@pytest.fixture
def queue() -> Iterator[redis.Redis]:
    """Valkey, its queue of tasks empty before and after."""
    with redis.Redis.from_url(settings.VALKEY_URL) as valkey:
        valkey.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
        yield valkey
        valkey.delete(settings.CELERY_TASK_DEFAULT_QUEUE)


@pytest.fixture
def by(household: Household) -> User:
    """Who imports, at a utility with one meter."""
    a_meter(household=household, serial="4711")
    return a_clerk(duty=StaffDuty.NETWORK)


def uploaded(by: User, *, at: datetime = AT) -> ReadingImport:
    """A season of hours of one meter, with one refused row in every hundred."""
    rows = [
        f"{'4711' if n % 100 else '999'},{(NOON + timedelta(hours=n)).isoformat()},{1000 * n}"
        for n in range(ROWS)
    ]
    content = "\n".join(["serial,measured_at,energy_wh", *rows]).encode()
    return upload_readings(
        content=content, file_name="season.csv", zone="", decimal_comma=False, by=by, at=at
    )


class Killed(BaseException):
    """As a kill: nobody catches it."""


def dying_at(call: int) -> Callable[[], datetime]:
    """A clock that kills whoever asks it for the ``call``-th time."""
    asked = 0

    def clock() -> datetime:
        nonlocal asked
        asked += 1
        if asked == call:
            raise Killed
        return AT

    return clock


def decided(by: User) -> ReadingImport:
    """A tried import that is to be stored."""
    job = uploaded(by)
    run_import(import_id=job.pk, clock=lambda: AT)
    decide_import(reading_import=job, by=by, at=AT)
    return job


# The clock is asked twice at the start, then in the transaction of each portion.
@pytest.mark.parametrize(("call", "kept"), [(3, 0), (4, 2000), (5, 4000)])
def test_a_run_killed_in_any_portion_goes_on_where_the_last_one_ended(by: User, call: int, kept: int) -> None:
    job = decided(by)
    with pytest.raises(Killed):
        run_import(import_id=job.pk, clock=dying_at(call))
    job.refresh_from_db()
    assert (job.state, job.rows, job.faults.count()) == ("importing", kept, kept // 100)
    assert Reading.objects.count() == kept - kept // 100

    # Whoever is woken too early leaves it alone.
    run_import(import_id=job.pk, clock=lambda: AT)
    assert ReadingImport.objects.get().rows == kept
    run_import(import_id=job.pk, clock=lambda: AT + SILENT_FOR + timedelta(seconds=1))

    job.refresh_from_db()
    counts = (job.state, job.rows, job.stored, job.duplicates, job.refused)
    assert counts == ("imported", 5000, 4950, 0, 50)
    assert (Reading.objects.count(), job.faults.count()) == (4950, 50)
    assert set(Reading.objects.values_list("received_at", flat=True)) == {AT}


def test_a_run_that_was_overtaken_stops_and_counts_nothing(by: User) -> None:
    job = decided(by)
    asked = 0

    def slow() -> datetime:
        nonlocal asked
        asked += 1
        if asked == 4:
            # In the middle of the second portion the record is no longer where this run left it.
            ReadingImport.objects.filter(pk=job.pk).update(rows=0, stored=0, refused=0)
        return AT

    run_import(import_id=job.pk, clock=slow)
    job.refresh_from_db()
    assert (asked, job.state, job.rows, Reading.objects.count()) == (4, "importing", 2000, 1980)

    run_import(import_id=job.pk, clock=lambda: AT + SILENT_FOR + timedelta(seconds=1))
    job.refresh_from_db()
    assert (job.state, job.rows, job.stored, job.duplicates, job.refused) == ("imported", 5000, 4950, 0, 50)
    assert job.faults.count() == 50


def test_a_file_no_worker_gets_on_with_fails_in_words(by: User) -> None:
    job = decided(by)
    for n in range(MOST_STARTS):
        at = AT + n * (SILENT_FOR + timedelta(seconds=1))
        # As a file that takes its worker along: nothing is committed.
        with pytest.raises(StopIteration):
            run_import(import_id=job.pk, clock=iter([at, at]).__next__)
    run_import(import_id=job.pk, clock=lambda: AT + timedelta(days=1))

    job.refresh_from_db()
    assert (job.state, job.rows, job.content) == ("failed", 0, None)
    assert job.error == "Five workers began and none got on; tell the operators."


def test_the_sweep_wakes_a_worker_for_what_was_left_behind_only(by: User, queue: redis.Redis) -> None:
    waiting, now = uploaded(by), timezone.now()
    tried = uploaded(by)
    run_import(import_id=tried.pk, clock=lambda: now)
    fresh = uploaded(by)
    ReadingImport.objects.filter(pk=fresh.pk).update(touched_at=now)

    assert sweep_imports(at=now) == [waiting.pk]
    assert queue.llen(settings.CELERY_TASK_DEFAULT_QUEUE) == 1


def test_what_nobody_decides_in_a_week_lapses_and_gives_its_file_away(by: User) -> None:
    job = uploaded(by)
    run_import(import_id=job.pk, clock=lambda: AT)

    sweep_imports(at=AT + DECIDE_WITHIN)
    assert ReadingImport.objects.get().state == ImportState.TRIED
    sweep_imports(at=AT + DECIDE_WITHIN + timedelta(seconds=1))
    job.refresh_from_db()
    assert (job.state, job.content, job.rows) == ("lapsed", None, 5000)


def test_a_row_with_a_nul_is_a_fault_like_any_other(by: User) -> None:
    content = (
        b"serial,measured_at,energy_wh\n47\x0011,2026-01-05T07:00:00Z,1\n4711,2026-01-05T07:00:00Z,x\x00\n"
    )
    job = upload_readings(content=content, file_name="a.csv", zone="", decimal_comma=False, by=by, at=AT)
    run_import(import_id=job.pk, clock=lambda: AT)

    job.refresh_from_db()
    assert (job.state, job.refused) == ("tried", 2)
