"""A device's own connection to the broker: on line while it lasts, its last will says when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

import paho.mqtt.client as paho
from django.conf import settings
from paho.mqtt.reasoncodes import ReasonCode

from config.mqtt import broker_address, new_client, start
from control.twin import messages
from control.twin.history import Saying
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

    def is_open(self) -> bool:
        """Whether we are connected now."""
        return self._client.is_connected()

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


class Voices:
    """Everybody's voice, by identity."""

    def __init__(self, voices: Mapping[str, Voice]) -> None:
        """Speak through ``voices``."""
        self._voices = voices

    def say(self, saying: Saying) -> paho.MQTTMessageInfo:
        """Publish what somebody says; one value goes out as it is, several as a list."""
        values = saying.values[0] if len(saying.values) == 1 else saying.values
        return self._voices[saying.speaker].say(saying.channel, values)

    def is_open(self, speaker: str) -> bool:
        """Whether ``speaker`` is connected now."""
        return self._voices[speaker].is_open()

    def close(self) -> None:
        """Let everybody leave."""
        for voice in self._voices.values():
            voice.close()
