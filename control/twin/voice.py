"""A device's own connection to the broker: on line while it lasts, its last will says when it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import paho.mqtt.client as paho
from django.conf import settings
from paho.mqtt.reasoncodes import ReasonCode

from config.mqtt import broker_address, new_client, start
from control.twin import messages
from metering import topics

# PUBACKs waited for at once; the rest queues in paho.
IN_FLIGHT: Final = 50

Heard = Callable[[bytes], None]


class Voice:
    """Speaks as ``device`` of ``utility``, and hears its targets if somebody listens.

    After every reconnection it says again that it is on line, and the broker hands it the retained target.
    """

    def __init__(self, *, utility: str, device: str, on_target: Heard | None = None) -> None:
        """Connect in the background; what is said before that is kept and sent then."""
        self._utility, self._device, self._on_target = utility, device, on_target
        address = broker_address(settings.MQTT_URL)
        self._client = new_client(client_id=device, address=address)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.will_set(self._up("status"), self._status(online=False), qos=1, retain=True)
        self._client.on_connect = self._connected
        self._client.on_message = self._received
        start(self._client, address)

    def say(self, channel: str, message: messages.Message | list[messages.Message]) -> paho.MQTTMessageInfo:
        """Publish at QoS 1 on the device's own topic."""
        return self._client.publish(self._up(channel), messages.encode(message), qos=1)

    def close(self) -> None:
        """Say good-bye and leave; what the broker has not taken after a few seconds is lost."""
        farewell = self._client.publish(self._up("status"), self._status(online=False), qos=1, retain=True)
        if self._client.is_connected():
            farewell.wait_for_publish(timeout=3)
        self._client.disconnect()
        self._client.loop_stop()

    def _up(self, channel: str) -> str:
        return topics.up(utility=self._utility, device=self._device, channel=channel)

    def _status(self, *, online: bool) -> bytes:
        return messages.encode(messages.status(online=online, at=datetime.now(UTC)))

    def _connected(
        self,
        client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        *_rest: object,
    ) -> None:
        if reason.is_failure:
            return
        client.publish(self._up("status"), self._status(online=True), qos=1, retain=True)
        if self._on_target is not None:
            client.subscribe(topics.down(utility=self._utility, device=self._device, channel="target"), qos=1)

    def _received(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if self._on_target is not None:
            self._on_target(bytes(message.payload))
