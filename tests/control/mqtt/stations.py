"""A substation on the real broker: hears its targets, and says what the test lets it say."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import orjson
import paho.mqtt.client as paho
from django.conf import settings

from config.mqtt import broker_address, new_client, start
from config.stack import servers
from metering import topics
from tests.metering.mqtt.processes import until
from tests.processes import running

# Long enough for a machine on which eight others work: a long first round rests three times as long.
PATIENCE_S = 60.0


@dataclass
class Heard:
    """A message on the target topic."""

    body: dict[str, Any]
    retained: bool


@dataclass
class Station:
    """One controller's MQTT client."""

    utility: str
    device: str
    client: paho.Client
    _heard: SimpleQueue[Heard] = field(default_factory=SimpleQueue)
    subscribed: bool = False

    def next_target(self, *, patience_s: float = PATIENCE_S) -> Heard:
        """The next target, which has to come soon."""
        return self._heard.get(timeout=patience_s)

    def hears_nothing(self, *, for_s: float = 0.5) -> bool:
        """Whether no target comes for a while."""
        try:
            self._heard.get(timeout=for_s)
        except Empty:
            return True
        return False

    def answer(self, target: Heard, **changes: object) -> None:
        """Acknowledge a target, or what ``changes`` make of the acknowledgement."""
        body = {
            "command": target.body["command"],
            "state": "applied",
            "reason": "",
            "at": target.body["issued_at"],
            **changes,
        }
        self.say(orjson.dumps(body))

    def say(self, payload: bytes) -> None:
        """Publish on the ack topic, until the broker has it."""
        topic = topics.up(utility=self.utility, device=self.device, channel="ack")
        self.client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)


@contextmanager
def a_broker(state: Path, *, known: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """A broker of the test's own; ``known`` addresses are used again, its memory is not."""
    server = servers.broker(state, known=known)
    with running(server.component, log=state / "broker.log", env=os.environ):
        yield server.addresses


@contextmanager
def a_station(*, utility: str, device: str) -> Iterator[Station]:
    """A connected controller that listens to its targets."""
    address = broker_address(settings.MQTT_URL)
    client = new_client(client_id=f"test-{device}", address=address)
    station = Station(utility, device, client)

    def connected(*_event: object) -> None:
        client.subscribe(topics.down(utility=utility, device=device, channel="target"), qos=1)

    def subscribed(*_event: object) -> None:
        station.subscribed = True

    def heard(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        station._heard.put(Heard(orjson.loads(message.payload), message.retain))

    client.on_connect, client.on_subscribe, client.on_message = connected, subscribed, heard
    start(client, address)
    try:
        until(lambda: station.subscribed, "the station listens", patience_s=PATIENCE_S)
        yield station
    finally:
        client.disconnect()
        client.loop_stop()
