"""The connection to a real broker: nothing is acknowledged that was not, and nothing twice or late."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from django.conf import settings
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from config.mqtt import broker_address, new_client, start
from metering.mqtt.receiver import Delivery, Receiver
from tests.metering.mqtt.processes import publish_all, until

_names = count(1)
PATIENCE_S = 10.0


@pytest.fixture
def name() -> str:
    """A session of its own for each test, at the one broker."""
    return f"receiver-test-{next(_names)}"


def receiver(name: str) -> Receiver:
    """A receiver of the topics under ``name``, started and subscribed."""
    made = Receiver(
        address=broker_address(settings.MQTT_URL), client_id=name, subscription=f"{name}/#", window=100
    )
    made.start()
    until(made.connected.is_set, "the receiver connects", patience_s=PATIENCE_S)
    return made


@pytest.fixture
def started(name: str) -> Iterator[Receiver]:
    """A receiver, stopped after the test."""
    made = receiver(name)
    yield made
    made.stop()


def take(from_: Receiver, number: int) -> list[Delivery]:
    """The next ``number`` deliveries, and no more than that."""
    taken: list[Delivery] = []

    def arrived() -> bool:
        taken.extend(from_.take(at_most=number - len(taken), patience_s=0.1))
        return len(taken) == number

    until(arrived, f"{number} messages arrive", patience_s=PATIENCE_S)
    return taken


def test_messages_arrive_in_order_and_as_they_were_sent(started: Receiver, name: str) -> None:
    sent = [(f"{name}/{n}", b"x" * n) for n in range(50)]
    publish_all(sent)
    taken = take(started, 50)
    assert [(one.message.topic, one.message.payload) for one in taken] == sent
    assert started.acknowledge(taken) == 50


def test_what_is_not_acknowledged_comes_again_and_what_is_does_not(name: str) -> None:
    first = receiver(name)
    publish_all([(f"{name}/{n}", b"%d" % n) for n in range(4)])
    taken = take(first, 4)
    first.acknowledge(taken[:2])
    first.stop()
    second = receiver(name)
    try:
        again = take(second, 2)
        assert [one.message.payload for one in again] == [b"2", b"3"]
        second.acknowledge(again)
        assert second.take(at_most=1, patience_s=0.3) == []
    finally:
        second.stop()


def test_what_was_published_while_nobody_listened_waits_at_the_broker(name: str) -> None:
    receiver(name).stop()
    publish_all([(f"{name}/later", b"1")])
    second = receiver(name)
    try:
        assert [one.message.payload for one in take(second, 1)] == [b"1"]
    finally:
        second.stop()


def test_an_acknowledgement_never_reaches_a_later_connection(started: Receiver, name: str) -> None:
    publish_all([(f"{name}/1", b"1")])
    stale = take(started, 1)
    # Somebody else takes the session over: the broker cuts our connection, and we take it back.
    address = broker_address(settings.MQTT_URL)
    intruder = new_client(client_id=name, address=address, clean=False)
    start(intruder, address, clean=False, session_expiry_s=60)
    until(lambda: not started.connected.is_set(), "the broker cuts the connection", patience_s=PATIENCE_S)
    intruder.disconnect()
    intruder.loop_stop()
    until(started.connected.is_set, "the receiver is back", patience_s=PATIENCE_S)
    assert started.acknowledge(stale) == 0


def test_a_message_at_qos_0_is_taken_as_well(started: Receiver, name: str) -> None:
    address = broker_address(settings.MQTT_URL)
    publisher = new_client(client_id=f"{name}-publisher", address=address)
    start(publisher, address)
    until(publisher.is_connected, "the publisher connects", patience_s=PATIENCE_S)
    publisher.publish(f"{name}/once", b"0", qos=0)
    (taken,) = take(started, 1)
    publisher.disconnect()
    publisher.loop_stop()
    assert taken.message.payload == b"0"
    # Some brokers raise it to the QoS of the subscription; where not, there is nothing to acknowledge.
    assert started.acknowledge([taken]) == (1 if taken.mid else 0)


@pytest.mark.parametrize("length", [0, 1, 100, 200, 20_000])
def test_properties_of_any_length_are_stepped_over(started: Receiver, name: str, length: int) -> None:
    address = broker_address(settings.MQTT_URL)
    publisher = new_client(client_id=f"{name}-publisher", address=address)
    start(publisher, address)
    until(publisher.is_connected, "the publisher connects", patience_s=PATIENCE_S)
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho annotates most of it
    properties.UserProperty = ("vendor", "x" * length)
    publisher.publish(f"{name}/with", b"payload", qos=1, properties=properties).wait_for_publish(PATIENCE_S)
    publisher.disconnect()
    publisher.loop_stop()
    (taken,) = take(started, 1)
    assert (taken.message.topic, taken.message.payload) == (f"{name}/with", b"payload")
    assert started.acknowledge([taken]) == 1
