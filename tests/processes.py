"""Real processes for tests: started as the supervisor starts them, ready when it would say so."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from signal import SIGKILL

from django.conf import settings
from django.db import connection

from config.stack.component import Component
from config.stack.launch import kill_group, popen_options

PATIENCE_SECONDS = 30


class ProcessFailedError(RuntimeError):
    """A process of the tests did not come up; carries what it wrote."""


def shared_environment() -> dict[str, str]:
    """What a process needs to share this test's database, Valkey and broker."""
    parts = settings.DATABASE_URL.rpartition("/")
    database = f"{parts[0]}/{connection.settings_dict['NAME']}"
    return {**os.environ, "DATABASE_URL": database, "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(
    component: Component, *, log: Path, env: Mapping[str, str]
) -> Generator[subprocess.Popen[bytes], None, None]:
    """``component`` as a real process, from when it is ready; its output goes to ``log``.

    Raises:
        ProcessFailedError: it ended or did not get ready.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            component.command, stdout=output, stderr=output, **popen_options(component, env)
        )
    try:
        _wait_until_ready(component, process, log=log)
        yield process
    finally:
        process.send_signal(component.stop_signal)
        try:
            process.wait(timeout=component.stop_seconds)
        except subprocess.TimeoutExpired:
            kill_group(process.pid, SIGKILL)
            process.wait()


def _wait_until_ready(component: Component, process: subprocess.Popen[bytes], *, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _is_ready(component, log):
        if process.poll() is not None or time.monotonic() > deadline:
            said = log.read_text(encoding="utf-8", errors="replace")
            raise ProcessFailedError(f"{component.name} did not come up:\n{said}")
        time.sleep(0.02)


def _is_ready(component: Component, log: Path) -> bool:
    if component.ready_line:
        return component.ready_line in log.read_text(encoding="utf-8", errors="replace")
    return component.answers()
