"""Real servers for the tests: one PostgreSQL, one Valkey, one MQTT broker, for one run of pytest.

Loaded by ``-p tests.servers`` so that it runs before Django reads its settings. Where
``HEARTHLINE_TEST_DATABASE_URL`` (``..._VALKEY_URL``, ``..._MQTT_URL``) is set, that server is used instead.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from config.stack import servers
from config.stack.launch import kill_group, popen_options

PATIENCE_SECONDS = 30
MAKERS = {
    "DATABASE_URL": servers.postgres,
    "VALKEY_URL": servers.valkey,
    "MQTT_URL": servers.broker,
}


class ServerFailedError(RuntimeError):
    """A server of the tests did not come up; carries what it said."""


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Start what is not given; a wrapper runs before pytest-django reads the settings."""
    running = ExitStack()
    early_config.add_cleanup(running.close)
    state = Path(tempfile.mkdtemp(prefix="hearthline-test-"))
    running.callback(shutil.rmtree, state, ignore_errors=True)
    os.environ["HEARTHLINE_STATE"] = str(state)
    for name, maker in MAKERS.items():
        given = os.environ.get(f"HEARTHLINE_TEST_{name}")
        if given:
            os.environ[name] = given
            continue
        server = maker(state, known={}, durable=False)
        running.enter_context(_running(server, log=state / f"{server.component.name}.log"))
        os.environ.update(server.addresses)
    return (yield)


@contextmanager
def _running(server: servers.Server, *, log: Path) -> Generator[None, None, None]:
    component = server.component
    with log.open("wb") as output:
        process = subprocess.Popen(
            component.command, stdout=output, stderr=output, **popen_options(component, os.environ)
        )
    try:
        _wait_until_ready(server, process, log=log)
        yield
    finally:
        process.send_signal(component.stop_signal)
        try:
            process.wait(timeout=component.stop_seconds)
        except subprocess.TimeoutExpired:
            kill_group(process.pid, signal.SIGKILL)
            process.wait()


def _wait_until_ready(server: servers.Server, process: subprocess.Popen[bytes], *, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not server.component.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            name = server.component.name
            raise ServerFailedError(f"{name} did not come up:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.02)
