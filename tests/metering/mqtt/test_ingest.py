"""The real ingest process on a real broker and a real database: quick, honest, and not to be shaken."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest
from django.db import connection
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import Household
from metering.enums import Reason
from metering.models import QuarantinedMessage, Reading
from metering.operations.sorting import Message
from tests.metering.factories import NOON, a_device, a_gateway, a_message, a_meter, native
from tests.metering.mqtt.processes import ingest, publish_all, until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

# On a quiet machine a tenth of it; the contract says one second.
SOON_S = 10.0


@pytest.fixture(scope="module")
def metrics_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def running(
    django_db_setup: None,  # noqa: ARG001 - the process needs the tests' database
    tmp_path_factory: pytest.TempPathFactory,
    metrics_port: int,
) -> Iterator[Path]:
    """One ingest process for the tests of this file; the path of its log."""
    log = tmp_path_factory.mktemp("ingest") / "ingest.log"
    with ingest(log, environment={"METRICS_PORT": str(metrics_port)}) as process:
        yield log
        process.terminate()
        # It leaves by itself, and says that all is well.
        assert process.wait(timeout=30) == 0


def send(*messages: Message) -> None:
    """Publish, and wait for the broker's acknowledgements."""
    publish_all([(message.topic, message.payload) for message in messages])


def outcomes(port: int) -> dict[str, float]:
    """The process's counters by name, outcomes by their label."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    samples = [sample for family in families for sample in family.samples]
    return {
        sample.labels.get("outcome", sample.name.removeprefix("hearthline_ingest_")): sample.value
        for sample in samples
        if sample.name.startswith("hearthline_ingest_") and sample.name.endswith("_total")
    }


@contextmanager
def database_closed() -> Iterator[None]:
    """Nobody but this test may use the database: connections are cut, new ones refused."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (ours,) = cursor.fetchone() or (0,)
    # From another database of the server: none can be closed from within.
    with psycopg.connect(
        **{**connection.get_connection_params(), "dbname": "postgres"}, autocommit=True
    ) as server:
        server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        backends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
        server.execute(backends, [name, ours])
        try:
            yield
        finally:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')


def test_a_wmbusmeters_telegram_published_twice_is_stored_once_and_soon(
    running: Path, household: Household
) -> None:
    del running
    gateway = a_gateway()
    meter = a_meter(household=household, gateway=gateway, serial="58496405")
    telegram = {
        "_": "telegram",
        "meter": "sharky774",
        "id": "58496405",
        "total_energy_consumption_kwh": 6884,
        "timestamp": "2026-01-05T04:00:00Z",
    }
    message = a_message(device=gateway, payload=telegram)
    began = time.monotonic()
    send(message)
    until(lambda: Reading.objects.filter(device=meter).exists(), "it is stored", patience_s=SOON_S)
    took_s = time.monotonic() - began
    send(message)
    # A later message of the same gateway: when it is there, the repetition has been dealt with.
    send(a_message(device=gateway, payload=native(id="58496405", measured_at=NOON + timedelta(hours=1))))
    until(lambda: Reading.objects.count() == 2, "the later one is stored", patience_s=SOON_S)
    assert Reading.objects.filter(measured_at=NOON).count() == 1
    assert QuarantinedMessage.objects.count() == 0
    assert took_s < SOON_S


@pytest.mark.usefixtures("scoped")
def test_malformed_and_unknown_messages_are_kept_whole_and_a_newcomer_is_known_at_once(running: Path) -> None:
    del running
    broken = a_message(device=a_device(), payload=b'{"measured_at": ')
    unknown = a_message(device="new", payload=native())
    send(broken, unknown)
    until(lambda: QuarantinedMessage.objects.count() == 2, "both are kept", patience_s=SOON_S)
    kept = {row.reason: bytes(row.payload) for row in QuarantinedMessage.objects.all()}
    assert kept == {Reason.MALFORMED: broken.payload, Reason.UNKNOWN_DEVICE: unknown.payload}
    a_device(identity="new")
    send(a_message(device="new", payload=native(energy_kwh=5)))
    until(lambda: Reading.objects.count() == 1, "the newcomer is heard", patience_s=SOON_S)


def test_while_the_database_is_away_nothing_is_lost(running: Path, household: Household) -> None:
    meter = a_meter(household=household)
    hours = [NOON + timedelta(hours=n) for n in range(200)]
    messages = [
        a_message(device=meter, payload=native(measured_at=at - timedelta(days=30), energy_kwh=n))
        for n, at in enumerate(hours)
    ]
    said = len(running.read_text(encoding="utf-8"))
    with database_closed():
        send(*messages)
        until(
            lambda: "the database is away" in running.read_text(encoding="utf-8")[said:],
            "the process notices",
            patience_s=SOON_S,
        )
    until(lambda: Reading.objects.count() == 200, "all is stored", patience_s=30)
    assert QuarantinedMessage.objects.count() == 0


def test_the_counters_balance(running: Path, metrics_port: int, household: Household) -> None:
    del running
    meter = a_meter(household=household)
    before = outcomes(metrics_port)
    acknowledged = before["messages_acknowledged_total"] + 4
    message = a_message(device=meter, payload=[native(), {"energy_kwh": 1}])
    stranger = a_message(device="nobody", payload=native())
    send(message, message, stranger, a_message(device=meter, payload=b"{}", channel="ack"))
    until(
        lambda: outcomes(metrics_port)["messages_acknowledged_total"] == acknowledged,
        "all is acknowledged",
        patience_s=SOON_S,
    )
    after = outcomes(metrics_port)
    change = {name: after[name] - before.get(name, 0) for name in after}
    assert (change["stored"], change["duplicate"], change["quarantined"]) == (1, 1, 3)
    assert change["records_total"] == 5
    assert (change["messages_received_total"], change["messages_ignored_total"]) == (4, 1)
