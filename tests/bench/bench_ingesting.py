"""Draining a backlog through the real ingest process, beside a bare paho client that only receives it."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import orjson
import paho.mqtt.client as paho
import pytest
from django.conf import settings

from accounts.models import Utility
from accounts.scope import across_utilities, utility_scope
from config.mqtt import broker_address, new_client, start
from metering import topics
from metering.models import Reading
from tests.bench.conftest import Measured
from tests.factories import a_household
from tests.metering.factories import NOON, a_meter, native
from tests.metering.mqtt.processes import ingest, publish_all, until

MESSAGES: Final = 20_000
METERS: Final = 50
SESSION_S: Final = 600
WINDOW: Final = 2000

Backlog = Sequence[tuple[str, bytes]]


def _backlog(utility: Utility) -> Backlog:
    with utility_scope(utility):
        household = a_household()
        meters = [a_meter(household=household).identity for _ in range(METERS)]
    return [
        (
            topics.up(utility=utility.slug, device=meters[n % METERS], channel="reading"),
            orjson.dumps(native(measured_at=NOON - timedelta(minutes=n // METERS), energy_kwh=n)),
        )
        for n in range(MESSAGES)
    ]


def _subscriber(received: Callable[[], None]) -> paho.Client:
    """A persistent session that acknowledges each message by hand and does nothing else."""
    address = broker_address(settings.MQTT_URL)
    client = new_client(client_id="bench-bare", address=address, clean=False, manual_ack=True)

    def take(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        client.ack(message.mid, message.qos)
        received()

    client.on_message = take
    start(client, address, clean=False, session_expiry_s=SESSION_S, receive_maximum=WINDOW)
    until(client.is_connected, "the bare client connects")
    return client


def _leave(client: paho.Client) -> None:
    client.disconnect()
    client.loop_stop()


def _drain_bare(backlog: Backlog) -> float:
    """Messages a second that paho alone takes in."""
    away = _subscriber(lambda: None)
    subscribed = threading.Event()
    away.on_subscribe = lambda *_: subscribed.set()
    away.subscribe(topics.ALL_UP, qos=1)
    assert subscribed.wait(SESSION_S)
    _leave(away)
    publish_all(backlog)

    counted = iter(range(MESSAGES - 1))
    done = threading.Event()
    began = time.perf_counter()
    back = _subscriber(lambda: done.set() if next(counted, None) is None else None)
    assert done.wait(SESSION_S)
    rate = MESSAGES / (time.perf_counter() - began)
    back.unsubscribe(topics.ALL_UP)
    _leave(back)
    return rate


def _drain_into_the_database(backlog: Backlog, *, log: Path) -> float:
    """Messages a second from the broker to committed rows."""
    with ingest(log) as process:  # so that the broker knows the session
        process.terminate()
        process.wait()
    publish_all(backlog)
    with ingest(log.with_suffix(".again")), across_utilities("the measurement counts"):
        began = time.perf_counter()
        until(lambda: Reading.objects.count() == MESSAGES, "all is stored")
        return MESSAGES / (time.perf_counter() - began)


@pytest.mark.django_db(transaction=True)
def bench_ingest(utility: Utility, tmp_path: Path, measured: Callable[[Measured], None]) -> None:
    backlog = _backlog(utility)
    bare = _drain_bare(backlog)
    ours = _drain_into_the_database(backlog, log=tmp_path / "ingest.log")
    measured(
        Measured(
            what="ingest: a backlog received, stored, acknowledged",
            ours=ours,
            beside="bare paho receiving and acknowledging it, storing nothing",
            theirs=bare,
            unit="messages/s",
        )
    )
