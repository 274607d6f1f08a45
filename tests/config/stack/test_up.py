"""`manage.py up` as a person starts it: real servers, real processes, in a directory of its own."""

import json
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self
from urllib.request import urlopen

import psycopg
import pytest

from config.stack.component import Component
from config.stack.launch import popen_options
from config.stack.ports import free_port
from config.stack.service import manage

pytestmark = pytest.mark.processes

PATIENCE_SECONDS = 90
OURS = ("DATABASE_URL", "VALKEY_URL", "MQTT_URL")


class Stack:
    """One `manage.py up` in ``directory``."""

    def __init__(self, directory: Path) -> None:
        """Choose ports; start nothing."""
        self.directory = directory
        self.port, self.live_port = free_port(), free_port()
        self.process: subprocess.Popen[str] | None = None

    def command(self) -> list[str]:
        return [*manage("up"), f"--port={self.port}", f"--live-port={self.live_port}"]

    def environment(self) -> dict[str, str]:
        """As in a fresh shell: nothing of the tests' own servers."""
        env = {name: value for name, value in os.environ.items() if name not in OURS}
        return {**env, "HEARTHLINE_STATE": str(self.directory)}

    def start(self) -> float:
        """Seconds until the first component after the last one was ready."""
        started_at = time.monotonic()
        with (self.directory / "console").open("w", encoding="utf-8") as console:
            # Should pytest itself be killed, the stack goes with it.
            up = Component(name="up", command=tuple(self.command()))
            self.process = subprocess.Popen(
                up.command, stdout=console, stderr=console, text=True, **popen_options(up, self.environment())
            )
        self.wait_for(r"Hearthline is up: http://127\.0\.0\.1:")
        return time.monotonic() - started_at

    def wait_for(self, pattern: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not re.search(pattern, self.console()):
            assert time.monotonic() < deadline, self.console()
            assert self.process is not None
            assert self.process.poll() is None, self.console()
            time.sleep(0.1)

    def console(self) -> str:
        return (self.directory / "console").read_text(encoding="utf-8")

    def stop(self) -> int:
        """The exit status; nothing happens to one that has ended already."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)

    def __enter__(self) -> Self:
        """Running."""
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Gone, whatever the test met."""
        self.stop()

    def addresses(self) -> dict[str, str]:
        return dict(json.loads((self.directory / "addresses.json").read_text(encoding="utf-8")))

    def pid_of(self, name: str) -> int:
        children = json.loads((self.directory / "children.json").read_text(encoding="utf-8"))
        return int(children[name][0])

    def left_behind(self) -> list[int]:
        """Every process on this machine that was started with our directory, zombies aside."""
        return [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and self._is_ours(entry)
        ]

    def _is_ours(self, entry: Path) -> bool:
        try:
            return f"HEARTHLINE_STATE={self.directory}\0".encode() in (entry / "environ").read_bytes()
        except OSError:
            return False


@pytest.fixture(scope="module")
def stack(shared_state_directory: Path) -> Iterator[Stack]:
    """A running stack; whatever a test does to it, nothing of it survives the module."""
    with Stack(shared_state_directory) as running:
        yield running
    assert running.left_behind() == []


def get(url: str) -> tuple[int, bytes]:
    with urlopen(url, timeout=10) as answer:  # noqa: S310 - our own address
        return answer.status, answer.read()


def test_the_web_is_ready_and_the_live_process_lives(stack: Stack) -> None:
    status, body = get(f"http://127.0.0.1:{stack.port}/readyz")
    assert (status, json.loads(body)) == (200, {"database": "ok", "valkey": "ok"})
    assert get(f"http://127.0.0.1:{stack.live_port}/healthz") == (200, b'{"status": "ok"}')


def test_every_component_has_a_line_with_its_state(stack: Stack) -> None:
    for name in ("postgres", "valkey", "broker", "web", "live", "worker", "beat", "control"):
        assert re.search(rf"^\d\d:\d\d:\d\d {name} +\| ready", stack.console(), re.MULTILINE), name


def test_the_addresses_are_written_for_us_alone(stack: Stack) -> None:
    file = stack.directory / "addresses.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert set(stack.addresses()) == {*OURS, "MQTT_V4_URL", "PUBLIC_URL", "LIVE_URL"}


def test_a_second_up_is_refused_and_told_where_the_first_one_answers(stack: Stack) -> None:
    second = subprocess.run(
        stack.command(), env=stack.environment(), check=False, capture_output=True, text=True
    )
    assert stack.process is not None
    assert second.returncode == 1
    assert second.stderr == (
        f"CommandError: Hearthline runs already: process {stack.process.pid}, state in {stack.directory}, "
        f"web at http://127.0.0.1:{stack.port}.\n"
    )


def test_a_taken_port_is_refused_before_anything_starts(stack: Stack, state_directory: Path) -> None:
    other = Stack(state_directory)
    other.port = stack.port
    refused = subprocess.run(
        other.command(), env=other.environment(), check=False, capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert refused.stderr == (
        f"CommandError: Port {stack.port} for the web is taken by another program. "
        "Stop it, or pick another with --port.\n"
    )
    assert not (state_directory / "postgres").exists()


@pytest.mark.parametrize("name", ["live", "worker", "valkey", "postgres"])
def test_a_component_that_is_killed_comes_back(stack: Stack, name: str) -> None:
    killed = stack.pid_of(name)
    os.kill(killed, signal.SIGKILL)
    stack.wait_for(rf"{name} +\| died \(signal SIGKILL\)[\s\S]*{name} +\| ready")
    assert stack.pid_of(name) != killed
    status, _ = get(f"http://127.0.0.1:{stack.port}/healthz")
    assert status == 200


def test_what_was_stored_is_there_after_a_restart_at_the_same_addresses(state_directory: Path) -> None:
    with Stack(state_directory) as stack:
        before = stack.addresses()
        with psycopg.connect(before["DATABASE_URL"]) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        assert stack.stop() == 0
        assert stack.left_behind() == []
        stack.start()
        assert stack.addresses() == before
        with psycopg.connect(before["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]


def test_a_supervisor_that_is_killed_takes_its_children_along_and_the_next_one_starts(
    state_directory: Path,
) -> None:
    with Stack(state_directory) as stack:
        assert stack.process is not None
        stack.process.kill()
        stack.process.wait()
        deadline = time.monotonic() + 30
        while stack.left_behind() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert stack.left_behind() == []
        stack.start()
    assert stack.left_behind() == []
