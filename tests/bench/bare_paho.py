"""Paho as it is, as a process of its own: `bare_paho.py MQTT_URL TOPIC COUNT`; prints messages a second.

A persistent session, acknowledged by hand ACKED_TOGETHER at a time, nothing done with what is received. With
COUNT 0 it subscribes and leaves, so that the broker knows the session. The first twentieth is not timed, for
anybody: it is what each has in hand when its clock starts.
"""

import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ACKED_TOGETHER = 1000
WINDOW = 4000
url, topic, count = urlsplit(sys.argv[1]), sys.argv[2], int(sys.argv[3])
assert url.hostname
assert url.port
is_v5 = "version=3.1.1" not in url.query
client = paho.Client(
    CallbackAPIVersion.VERSION2,
    client_id=f"bench-bare-{is_v5}",
    clean_session=None if is_v5 else False,
    protocol=MQTTProtocolVersion.MQTTv5 if is_v5 else MQTTProtocolVersion.MQTTv311,
    manual_ack=True,
)
waiting: list[paho.MQTTMessage] = []
marks: list[float] = []
done = threading.Event()
received = 0


def take(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
    """Count, and acknowledge many together."""
    global received  # noqa: PLW0603 - the whole script is one counter
    waiting.append(message)
    received += 1
    if received in {count // 20, count}:
        marks.append(time.perf_counter())
    if len(waiting) == ACKED_TOGETHER or received == count:
        for one in waiting:
            client.ack(one.mid, one.qos)
        waiting.clear()
    if received == count:
        done.set()


def subscribe(*_details: Any) -> None:  # noqa: ANN401 - paho's signature
    """So that the broker knows the session."""
    client.subscribe(topic, qos=1)


def subscribed(*_details: Any) -> None:  # noqa: ANN401 - paho's signature
    """It does."""
    done.set()


if is_v5:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho annotates most of it
    properties.SessionExpiryInterval = 600
    properties.ReceiveMaximum = WINDOW
    client.connect_async(url.hostname, url.port, clean_start=False, properties=properties)
else:
    client.connect_async(url.hostname, url.port)
if count:
    client.on_message = take
else:
    client.on_connect = subscribe
    client.on_subscribe = subscribed
client.loop_start()
assert done.wait(600)
client.disconnect()
client.loop_stop()
if count:
    sys.stdout.write(f"{(count - count // 20) / (marks[1] - marks[0])}\n")
