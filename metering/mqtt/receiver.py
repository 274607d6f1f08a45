"""The connection to the broker: what it delivers waits here until it is stored and acknowledged."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, cast

import paho.mqtt.client as paho
from paho.mqtt.reasoncodes import ReasonCode

from config.mqtt import BrokerAddress, new_client, start
from metering.mqtt import metrics
from metering.mqtt.wire import Published, WireClient
from metering.operations.sorting import Message

logger = logging.getLogger(__name__)

# The broker keeps what we have not acknowledged for as long as a weekend with its Monday and more.
SESSION_EXPIRY_S: Final = 14 * 24 * 3600
# The price, in delay, of storing neighbours in one transaction.
LINGER_S: Final = 0.001
# A batch of lists is no larger in the database than one of single readings.
MOST_BYTES: Final = 1_000_000


class Delivery(NamedTuple):
    """A message as it arrived, and on which connection: only there does its ``mid`` mean anything."""

    connection: int
    mid: int
    message: Message


class Receiver:
    """A persistent subscription with acknowledgement by hand; callbacks only enqueue.

    The broker delivers at most ``window`` messages that are not acknowledged (MQTT 5): it bounds the inbox.
    """

    def __init__(self, *, address: BrokerAddress, client_id: str, subscription: str, window: int) -> None:
        """Prepare; nothing is connected before `start`."""
        self._address = address
        self._subscription = subscription
        self._window = window
        self._inbox: deque[Delivery] = deque()
        self._arrived = threading.Event()
        # Which connection a message came on: broken ones are counted up, so that an acknowledgement
        # never reaches a later connection, where its mid may belong to a message not stored yet.
        self._connection = 0
        self._unacknowledged = 0
        self._acking = threading.Lock()
        self.connected = threading.Event()
        client = new_client(
            client_id=client_id, address=address, clean=False, manual_ack=True, kind=WireClient
        )
        self._client = cast("WireClient", client)
        self._client.taker = self
        self._client.on_connect = self._subscribe
        self._client.on_disconnect = self._count_connection
        self._client.on_message = self._take_in_slowly

    def start(self) -> None:
        """Connect in the background, for as long as it takes, and stay connected."""
        start(
            self._client,
            self._address,
            clean=False,
            session_expiry_s=SESSION_EXPIRY_S,
            receive_maximum=self._window,
        )

    def stop(self) -> None:
        """Send what is still to be sent, leave the broker, keep the session there."""
        self._client.disconnect()
        self._client.loop_stop()

    def take_in(self, published: Sequence[Published]) -> None:
        """Called in the client's thread with what came together: enqueue and be gone."""
        connection, received_at = self._connection, datetime.now(UTC)
        # A topic no text can be made of is none of ours; the marks stay visible in quarantine.
        self._inbox.extend(
            Delivery(connection, mid, Message(topic.decode(errors="replace"), payload, received_at))
            for mid, topic, payload in published
        )
        with self._acking:
            self._unacknowledged += sum(mid != 0 for mid, _topic, _payload in published)
        # Once for many messages: waking the other thread for each would cost more than the message.
        if not self._arrived.is_set():
            self._arrived.set()

    def take(self, *, at_most: int, patience_s: float) -> list[Delivery]:
        """What has arrived, oldest first; waits up to ``patience_s`` for the first message.

        After that one it waits LINGER_S more, so that messages that come together are stored together.
        """
        if not self._inbox:
            if not self._arrived.wait(patience_s):
                return []
            time.sleep(LINGER_S)
        self._arrived.clear()
        taken: list[Delivery] = []
        size = 0
        while self._inbox and len(taken) < at_most and size < MOST_BYTES:
            taken.append(self._inbox.popleft())
            size += len(taken[-1].message.payload)
        metrics.RECEIVED.inc(len(taken))
        metrics.WAITING.set(len(self._inbox))
        return taken

    def acknowledge(self, deliveries: Sequence[Delivery]) -> int:
        """Tell the broker that these are stored; how many were told, on the connection they came on."""
        with self._acking:
            mids = [one.mid for one in deliveries if one.connection == self._connection and one.mid]
            if mids:
                self._client.ack_many(mids)
            self._unacknowledged -= len(mids)
            metrics.UNACKNOWLEDGED.set(self._unacknowledged)
        metrics.ACKNOWLEDGED.inc(len(mids))
        return len(mids)

    def _subscribe(
        self,
        client: paho.Client,
        _data: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if reason.is_failure:
            logger.warning("the broker refused the connection: %s", reason)
            return
        logger.info("connected to the broker%s", ", session resumed" if flags.session_present else "")
        client.subscribe(self._subscription, qos=1)
        self.connected.set()

    def _count_connection(self, *_details: Any) -> None:  # noqa: ANN401 - paho's signature
        with self._acking:
            self._connection += 1
            # The broker will send them again, on the next connection.
            self._unacknowledged = 0
        metrics.CONNECTIONS_LOST.inc()
        self.connected.clear()
        logger.info("disconnected from the broker")

    def _take_in_slowly(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        # QoS 0, for which there is nothing to acknowledge.
        topic = message._topic  # noqa: SLF001 - `topic` raises on invalid UTF-8
        self.take_in([(0, topic, bytes(message.payload))])
