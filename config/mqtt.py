"""The one way to the MQTT broker: the address from the settings, reconnection with jitter, no surprises."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import paho.mqtt.client as paho
from django.conf import settings
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

OnMessage = Callable[[paho.MQTTMessage], None]

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
VERSIONS: Final = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}
KEEPALIVE_S: Final = 30
# The longest wait before the next attempt; each client adds its own jitter, so that a
# restarted broker is not met by all of them in the same instant.
RECONNECT_MAX_S: Final = 30


POLL_S: Final = 0.02


class BrokerAddressError(ValueError):
    """MQTT_URL does not say where the broker is."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker listens, what it speaks, and who we are to it."""

    host: str
    port: int
    version: MQTTProtocolVersion
    user: str | None
    password: str | None
    tls: bool


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes, retained, when this client vanishes."""

    topic: str
    payload: bytes


def broker_address(url: str) -> BrokerAddress:
    """Read ``mqtt[s]://user:password@host:port?version=5``; the version is 5 unless it says 3.1.1.

    Raises:
        BrokerAddressError: scheme, host or version is missing or unknown.
    """
    parts = urlsplit(url)
    version = parse_qs(parts.query).get("version", ["5"])[-1]
    if parts.scheme not in PORTS or not parts.hostname:
        raise BrokerAddressError(f"MQTT_URL must look like mqtt://user:password@host:1883, not '{url}'.")
    if version not in VERSIONS:
        raise BrokerAddressError(f"MQTT_URL asks for MQTT version '{version}'; it must be 5 or 3.1.1.")
    return BrokerAddress(
        host=parts.hostname,
        port=parts.port or PORTS[parts.scheme],
        version=VERSIONS[version],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=parts.scheme == "mqtts",
    )


def new_client(
    *,
    client_id: str,
    address: BrokerAddress,
    clean: bool = True,
    manual_ack: bool = False,
    kind: type[paho.Client] = paho.Client,
) -> paho.Client:
    """A client that is not connected yet, with credentials, TLS and jittered reconnection set."""
    is_v5 = address.version == MQTTProtocolVersion.MQTTv5
    client = kind(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        # On MQTT 5 the clean start is said when connecting.
        clean_session=None if is_v5 else clean,
        protocol=address.version,
        manual_ack=manual_ack,
    )
    if address.user is not None:
        client.username_pw_set(address.user, address.password)
    if address.tls:
        client.tls_set(
            ca_certs=settings.MQTT_CA_FILE or None,
            certfile=settings.MQTT_CERT_FILE or None,
            keyfile=settings.MQTT_KEY_FILE or None,
        )
    # Jitter decides when, not what; nothing secret hangs on it.
    first = random.uniform(0.5, 1.5)  # noqa: S311 - no secret hangs on it
    client.reconnect_delay_set(min_delay=first, max_delay=RECONNECT_MAX_S)  # type: ignore[arg-type] # the stub says int; the library adds floats
    return client


def start(
    client: paho.Client,
    address: BrokerAddress,
    *,
    clean: bool = True,
    session_expiry_s: int = 0,
    receive_maximum: int = 0,
) -> None:
    """Connect in the background and keep connected; returns at once, the broker may come later."""
    options: dict[str, Any] = {}
    if address.version == MQTTProtocolVersion.MQTTv5:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.SessionExpiryInterval = session_expiry_s
        if receive_maximum:
            properties.ReceiveMaximum = receive_maximum
        options = {"clean_start": clean, "properties": properties}
    client.connect_async(address.host, address.port, keepalive=KEEPALIVE_S, **options)
    client.loop_start()


def connect(
    *,
    client_id: str,
    clean: bool = True,
    subscriptions: Sequence[str] = (),
    on_message: OnMessage | None = None,
    will: Will | None = None,
    session_expiry_s: int = 0,
) -> paho.Client:
    """A client with its own thread that connects, and subscribes again after every reconnection.

    ``on_message`` runs in that thread and must be quick. Stop it with ``disconnect()`` and ``loop_stop()``.
    """
    address = broker_address(settings.MQTT_URL)
    client = new_client(client_id=client_id, address=address, clean=clean)
    if will is not None:
        client.will_set(will.topic, will.payload, qos=1, retain=True)

    def subscribe(
        connected: paho.Client, _data: object, _flags: paho.ConnectFlags, reason: ReasonCode, *_rest: object
    ) -> None:
        if not reason.is_failure and subscriptions:
            connected.subscribe([(topic, 1) for topic in subscriptions])

    def receive(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if on_message is not None:
            on_message(message)

    client.on_connect = subscribe
    client.on_message = receive
    start(client, address, clean=clean, session_expiry_s=session_expiry_s)
    return client


def publish_once(messages: Sequence[tuple[str, bytes]], *, client_id: str, patience_s: float) -> list[bool]:
    """Connect, publish all at QoS 1, leave; of each whether the broker took it within ``patience_s``."""
    deadline = time.monotonic() + patience_s
    client = connect(client_id=client_id)
    try:
        while not client.is_connected():
            if time.monotonic() > deadline:
                return [False] * len(messages)
            time.sleep(POLL_S)
        sent = [client.publish(topic, payload, qos=1) for topic, payload in messages]
        return [_is_taken(one, deadline - time.monotonic()) for one in sent]
    finally:
        client.disconnect()
        client.loop_stop()


def _is_taken(sent: paho.MQTTMessageInfo, patience_s: float) -> bool:
    try:
        sent.wait_for_publish(max(patience_s, 0.0))
    except (RuntimeError, ValueError):
        # The connection is not there, or paho's queue is full.
        return False
    return sent.is_published()
