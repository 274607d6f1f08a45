"""The line to the broker: answers wait in a queue until they are stored, targets until they are taken."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final
from uuid import UUID

import orjson
import paho.mqtt.client as paho
from django.conf import settings
from django.utils import timezone
from paho.mqtt.reasoncodes import ReasonCode

from config.mqtt import broker_address, new_client, start
from control.acks import CHANNEL, AckMessage
from control.queries import outbox
from control.queries.outbox import Outgoing
from metering import topics

logger = logging.getLogger(__name__)

CLIENT_ID: Final = "hearthline-control"
# Answers that arrive while this process is away wait for it at the broker so long.
SESSION_EXPIRY_S: Final = 24 * 3600
ACKS: Final = topics.up(utility="+", device="+", channel=CHANNEL)
TAKEN_WITHIN_S: Final = 5.0
BATCH: Final = 500
QOS: Final = 1


@dataclass(frozen=True, slots=True)
class Received:
    """An answer not yet acknowledged: its number on the connection it came over."""

    ack: AckMessage
    mid: int
    connection: int


class ControlLink:
    """One persistent MQTT session; everything but the callbacks runs in the caller's thread."""

    def __init__(self, *, client_id: str = CLIENT_ID) -> None:
        """Make the client; nothing is connected yet."""
        self.wake = Event()
        self._received: SimpleQueue[Received] = SimpleQueue()
        self._put_back: list[Received] = []
        # Packet numbers start anew with every connection: an old one must not acknowledge a new message.
        self._connection = 0
        self._told_connection = 0
        self._listens = False
        self._address = broker_address(settings.MQTT_URL)
        self._client = new_client(client_id=client_id, address=self._address, clean=False, manual_ack=True)
        self._client.on_connect = self._connected
        self._client.on_subscribe = self._subscribed
        self._client.on_message = self._heard

    def open(self) -> None:
        """Connect in the background; the broker may come later and may go."""
        start(self._client, self._address, clean=False, session_expiry_s=SESSION_EXPIRY_S)

    @property
    def is_ready(self) -> bool:
        """Whether the broker has us and knows what we listen to."""
        return self._listens and self._client.is_connected()

    def begins_anew(self) -> bool:
        """Whether the broker was reached anew since this was last asked."""
        began, self._told_connection = self._connection != self._told_connection, self._connection
        return began

    def close(self) -> None:
        """Leave the broker; what is not acknowledged is delivered again to the next session."""
        self._client.disconnect()
        self._client.loop_stop()

    def received(self) -> list[Received]:
        """The answers that wait, oldest first, at most a batch."""
        waiting, self._put_back = self._put_back, []
        while len(waiting) < BATCH:
            try:
                waiting.append(self._received.get_nowait())
            except Empty:
                break
        return waiting

    def put_back(self, received: Sequence[Received]) -> None:
        """These could not be stored yet; the next `received` begins with them."""
        self._put_back = [*received, *self._put_back]

    def acknowledge(self, received: Sequence[Received]) -> None:
        """Tell the broker that these are stored; a message of an earlier connection will come again."""
        for one in received:
            if one.connection == self._connection:
                self._client.ack(one.mid, QOS)

    def send(self, targets: Sequence[Outgoing]) -> list[UUID]:
        """Publish retained targets; the commands of those the broker took within five seconds."""
        if not self._client.is_connected():
            return []
        tokens = [(target.command, self._publish(target)) for target in targets]
        deadline = time.monotonic() + TAKEN_WITHIN_S
        return [command for command, token in tokens if _taken(token, deadline - time.monotonic())]

    def _publish(self, target: Outgoing) -> paho.MQTTMessageInfo:
        topic = topics.down(utility=target.utility, device=target.device, channel=outbox.CHANNEL)
        return self._client.publish(topic, orjson.dumps(target.message()), qos=QOS, retain=True)

    def _connected(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, *_rest: object
    ) -> None:
        self._connection += 1
        if reason.is_failure:
            logger.warning("the broker refuses us: %s", reason)
            return
        client.subscribe(ACKS, qos=QOS)

    def _subscribed(self, *_event: object) -> None:
        self._listens = True
        logger.info("connected to the broker")
        # What could not be sent before can be now.
        self.wake.set()

    def _heard(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        ack = AckMessage(message.topic, bytes(message.payload), received_at=timezone.now())
        self._received.put(Received(ack=ack, mid=message.mid, connection=self._connection))
        self.wake.set()


def _taken(token: paho.MQTTMessageInfo, seconds: float) -> bool:
    try:
        token.wait_for_publish(max(seconds, 0.0))
    except (RuntimeError, ValueError):
        # The connection went away meanwhile; the target stays pending.
        return False
    return token.is_published()
