"""The way to the broker: its address is read strictly, and a client stays connected and subscribed."""

from __future__ import annotations

import threading
import time
from itertools import count

import paho.mqtt.client as paho
import pytest
from django.conf import settings
from paho.mqtt.enums import MQTTProtocolVersion

from config.mqtt import BrokerAddress, BrokerAddressError, Will, broker_address, connect, new_client, start
from tests.metering.mqtt.processes import until

PATIENCE_S = 10.0
_names = count(1)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (
            "mqtt://127.0.0.1",
            BrokerAddress("127.0.0.1", 1883, MQTTProtocolVersion.MQTTv5, user=None, password=None, tls=False),
        ),
        (
            "mqtts://ingest:p%40ss@broker.example:8884?version=3.1.1",
            BrokerAddress(
                "broker.example", 8884, MQTTProtocolVersion.MQTTv311, user="ingest", password="p@ss", tls=True
            ),
        ),
    ],
)
def test_an_address_says_where_how_and_who(url: str, address: BrokerAddress) -> None:
    assert broker_address(url) == address


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:1883", "http://127.0.0.1", "mqtt://", "mqtt://broker?version=4"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BrokerAddressError):
        broker_address(url)


class Heard:
    """What arrived."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, bytes]] = []

    def __call__(self, message: paho.MQTTMessage) -> None:
        """Remember a message."""
        self.messages.append((message.topic, bytes(message.payload)))


def until_heard(name: str, heard: Heard) -> None:
    """Publish under ``name`` until somebody hears it: then the subscription stands."""
    heard.messages.clear()
    probe = connect(client_id=f"{name}-probe")
    deadline = time.monotonic() + PATIENCE_S
    while not heard.messages:
        assert time.monotonic() < deadline, "nobody hears the probe"
        probe.publish(f"{name}/probe", b"?", qos=1)
        time.sleep(0.02)
    probe.disconnect()
    probe.loop_stop()


def test_a_client_hears_what_it_subscribed_to_also_after_it_was_cut_off() -> None:
    name, heard = f"mqtt-test-{next(_names)}", Heard()
    client = connect(client_id=f"{name}-ear", subscriptions=[f"{name}/#"], on_message=heard)
    until_heard(name, heard)
    address = broker_address(settings.MQTT_URL)
    # Another client of the same name: the broker cuts ours off, and ours comes back and subscribes anew.
    other = new_client(client_id=f"{name}-ear", address=address)
    cut = threading.Event()
    client.on_disconnect = lambda *_: cut.set()
    start(other, address)
    assert cut.wait(PATIENCE_S)
    other.disconnect()
    other.loop_stop()
    until_heard(name, heard)
    client.disconnect()
    client.loop_stop()


def test_the_broker_speaks_a_clients_last_will() -> None:
    name, heard = f"mqtt-test-{next(_names)}", Heard()
    client = connect(client_id=f"{name}-ear", subscriptions=[f"{name}/#"], on_message=heard)
    until_heard(name, heard)
    mortal = connect(client_id=f"{name}-mortal", will=Will(f"{name}/will", b"gone"))
    until(mortal.is_connected, "it connects")
    mortal.loop_stop()
    mortal._sock_close()
    until(lambda: (f"{name}/will", b"gone") in heard.messages, "the will is spoken")
    client.disconnect()
    client.loop_stop()
