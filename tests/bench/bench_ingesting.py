"""Draining backlogs from a mosquitto into one database: ours, bare paho, mq-bridge, the bulk limit."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

import orjson
import paho.mqtt.client as paho
import pytest
from django.db import connection, transaction

from accounts.models import Utility
from accounts.scope import across_utilities, utility_scope
from config.mqtt import broker_address, new_client, start
from metering import topics
from metering.models import Reading
from metering.operations.sorting import Message, Row, sort_messages
from metering.operations.tables import READINGS, stage
from metering.queries.registry import Registry
from tests.bench.conftest import Measured
from tests.factories import a_household
from tests.metering.factories import NOON, a_gateway, a_meter, native
from tests.metering.mqtt.processes import ROOT, ingest, mosquitto, publish_all, until

MESSAGES: Final = int(os.environ.get("BENCH_MESSAGES", "20000"))
METERS: Final = 50
SESSION_S: Final = 600
WINDOW: Final = 2000
ACKED_TOGETHER: Final = 1000
BULK: Final = 5000
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


class _Bare:
    """Paho as it is: a persistent session, acknowledged by hand ACKED_TOGETHER at a time, nothing stored."""

    def __init__(self, url: str) -> None:
        address = broker_address(url)
        self.client = new_client(client_id="bench-bare", address=address, clean=False, manual_ack=True)
        self.done = threading.Event()
        self.waiting: list[paho.MQTTMessage] = []
        self.received = 0
        self.client.on_message = self._take
        start(self.client, address, clean=False, session_expiry_s=SESSION_S, receive_maximum=WINDOW)
        until(self.client.is_connected, "the bare client connects")

    def _take(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self.waiting.append(message)
        self.received += 1
        if len(self.waiting) == ACKED_TOGETHER or self.received == MESSAGES:
            for one in self.waiting:
                client.ack(one.mid, one.qos)
            self.waiting.clear()
        if self.received == MESSAGES:
            self.done.set()

    def leave(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def _drain_bare(backlog: Backlog, url: str) -> float:
    away = _Bare(url)
    subscribed = threading.Event()
    away.client.on_subscribe = lambda *_: subscribed.set()
    away.client.subscribe(topics.ALL_UP, qos=1)
    assert subscribed.wait(SESSION_S)
    away.leave()
    publish_all(backlog, url=url)
    began = time.perf_counter()
    back = _Bare(url)
    assert back.done.wait(SESSION_S)
    rate = MESSAGES / (time.perf_counter() - began)
    back.leave()
    return rate


def _rows(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
        (count,) = cursor.fetchone()
    return int(count)


@contextmanager
def _held(table: str) -> Iterator[None]:
    """Nobody writes to ``table`` meanwhile, so that all processes begin together."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        yield


def _timed(table: str, processes: int) -> float:
    """Rows a second, once what waited in the memory of ``processes`` is stored."""
    until(lambda: _rows(table) >= processes * WINDOW, "it begins", patience_s=SESSION_S)
    first, began = _rows(table), time.perf_counter()
    until(lambda: _rows(table) == MESSAGES, "all is stored", patience_s=SESSION_S)
    return (MESSAGES - first) / (time.perf_counter() - began)


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE metering_reading")


def _drain_ours(
    backlog: Backlog, url: str, folder: Path, workers: Sequence[str] = ("",)
) -> tuple[float, float]:
    """Our rate in messages with so many processes, and by how many MB the first grew meanwhile."""
    folder.mkdir()
    for worker in workers:  # so that the broker knows the sessions
        with ingest(folder / f"first{worker}", environment={"MQTT_URL": url}, worker=worker) as process:
            time.sleep(0.5)
            process.terminate()
            process.wait()
    publish_all(backlog, url=url)
    with ExitStack() as running:
        with _held("metering_reading"):
            processes = [
                running.enter_context(
                    ingest(folder / f"log{worker}", environment={"MQTT_URL": url}, worker=worker)
                )
                for worker in workers
            ]
            time.sleep(0.5)
        before_mb = _rss_mb(processes[0].pid)
        rate = _timed("metering_reading", len(workers))
        grown_mb = _rss_mb(processes[0].pid) - before_mb
        for process in processes:
            process.terminate()
            process.wait()
    return rate, grown_mb


def _rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def _bridge(url: str) -> Iterator[None]:
    """mq-bridge with the settings that were its fastest, in whichever Python has it."""
    database = connection.settings_dict
    login = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    command = [os.environ.get("BENCH_MQ_BRIDGE_PYTHON", sys.executable), str(MQ_BRIDGE), url]
    with subprocess.Popen(
        [*command, f"postgres://{login}/{database['NAME']}", topics.ALL_UP],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        if process.stdout.readline() != b"ready\n":
            pytest.skip("mq-bridge 1.2.0 is not installed; see tests/bench/mq_bridge_route.py")
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
        with ExitStack() as running:
            with _held("bench_mq_bridge"):
                running.enter_context(_bridge(url))
                time.sleep(0.5)
            return _timed("bench_mq_bridge", 1)
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


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    """A mosquitto for each comparison: whoever was measured before keeps no session there."""
    with mosquitto(tmp_path) as url:
        yield url


Table = Callable[[Measured], None]


def _row(what: str, ours: float, beside: str, theirs: float) -> Measured:
    return Measured(what=what, ours=ours, beside=beside, theirs=theirs, unit="/s")


@pytest.mark.django_db(transaction=True)
def bench_single_readings(utility: Utility, broker: str, tmp_path: Path, measured: Table) -> None:
    backlog = _backlog(utility)
    bare = _drain_bare(backlog, broker)
    ours, grown_mb = _drain_ours(backlog, broker, tmp_path / "one")
    what = f"ingest, one process (memory {grown_mb:+.0f} MB)"
    measured(_row(what, ours, "bare paho, storing nothing", bare))


@pytest.mark.django_db(transaction=True)
def bench_beside_mq_bridge(utility: Utility, broker: str, tmp_path: Path, measured: Table) -> None:
    backlog = _backlog(utility)
    ours, _grown_mb = _drain_ours(backlog, broker, tmp_path / "one")
    with mosquitto(tmp_path) as fresh:
        theirs = _drain_mq_bridge(backlog, fresh)
    measured(_row("ingest, one process", ours, "mq-bridge 1.2.0", theirs))


@pytest.mark.django_db(transaction=True)
def bench_lists_of_a_gateway(utility: Utility, broker: str, tmp_path: Path, measured: Table) -> None:
    backlog = _lists(utility)
    limit = _limit(backlog)
    ours, _grown_mb = _drain_ours(backlog, broker, tmp_path / "lists")
    measured(_row("ingest, readings in lists of 50", ours, "the database's bulk limit", limit))


@pytest.mark.django_db(transaction=True)
def bench_two_processes(utility: Utility, broker: str, tmp_path: Path, measured: Table) -> None:
    backlog = _backlog(utility)
    one, _grown_mb = _drain_ours(backlog, broker, tmp_path / "one", ["a"])
    _empty()
    with mosquitto(tmp_path) as fresh:
        two, _grown_mb = _drain_ours(backlog, fresh, tmp_path / "two", ["a", "b"])
    measured(_row("ingest, two processes sharing", two, "one process", one))
