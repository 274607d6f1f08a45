"""The real ingest process and a publisher that waits for every acknowledgement."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from config.mqtt import broker_address, new_client, start

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 60.0


@contextmanager
def ingest(log: Path, *, environment: Mapping[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """`manage.py ingest` on the tests' database and broker, killed at the end if it still runs."""
    database = connection.settings_dict
    host, port = database["HOST"], database["PORT"]
    login = f"{database['USER']}:{database['PASSWORD']}" if database["PASSWORD"] else database["USER"]
    env = {
        **os.environ,
        "DATABASE_URL": f"postgresql://{login}@{host}:{port}/{database['NAME']}",
        "DATABASE_ENGINE": "plain",
        "MQTT_URL": settings.MQTT_URL,
        **(environment or {}),
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "ingest"], cwd=ROOT, env=env, stdout=output, stderr=output
        )
    try:
        until(lambda: "connected to the broker" in log.read_text(encoding="utf-8"), "the process connects")
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


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
