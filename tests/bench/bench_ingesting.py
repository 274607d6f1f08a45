"""Draining backlogs from a mosquitto into one database: ours, bare paho, mq-bridge, the bulk limit.

Every contender has its session at the broker, is away while BENCH_MESSAGES are published, and is timed from
when it has begun until all is there; in BENCH_ROUNDS rounds, of which the medians count.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Final

import orjson
import pytest
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Utility
from accounts.scope import across_utilities, utility_scope
from metering import topics
from metering.models import Reading
from metering.operations.sorting import Message, Row, sort_messages
from metering.operations.tables import READINGS, stage
from metering.queries.registry import Registry
from tests.bench.conftest import Measured
from tests.factories import a_household
from tests.metering.factories import NOON, a_gateway, a_meter, native
from tests.metering.mqtt.processes import ROOT, ingest, mosquitto, publish_all

MESSAGES: Final = int(os.environ.get("BENCH_MESSAGES", "200000"))
METERS: Final = 50
SESSION_S: Final = 600
BULK: Final = 5000
ROUNDS: Final = int(os.environ.get("BENCH_ROUNDS", "3"))
BARE: Final = ROOT / "tests" / "bench" / "bare_paho.py"
MQ_BRIDGE: Final = ROOT / "tests" / "bench" / "mq_bridge_route.py"

Backlog = Sequence[tuple[str, bytes]]


def _said(n: int) -> dict[str, object]:
    """About 220 bytes, as a heat meter's telegram has."""
    return native(
        measured_at=NOON - timedelta(minutes=n // METERS),
        energy_kwh=6000 + n / 1000,
        volume_m3=645.319,
        power_kw=0.111,
        flow_m3_h=0.004,
        supply_c=51.7,
        return_c=27.6,
        status="OK",
    )


def _backlog(utility: Utility) -> Backlog:
    """Single readings of meters that speak for themselves."""
    with utility_scope(utility):
        household = a_household()
        meters = [a_meter(household=household).identity for _ in range(METERS)]
    return [
        (
            topics.up(utility=utility.slug, device=meters[n % METERS], channel="reading"),
            orjson.dumps({**_said(n), "meter_id": n % METERS}),
        )
        for n in range(MESSAGES)
    ]


def _lists(utility: Utility) -> Backlog:
    """The same number of readings, in a gateway's lists of METERS."""
    with utility_scope(utility):
        household, gateway = a_household(), a_gateway()
        serials = [a_meter(household=household, gateway=gateway).serial for _ in range(METERS)]
    topic = topics.up(utility=utility.slug, device=gateway.identity, channel="reading")
    return [
        (topic, orjson.dumps([{**_said(n + place), "id": serial} for place, serial in enumerate(serials)]))
        for n in range(0, MESSAGES, METERS)
    ]


def _drain_bare(backlog: Backlog, url: str) -> float:
    """Paho's rate, storing nothing: the better of its two protocols."""
    rates = []
    for address in (url, f"{url}?version=3.1.1"):
        command = [sys.executable, str(BARE), address, topics.ALL_UP]
        subprocess.run([*command, "0"], check=True)
        publish_all(backlog, url=url)
        run = subprocess.run([*command, str(len(backlog))], check=True, stdout=subprocess.PIPE, text=True)
        rates.append(float(run.stdout))
    return max(rates)


def _timed(table: str, rows: int) -> float:
    """Rows a second, once the first of them are there; asks in a way that costs the database nothing."""
    with connection.cursor() as cursor:
        # A twentieth is what may wait in a process's memory before the first commit.
        _until_rows(cursor, table, 1)
        first, began = _rows(cursor, table), time.perf_counter()
        _until_rows(cursor, table, rows)
        rate = (rows - first) / (time.perf_counter() - began)
        assert _rows(cursor, table) == rows
    return rate


def _rows(cursor: CursorWrapper, table: str) -> int:
    cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
    (count,) = cursor.fetchone() or (0,)
    return int(count)


def _until_rows(cursor: CursorWrapper, table: str, rows: int) -> None:
    """Wait for the ``rows``-th row; while it is far away, no more often than it takes to count."""
    deadline = time.monotonic() + SESSION_S
    while True:
        began = time.perf_counter()
        if _rows(cursor, table) >= rows:
            return
        # Counting takes a twentieth of the time at most.
        time.sleep(max(0.005, 20 * (time.perf_counter() - began)))
        assert time.monotonic() < deadline, f"{rows} rows are not there after {SESSION_S} s."


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE metering_reading")


def _drain_ours(
    backlog: Backlog, url: str, folder: Path, workers: Sequence[str] = ("",)
) -> tuple[float, float]:
    """Our rate in readings with so many processes, and by how many MB the first grew meanwhile."""
    folder.mkdir(exist_ok=True)
    for worker in workers:  # so that the broker knows the sessions
        with ingest(folder / f"first{worker}", environment={"MQTT_URL": url}, worker=worker) as process:
            time.sleep(0.5)
            process.terminate()
            process.wait()
    publish_all(backlog, url=url)
    with ExitStack() as running:
        for log in folder.glob("log*"):
            log.unlink()
        processes = [
            running.enter_context(
                ingest(folder / f"log{worker}", environment={"MQTT_URL": url}, worker=worker, wait=False)
            )
            for worker in workers
        ]
        with connection.cursor() as cursor:
            _until_rows(cursor, "metering_reading", 1)
        before_mb = _rss_mb(processes[0].pid)
        rate = _timed("metering_reading", MESSAGES)
        grown_mb = _rss_mb(processes[0].pid) - before_mb
        for process in processes:
            process.terminate()
            process.wait()
    _empty()
    return rate, grown_mb


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def _bridge(url: str) -> Iterator[None]:
    """mq-bridge, ready or not yet; it ends with the block."""
    database = connection.settings_dict
    login = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    address = f"postgres://{login}/{database['NAME']}"
    command = [sys.executable, str(MQ_BRIDGE), url, address, topics.ALL_UP]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        # Its input is closed when the block ends, and it ends with that.
        yield


def _drain_mq_bridge(backlog: Backlog, url: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bench_mq_bridge (meter_id bigint, measured_at timestamptz, energy_kwh float8,"
            " volume_m3 float8, power_kw float8, flow_m3_h float8, supply_c float8, return_c float8,"
            " status text, PRIMARY KEY (meter_id, measured_at))"
        )
    try:
        with _bridge(url):
            time.sleep(0.5)
        publish_all(backlog, url=url)
        # It is ready before it has received anything, or while it has: the clock starts at the first row.
        with _bridge(url):
            return _timed("bench_mq_bridge", MESSAGES)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bench_mq_bridge")


def _limit(backlog: Backlog) -> float:
    """The rows of ``backlog`` a second by staged COPY with ON CONFLICT, from memory, nothing else."""
    messages = [Message(topic, payload, NOON) for topic, payload in backlog]
    rows: list[Row] = sort_messages(messages=messages, registry=Registry()).readings
    assert len(rows) == MESSAGES
    began = time.perf_counter()
    for place in range(0, len(rows), BULK):
        part = rows[place : place + BULK]
        with transaction.atomic(), connection.cursor() as cursor:
            stage(cursor, READINGS, part)
            cursor.execute(READINGS.insert_staged, [len(part)])
    rate = MESSAGES / (time.perf_counter() - began)
    with across_utilities("the measurement counts"):
        assert Reading.objects.count() == MESSAGES
    _empty()
    return rate


def _fresh(folder: Path, drain: Callable[[str], float]) -> float:
    """What ``drain`` says at a mosquitto of its own: whoever was measured before has no session there."""
    with mosquitto(folder) as url:
        return drain(url)


Table = Callable[[Measured], None]


def _row(what: str, ours: Sequence[float], beside: str, theirs: Sequence[float]) -> Measured:
    return Measured(what=what, ours=median(ours), beside=beside, theirs=median(theirs), unit="/s")


@pytest.mark.timeout(3600)
@pytest.mark.django_db(transaction=True)
def bench_single_readings(utility: Utility, tmp_path: Path, measured: Table) -> None:
    """One process beside bare paho, mq-bridge and two processes, taking turns: all have the same weather."""
    backlog = _backlog(utility)
    bare, bridge, one, two = [], [], [], []
    grown_mb: list[float] = []

    def ours(url: str, workers: Sequence[str]) -> float:
        rate, grown = _drain_ours(backlog, url, tmp_path / f"{len(workers)}", workers)
        grown_mb.append(grown)
        return rate

    for _ in range(ROUNDS):
        bare.append(_fresh(tmp_path, lambda url: _drain_bare(backlog, url)))
        one.append(_fresh(tmp_path, lambda url: ours(url, [""])))
        bridge.append(_fresh(tmp_path, lambda url: _drain_mq_bridge(backlog, url)))
        two.append(_fresh(tmp_path, lambda url: ours(url, ["a", "b"])))
    what = f"ingest, one process (memory {max(grown_mb):+.0f} MB)"
    measured(_row(what, one, "bare paho, storing nothing", bare))
    measured(_row("ingest, one process", one, "mq-bridge 1.2.0", bridge))
    measured(_row("ingest, two processes sharing", two, "one process", one))


@pytest.mark.timeout(3600)
@pytest.mark.django_db(transaction=True)
def bench_lists_of_a_gateway(utility: Utility, tmp_path: Path, measured: Table) -> None:
    backlog = _lists(utility)
    limit, ours = [], []
    for _ in range(ROUNDS):
        limit.append(_limit(backlog))
        ours.append(_fresh(tmp_path, lambda url: _drain_ours(backlog, url, tmp_path / "lists")[0]))
    measured(_row("ingest, readings in lists of 50", ours, "the database's bulk limit", limit))
