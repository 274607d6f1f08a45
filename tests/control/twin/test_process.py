"""The community on the real broker: what it says, what it obeys, how it leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import paho.mqtt.client as paho
import pytest

from config.mqtt import connect
from control.twin import process, town
from metering import topics
from tests.control.twin.layouts import a_layout

PATIENCE_S = 20
_numbers = count(1)


class Listener:
    """Hears everything of one utility, as a service would."""

    def __init__(self, utility: str) -> None:
        """Subscribe to both directions."""
        self.utility = utility
        self.heard: list[tuple[str, str, Any, bool]] = []
        self.client = connect(
            client_id=f"listener-{utility}-{next(_numbers)}",
            subscriptions=[f"heat/v1/{utility}/#"],
            on_message=self._hear,
        )

    def _hear(self, message: paho.MQTTMessage) -> None:
        topic = topics.parse(message.topic)
        self.heard.append((topic.device, topic.channel, json.loads(message.payload), message.retain))

    def wait(self, device: str, channel: str, *, where: Callable[[Any], bool] = bool) -> Any:  # noqa: ANN401 - JSON
        """The first message of ``device`` on ``channel`` for which ``where`` holds."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for speaker, said_on, said, _retain in list(self.heard):
                if (speaker, said_on) == (device, channel) and where(said):
                    return said
            time.sleep(0.05)
        raise AssertionError(f"{device} did not say that on {channel}: {self.heard[-5:]}")

    def order(self, device: str, **changes: Any) -> str:  # noqa: ANN401 - any JSON value
        """Publish a retained target; its command."""
        while not self.client.is_connected():
            time.sleep(0.05)
        now = datetime.now(UTC)
        body = {
            "command": str(uuid4()),
            "issued_at": now.isoformat(),
            "expires_at": (now + timedelta(minutes=30)).isoformat(),
            "secondary_supply_c": 43.5,
            **changes,
        }
        topic = topics.down(utility=self.utility, device=device, channel="target")
        self.client.publish(topic, json.dumps(body), qos=1, retain=True).wait_for_publish(timeout=5)
        return str(body["command"])

    def close(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener to a utility of its own."""
    found = Listener(f"town-{next(_numbers)}")
    yield found
    found.close()


@contextmanager
def running(listener: Listener, path: Path, *, hours: int = 3) -> Iterator[None]:
    """The twin of a small town, with some hours of past."""
    layout = a_layout(utility=listener.utility, buildings=2)
    stop = threading.Event()
    options = process.Options(
        backfill_from=datetime.now(UTC) - timedelta(hours=hours), path=path / "town.npz"
    )
    thread = threading.Thread(
        target=process.run, args=(town.build(layout, seed=4),), kwargs={"options": options, "stop": stop}
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=PATIENCE_S)
        assert not thread.is_alive()


def test_everybody_is_on_line_and_speaks_within_seconds(listener: Listener, tmp_path: Path) -> None:
    with running(listener, tmp_path):
        for device in ("gw-1", "gw-2", "plc-1"):
            assert listener.wait(device, "status")["online"] is True
        fresh = datetime.now(UTC) - timedelta(seconds=30)
        room = listener.wait("gw-1", "temperature", where=lambda said: _measured(said) > fresh)
        assert {"id", "measured_at", "temperature_c", "humidity_pct"} == set(_first(room))
        assert listener.wait("gw-1", "reading", where=lambda said: _measured(said) > fresh)
        assert listener.wait("gw-2", "reading", where=lambda said: isinstance(said, dict))["_"] == "telegram"
        assert _measured(listener.wait("plc-1", "telemetry")) <= datetime.now(UTC)


def test_the_past_arrives_as_lists_that_begin_at_its_first_hour(listener: Listener, tmp_path: Path) -> None:
    with running(listener, tmp_path, hours=5):
        past = listener.wait("gw-1", "reading", where=lambda said: len(said) > 20)
        instants = sorted({reading["measured_at"] for reading in past})
        assert len(instants) in {6, 7}
        assert all(instant.endswith(":00:00.000Z") for instant in instants)
        assert len(past) == len(instants) * 10


def test_a_station_obeys_a_target_and_says_so(listener: Listener, tmp_path: Path) -> None:
    with running(listener, tmp_path):
        command = listener.order("plc-1", secondary_supply_c=43.5)
        answer = listener.wait("plc-1", "ack")
        assert (answer["command"], answer["state"]) == (command, "applied")
        listener.wait("plc-1", "telemetry", where=lambda said: _target(said) == 43.5)


def test_a_target_that_has_run_out_is_rejected_with_its_reason(listener: Listener, tmp_path: Path) -> None:
    with running(listener, tmp_path):
        command = listener.order("plc-1", expires_at="2026-01-01T00:00:00+00:00")
        answer = listener.wait("plc-1", "ack")
        assert (answer["command"], answer["state"]) == (command, "rejected")
        assert "expired" in answer["reason"]


def test_a_retained_target_is_read_again_at_start(listener: Listener, tmp_path: Path) -> None:
    command = listener.order("plc-1")
    with running(listener, tmp_path):
        assert listener.wait("plc-1", "ack")["command"] == command


def test_garbage_on_the_target_topic_gets_no_answer_and_disturbs_nothing(
    listener: Listener, tmp_path: Path
) -> None:
    with running(listener, tmp_path):
        listener.wait("plc-1", "status")
        listener.order("plc-1", command="not a name")
        command = listener.order("plc-1")
        assert listener.wait("plc-1", "ack")["command"] == command


def test_it_says_good_bye_and_its_memory_continues_the_registers(listener: Listener, tmp_path: Path) -> None:
    with running(listener, tmp_path):
        listener.wait("gw-1", "reading")
        listener.wait("gw-2", "reading")
    assert listener.wait("gw-1", "status", where=lambda said: said["online"] is False)
    assert listener.wait("plc-1", "status", where=lambda said: said["online"] is False)
    with running(listener, tmp_path):
        listener.wait("gw-1", "status", where=lambda said: said["online"] is True)
        time.sleep(2)
    told = _registers(listener)
    assert len(told) == 20
    for values in told.values():
        assert values == sorted(values)


def test_a_device_that_vanishes_is_off_line_by_its_last_will(listener: Listener) -> None:
    script = (
        "import os, django; django.setup(); from control.twin.voice import Voice; import time;"
        f"Voice(utility='{listener.utility}', device='plc-9'); time.sleep(60)"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    child = subprocess.Popen([sys.executable, "-c", script], env=environment)
    try:
        listener.wait("plc-9", "status", where=lambda said: said["online"] is True)
        child.send_signal(signal.SIGKILL)
        listener.wait("plc-9", "status", where=lambda said: said["online"] is False)
    finally:
        child.kill()
        child.wait()


def _first(said: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    first: dict[str, Any] = said[0] if isinstance(said, list) else said
    return first


def _measured(said: Any) -> datetime:  # noqa: ANN401 - JSON
    entry = _first(said)
    return datetime.fromisoformat(entry.get("measured_at") or entry["timestamp"])


def _target(said: Any) -> float:  # noqa: ANN401 - JSON
    points: dict[str, float] = _first(said)["points"]
    return points["secondary_supply_target_c"]


def _registers(listener: Listener) -> dict[str, list[float]]:
    """What each meter was said to show, in the order of its own clock."""
    found: dict[str, dict[str, float]] = {}
    for _device, channel, said, _retain in listener.heard:
        if channel == "reading":
            for entry in said if isinstance(said, list) else [said]:
                value = entry.get("energy_kwh", entry.get("total_energy_consumption_kwh"))
                instant = entry.get("measured_at") or entry["timestamp"]
                # Told twice, it says the same.
                assert found.setdefault(entry["id"], {}).setdefault(instant, value) == value
    return {serial: [values[at] for at in sorted(values)] for serial, values in found.items()}
