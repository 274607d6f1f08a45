"""The demo as anybody would start it: up, signed in, warm, billed; stopped, and up again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from config.demo import people
from config.stack.ports import HOST, free_port
from config.stack.state import addresses

pytestmark = [pytest.mark.processes, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 240.0
# What the tests' own servers would be taken for, were they left in the environment.
NOT_INHERITED = {"DATABASE_URL", "DATABASE_ENGINE", "VALKEY_URL", "MQTT_URL", "MQTT_V4_URL"}
BACKWARDS = """
SELECT count(*) FROM (
    SELECT energy_wh, lag(energy_wh) OVER (PARTITION BY device_id ORDER BY measured_at) AS before
    FROM metering_reading
) told WHERE before > energy_wh
"""


class Demo:
    """A running demo, seen from outside."""

    def __init__(self, directory: Path, *, web: int) -> None:
        """It answers on the port ``web`` and keeps its state in ``directory``."""
        self.directory, self.base = directory, f"http://{HOST}:{web}"

    def said(self) -> str:
        """Its console."""
        return (self.directory / "console").read_text(encoding="utf-8")

    def value(self, query: str) -> Any:  # noqa: ANN401 - whatever the column is
        """One value of the database."""
        with psycopg.connect(addresses(self.directory)["DATABASE_URL"]) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def signed_in(self) -> httpx.Client:
        """The API as the demo's resident."""
        login = {"email": people.RESIDENT.email, "password": people.PASSWORD}
        answer = httpx.post(f"{self.base}/_allauth/app/v1/auth/login", json=login, timeout=30)
        assert answer.status_code == 200, answer.text
        token = answer.json()["meta"]["session_token"]
        return httpx.Client(base_url=f"{self.base}/api/v1", headers={"X-Session-Token": token}, timeout=30)


@contextmanager
def running(directory: Path) -> Iterator[Demo]:
    """`manage.py demo` from when it says how to sign in; stopped by Ctrl-C."""
    web, live, stripe = free_port(), free_port(), free_port()
    environment = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    with (directory / "console").open("wb") as console:
        process = subprocess.Popen(
            [
                sys.executable,
                "manage.py",
                "demo",
                f"--port={web}",
                f"--live-port={live}",
                f"--stripe-port={stripe}",
            ],
            cwd=ROOT,
            env={**environment, "HEARTHLINE_STATE": str(directory)},
            stdout=console,
            stderr=console,
            start_new_session=True,
        )
    demo = Demo(directory, web=web)
    try:
        until(lambda: people.PASSWORD in demo.said(), "the logins are printed", demo)
        yield demo
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    assert process.returncode == 0, demo.said()


def until(holds: Callable[[], bool], what: str, demo: Demo) -> None:
    """Wait until something holds; fails with what did not, and the console."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"It did not happen that {what}:\n{demo.said()}"
        time.sleep(0.2)


def freshest(api: httpx.Client, household: int) -> datetime:
    """When the newest of the home's rooms was measured."""
    rooms = api.get(f"/households/{household}/rooms").json()
    rooms = rooms["results"] if isinstance(rooms, dict) else rooms
    assert [room["name"] for room in rooms] == ["Living room", "Bedroom", "Study"]
    instants = [room["measured_at"] for room in rooms if room.get("measured_at")]
    return max((datetime.fromisoformat(at) for at in instants), default=datetime.min.replace(tzinfo=UTC))


def test_the_demo_warms_bills_and_survives_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as demo, demo.signed_in() as api:
        homes = api.get("/households").json()
        (home,) = homes["results"] if isinstance(homes, dict) else homes
        recent = timedelta(seconds=30)
        until(lambda: datetime.now(UTC) - freshest(api, home["id"]) < recent, "a room is live", demo)
        until(lambda: "bills      | done" in demo.said(), "bills are issued", demo)
        bills = api.get(f"/households/{home['id']}/invoices").json()
        assert len(bills["results"] if isinstance(bills, dict) else bills) == 1
        assert demo.value("SELECT count(*) FROM billing_invoice WHERE state = 'issued'") == 240
        until(lambda: "the past is told" in _log(demo), "the past is told", demo)
        assert demo.value("SELECT count(*) FROM metering_quarantinedmessage") == 0
    with running(tmp_path) as demo:
        stored = demo.value("SELECT count(*) FROM metering_reading")
        until(
            lambda: demo.value("SELECT count(*) FROM metering_reading") > stored + 240, "meters go on", demo
        )
        assert demo.value(BACKWARDS) == 0
        assert demo.value("SELECT count(*) FROM metering_quarantinedmessage") == 0
        assert demo.value("SELECT count(*) FROM accounts_household") == 240


def _log(demo: Demo) -> str:
    return (demo.directory / "log" / "hearthline.log").read_text(encoding="utf-8")
