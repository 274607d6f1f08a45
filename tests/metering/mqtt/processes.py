"""The real ingest process and a publisher that waits for every acknowledgement."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config.mqtt import broker_address, new_client, start
from metering.mosquitto import persistence

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60.0


def on_the_tests_servers() -> dict[str, str]:
    """The environment of a process of ours on the database and broker of the tests."""
    database = connection.settings_dict
    host, port = database["HOST"], database["PORT"]
    login = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
    return {
        **os.environ,
        "DATABASE_URL": f"postgresql://{login}@{host}:{port}/{database['NAME']}",
        "DATABASE_ENGINE": "plain",
        "MQTT_URL": settings.MQTT_URL,
    }


@contextmanager
def ingest(
    log: Path, *, environment: Mapping[str, str] | None = None, worker: str = "", wait: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py ingest` on the tests' database and broker, killed at the end if it still runs.

    As a ``worker`` it shares the subscription with others. Connected, unless nobody is to ``wait`` for that.
    """
    shared = {"MQTT_SHARED_SUBSCRIPTION": "true" if worker else "false"}
    env = {**on_the_tests_servers(), **shared, **(environment or {})}
    command = [sys.executable, "manage.py", "ingest", *(["--worker", worker] if worker else [])]
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    try:
        if wait:
            until(lambda: "connected to the broker" in log.read_text(encoding="utf-8"), "it connects")
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


@contextmanager
def mosquitto(directory: Path) -> Iterator[str]:
    """The address of a mosquitto that keeps in memory what its absent subscribers have not seen."""
    port = a_free_port()
    with mosquitto_process(directory, port=port):
        yield f"mqtt://127.0.0.1:{port}"


@contextmanager
def mosquitto_process(
    directory: Path, *, port: int, durable: bool = False
) -> Iterator[subprocess.Popen[bytes]]:
    """A mosquitto on ``port``; its own defaults would drop all but 1,000 messages.

    A ``durable`` one keeps sessions and messages on disk, as `manage.py mqtt_acl` configures it.
    """
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("mosquitto is not installed")
    config = directory / "mosquitto.conf"
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true"]
    lines += ["max_queued_messages 1000000", "max_inflight_messages 4000", "set_tcp_nodelay true"]
    if durable:
        data = directory / "mosquitto"
        data.mkdir(exist_ok=True)
        # Started by root it would become another user, who may not write there.
        lines += [persistence(data), "user root"]
    config.write_text("\n".join(lines), encoding="utf-8")
    process = subprocess.Popen([program, "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        until(lambda: _answers(port), "mosquitto answers")
        yield process
    finally:
        process.terminate()
        process.wait()


def a_free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def publish_all(topic_payloads: Iterable[tuple[str, bytes]], *, url: str = "") -> None:
    """Publish at QoS 1 and return when the broker has acknowledged every message."""
    address = broker_address(url or settings.MQTT_URL)
    client = new_client(client_id="test-publisher", address=address)
    client.max_inflight_messages_set(500)
    start(client, address)
    until(client.is_connected, "the publisher connects")
    waiting = [client.publish(topic, payload, qos=1) for topic, payload in topic_payloads]
    for info in waiting:
        info.wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()


def until(holds: Callable[[], bool], what: str, *, patience_s: float = PATIENCE_S) -> None:
    """Wait until something holds; fails with what did not."""
    deadline = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < deadline, f"It did not happen in {patience_s:g} s that {what}."
        time.sleep(0.02)
