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
from tests.metering.mqtt.processes import a_free_port, ingest, mosquitto_process, publish_all, until
from tests.processes import ProcessFailedError, running

pytestmark = [pytest.mark.processes, pytest.mark.mosquitto, pytest.mark.timeout(3000)]

ROUNDS: Final = int(os.environ.get("PROVE_ROUNDS", "1"))
SEED: Final = int(os.environ.get("PROVE_SEED", "3"))
MESSAGES: Final = 1500  # while each fault happens
# What the broker's configuration lets wait in its memory only: autosave_interval, and what is under way.
UNSAVED: Final = 1000
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

    def restart(self) -> None:
        self.close()
        self.back()

    def close(self) -> None:
        self._exits.close()


class World:
    """A database, a Valkey, a broker and an ingest of this test's own."""

    def __init__(self, folder: Path) -> None:
        port = a_free_port()
        self.folder, self.url, self.starts = folder, f"mqtt://127.0.0.1:{port}", 0
        database, valkey = (make(folder, known={}) for make in (servers.postgres, servers.valkey))
        self.addresses = {**database.addresses, **valkey.addresses}
        self.parts = {"postgres": self._server(database), "valkey": self._server(valkey)}
        self.parts["broker"] = Restartable(
            lambda exits: exits.enter_context(mosquitto_process(folder, port=port, durable=True)).pid
        )

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
        elif fault == "restart":
            self.parts["broker"].restart()
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
    with django_db_blocker.unblock():
        made = World(tmp_path)
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


class Meter:
    """A registered meter whose every reading is written down before it is published."""

    def __init__(self, world: World) -> None:
        self.world, self.log = world, list[tuple[object, ...]]()
        utility = a_utility()
        with utility_scope(utility):
            self.device = a_meter(household=a_household())
        self.topic = topics.up(utility=utility.slug, device=self.device.identity, channel="reading")

    def publish(self, count: int) -> threading.Thread:
        """Publish so many more in the background; the thread ends when the broker has acknowledged all."""
        first = len(self.log)
        instants = {n: NOON - timedelta(seconds=n) for n in range(first, first + count)}
        load = [
            (self.topic, orjson.dumps(native(measured_at=at, energy_kwh=n))) for n, at in instants.items()
        ]
        self.log += [(self.device.pk, at, 1000 * n) for n, at in instants.items()]
        publisher = threading.Thread(target=publish_all, args=(load,), kwargs={"url": self.world.url})
        publisher.start()
        return publisher


def struck(world: World, faults: list[str], dice: random.Random) -> Meter:
    """The meter after all ``faults``, each under load and at a chance moment."""
    meter = Meter(world)
    for fault in faults:
        publisher = meter.publish(MESSAGES)
        time.sleep(dice.uniform(0, LONGEST_WAIT_S))
        world.strike(fault)
        publisher.join()
    return meter


def test_whatever_is_killed_every_acknowledged_message_is_stored_once(world: World) -> None:
    dice = random.Random(SEED)  # noqa: S311 - a seed, not a secret
    faults = ["ingest", "postgres", "valkey", "connection", "restart"] * ROUNDS
    dice.shuffle(faults)
    meter = struck(world, faults, dice)
    until(lambda: len(stored()) >= len(meter.log), "all is stored", patience_s=120)
    assert stored() == sorted(meter.log)
    assert QuarantinedMessage.objects.count() == 0


def test_a_killed_broker_loses_no_more_than_it_had_not_saved_and_doubles_nothing(world: World) -> None:
    dice = random.Random(SEED)  # noqa: S311 - a seed, not a secret
    # A first restart, so that the session is on disk.
    meter = struck(world, ["restart", *["broker"] * ROUNDS], dice)
    meter.publish(MESSAGES).join()
    # One session delivers in order: with the last message all that will come is there.
    until(lambda: bool(stored()) and meter.log[-1] in stored(), "the last is stored", patience_s=120)
    kept = stored()
    assert len(set(kept)) == len(kept)
    assert set(kept) <= set(meter.log)
    assert len(meter.log) - len(kept) <= UNSAVED * ROUNDS
    assert QuarantinedMessage.objects.count() == 0
