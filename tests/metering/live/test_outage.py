"""Valkey goes away and comes back; the phone need not know."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import redis
from pytest_django import Settings
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from accounts.models import Household, User
from config.stack import servers
from config.stack.ports import HOST, free_port
from config.stack.service import live
from metering.live import LiveUpdate, publish, updates
from metering.live.tickets import issue_ticket
from tests.metering.live.conftest import Frame, Phone
from tests.processes import running, shared_environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]

MORNING = datetime(2026, 1, 5, 6, 0, tzinfo=UTC)


class Valkey:
    """A Valkey that a test may take away."""

    def __init__(self, directory: Path) -> None:
        """Start it."""
        self._directory = directory
        self.addresses: dict[str, str] = {}
        self._running = ExitStack()
        self.start()

    def start(self) -> None:
        """At the same address as before, with nothing of what it knew."""
        server = servers.valkey(self._directory, known=self.addresses, durable=False)
        self.addresses = dict(server.addresses)
        log = self._directory / "valkey.log"
        self._running.enter_context(running(server.component, log=log, env=os.environ))

    def stop(self) -> None:
        self._running.close()

    def cut_subscribers_off(self) -> None:
        """Break the subscribers' connections, and theirs alone."""
        with redis.Redis.from_url(self.addresses["VALKEY_URL"]) as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


@pytest.fixture
def valkey(tmp_path: Path, settings: Settings) -> Iterator[Valkey]:
    """A Valkey of this test's own, to which `publish` and the tickets go."""
    own = Valkey(tmp_path)
    settings.VALKEY_URL = own.addresses["VALKEY_URL"]
    updates._script.cache_clear()
    yield own
    updates._script.cache_clear()
    own.stop()


@pytest.fixture
def phone(valkey: Valkey, resident: User, tmp_path: Path) -> Iterator[Phone]:
    """The resident's phone on a live process of this test's own."""
    port = free_port()
    env = {**shared_environment(), **valkey.addresses}
    with running(live(port), log=tmp_path / "live.log", env=env):
        offer = [Subprotocol("heat.v1"), Subprotocol(f"t.{issue_ticket(user_id=resident.pk)}")]
        with connect(f"ws://{HOST}:{port}/ws/v1/live", subprotocols=offer) as socket:
            yield Phone(socket)


def publish_room(household: Household, *, minutes: int) -> None:
    publish(
        [
            LiveUpdate(
                household_id=household.pk,
                kind="room",
                device_id=7,
                measured_at=MORNING + timedelta(minutes=minutes),
                values={"temperature_c": 20.0},
            )
        ]
    )


def hears_one_of_many(phone: Phone, household: Household) -> Frame:
    """The first update that gets through; several at once may be told as a gap and the newest."""
    for minutes in range(60):
        publish_room(household, minutes=minutes)
        try:
            frame = phone.hear(seconds=0.5)
        except TimeoutError:
            continue
        return phone.hear() if frame["type"] == "gap" else frame
    raise AssertionError("No update came through for half a minute.")


def test_updates_go_on_when_valkey_has_come_back(household: Household, phone: Phone, valkey: Valkey) -> None:
    phone.ask(subscribe=[str(household.pk)])
    assert phone.hear()["type"] == "snapshot"
    publish_room(household, minutes=0)
    before = phone.hear()
    valkey.stop()
    valkey.start()
    after = hears_one_of_many(phone, household)
    assert (before["type"], after["type"]) == ("update", "update")
    assert before["epoch"] != after["epoch"]


def test_what_came_while_the_line_to_valkey_was_cut_is_not_missed(
    household: Household, phone: Phone, valkey: Valkey
) -> None:
    phone.ask(subscribe=[str(household.pk)])
    assert phone.hear()["seq"] == 0
    for minutes in range(1, 6):
        valkey.cut_subscribers_off()
        publish_room(household, minutes=minutes)
        frame = phone.hear()
        assert (frame["type"], frame["seq"]) == ("update", minutes)


def test_without_valkey_a_phone_is_told_to_come_back_later(
    household: Household, phone: Phone, valkey: Valkey
) -> None:
    valkey.stop()
    phone.ask(subscribe=[str(household.pk)])
    with pytest.raises(ConnectionClosed):
        phone.hear(seconds=20)
    assert phone.socket.close_code == 1013
