"""Killed without warning, under load, in a seeded order: all that the broker took is stored once.

`PROVE_ROUNDS` says how often each fault happens (a short slice by default, 20 for the whole proof),
`PROVE_SEED` in which order and when.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from signal import SIGKILL
from typing import Final

import environ
import orjson
import pytest
from django.core.management import call_command
from django.db import OperationalError, connections
from pytest_django import DjangoDbBlocker

from accounts.scope import across_utilities, utility_scope
from config.mqtt import broker_address, new_client, start
from config.settings import engine
from config.stack import servers
from metering import topics
from metering.models import QuarantinedMessage, Reading
from tests.factories import a_household, a_utility
from tests.metering.factories import NOON, a_meter, native
from tests.metering.mqtt.processes import ingest, mosquitto, publish_all, until
from tests.processes import ProcessFailedError, running

pytestmark = [pytest.mark.processes, pytest.mark.mosquitto, pytest.mark.timeout(3000)]

ROUNDS: Final = int(os.environ.get("PROVE_ROUNDS", "1"))
SEED: Final = int(os.environ.get("PROVE_SEED", "3"))
MESSAGES: Final = 1500  # while each fault happens
LONGEST_WAIT_S: Final = 0.3
# As the supervisor does, which never gives up; on a busy machine the orphans take their time.
COMES_BACK_S: Final = 90.0
CLIENT_ID: Final = "hearthline-ingest"


class Restartable:
    """A server or process that is killed and comes back with what it had on disk."""

    def __init__(self, begin: Callable[[ExitStack], int]) -> None:
        self._begin = begin
        self._exits = ExitStack()
        self.pid = begin(self._exits)

    def kill(self) -> None:
        os.kill(self.pid, SIGKILL)
        self.close()

    def back(self) -> None:
        # PostgreSQL waits for the last of its orphans; so do we.
        deadline = time.monotonic() + COMES_BACK_S
        while True:
            try:
                self.pid = self._begin(self._exits)
            except ProcessFailedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)
            else:
                return

    def close(self) -> None:
        self._exits.close()


class World:
    """A database, a Valkey, a broker and an ingest of this test's own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url, self.starts = folder, url, 0
        database, valkey = (make(folder, known={}) for make in (servers.postgres, servers.valkey))
        self.addresses = {**database.addresses, **valkey.addresses}
        self.parts = {"postgres": self._server(database), "valkey": self._server(valkey)}

    def _server(self, server: servers.Server) -> Restartable:
        log = self.folder / f"{server.component.name}.log"
        return Restartable(
            lambda exits: exits.enter_context(running(server.component, log=log, env=os.environ)).pid
        )

    def start_ingest(self) -> None:
        self.parts["ingest"] = Restartable(self._ingest)

    def _ingest(self, exits: ExitStack) -> int:
        self.starts += 1
        log = self.folder / f"ingest-{self.starts}.log"
        environment = {"MQTT_URL": self.url, **self.addresses}
        return exits.enter_context(ingest(log, environment=environment)).pid

    def cut(self) -> None:
        """Somebody takes the session over for a moment, so the broker drops the connection."""
        address = broker_address(self.url)
        intruder = new_client(client_id=CLIENT_ID, address=address, clean=False, manual_ack=True)
        start(intruder, address, clean=False, session_expiry_s=600)
        until(intruder.is_connected, "the intruder connects")
        intruder.disconnect()
        intruder.loop_stop()

    def strike(self, fault: str) -> None:
        if fault == "connection":
            self.cut()
        else:
            self.parts[fault].kill()
            self.parts[fault].back()

    def close(self) -> None:
        for part in reversed(self.parts.values()):
            part.close()


@pytest.fixture
def world(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Started and migrated; Django's default connection leads there."""
    plain = connections["default"]
    with mosquitto(tmp_path) as url, django_db_blocker.unblock():
        made = World(tmp_path, url)
        address = made.addresses["DATABASE_URL"]
        settings = {**plain.settings_dict, **environ.Env.db_url_config(address), "ENGINE": engine.PLAIN}
        connections["default"] = type(plain)(settings, alias="default")
        try:
            call_command("migrate", verbosity=0)
            made.start_ingest()
            yield made
        finally:
            made.close()
            connections["default"].close()
            connections["default"] = plain


def stored() -> list[tuple[object, ...]]:
    """All readings, once the database answers."""
    with across_utilities("the checker compares"):
        try:
            return sorted(Reading.objects.values_list("device_id", "measured_at", "energy_wh"))
        except OperationalError:
            connections["default"].close()
            return []


def test_whatever_is_killed_every_acknowledged_message_is_stored_once(world: World) -> None:
    utility = a_utility()
    with utility_scope(utility):
        meter = a_meter(household=a_household())
        topic = topics.up(utility=utility.slug, device=meter.identity, channel="reading")
    dice = random.Random(SEED)  # noqa: S311 - a seed, not a secret
    faults = ["ingest", "postgres", "valkey", "connection"] * ROUNDS
    dice.shuffle(faults)
    log: list[tuple[object, ...]] = []
    for place, fault in enumerate(faults):
        numbers = range(place * MESSAGES, (place + 1) * MESSAGES)
        instants = {n: NOON - timedelta(seconds=n) for n in numbers}
        load = [(topic, orjson.dumps(native(measured_at=at, energy_kwh=n))) for n, at in instants.items()]
        publisher = threading.Thread(target=publish_all, args=(load,), kwargs={"url": world.url})
        publisher.start()
        time.sleep(dice.uniform(0, LONGEST_WAIT_S))
        world.strike(fault)
        # It returns when the broker has acknowledged all.
        publisher.join()
        log += [(meter.pk, at, 1000 * n) for n, at in instants.items()]
    until(lambda: len(stored()) >= len(log), "all is stored", patience_s=120)
    assert stored() == sorted(log)
    assert QuarantinedMessage.objects.count() == 0
