"""Paho's client with short cuts where ten thousand messages a second pass; everything else is paho's own.

Paho reads a packet in four calls of the socket and builds, for each QoS 1 publish of MQTT 5, the properties
that nobody asks for. Here one read brings as many packets as the socket has, a QoS 1 publish goes straight to
whoever takes it in, and many acknowledgements leave in one write.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Sequence
from typing import Final, Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.exception import MalformedPacket
from paho.mqtt.packettypes import PacketTypes

READ_BYTES: Final = 262_144
TYPE: Final = 0xF0
# The type and the QoS of a packet's first byte; what else stands there (again, retained) is all the same.
TYPE_AND_QOS: Final = 0xF6
PUBLISH_QOS_1: Final = PacketTypes.PUBLISH << 4 | 0x02
PUBACK: Final = PacketTypes.PUBACK << 4
ACKNOWLEDGEMENT: Final = struct.Struct("!BBH")
LONGEST_LENGTH: Final = 4  # bytes in which a packet says how long it is

Published = tuple[int, bytes, bytes]  # mid, topic, payload


class Taker(Protocol):
    """Whoever the messages are for."""

    def take_in(self, published: Sequence[Published]) -> None:
        """Take messages over, in their order; called in the client's thread, so: enqueue and be gone."""


class WireClient(paho.Client):
    """Reads many packets at once, hands QoS 1 publishes to ``taker``, acknowledges many at once."""

    taker: Taker
    _rest = b""

    def reconnect(self) -> MQTTErrorCode:
        """As paho's; half a packet of the old connection is none of the new one's."""
        self._rest = b""
        return super().reconnect()

    def ack_many(self, mids: Sequence[int]) -> None:
        """Acknowledge all of ``mids`` in one write."""
        packets = b"".join([ACKNOWLEDGEMENT.pack(PUBACK, 2, mid) for mid in mids])
        self._packet_queue(PUBACK, packets, mids[-1], 1)

    def _packet_read(self) -> MQTTErrorCode:
        try:
            data = self._sock_recv(READ_BYTES)
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_AGAIN
        except OSError:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        if not data:
            return MQTTErrorCode.MQTT_ERR_CONN_LOST
        # The connection lives as long as something comes, as paho's own reading notes after each packet.
        with self._msgtime_mutex:
            self._last_bytes_received = time.monotonic()
        return self._packets(self._rest + data if self._rest else data)

    def _packets(self, data: bytes) -> MQTTErrorCode:
        """Deal with all whole packets of ``data`` and keep the rest for the next read."""
        published: list[Published] = []
        properties = self._protocol == MQTTProtocolVersion.MQTTv5
        at, end = 0, len(data)
        result = MQTTErrorCode.MQTT_ERR_SUCCESS
        while at + 2 <= end and not result:
            start, after = _body(data, at)
            if after > end or not start:
                # Five bytes of length are no packet, however many more may come.
                if not start and end - at > LONGEST_LENGTH:
                    result = MQTTErrorCode.MQTT_ERR_PROTOCOL
                break
            if data[at] & TYPE_AND_QOS == PUBLISH_QOS_1:
                message = _publish(data, start, after, has_properties=properties)
                if message is None:
                    result = MQTTErrorCode.MQTT_ERR_PROTOCOL
                else:
                    published.append(message)
            else:
                result = self._hand_on(published, data[at], data[start:after])
                published = []
                if self._sock is None:
                    # The packet was the broker's good-bye: what stands behind it belongs to nobody.
                    break
            at = after
        if published:
            self.taker.take_in(published)
        self._rest = data[at:]
        return result

    def _hand_on(self, published: Sequence[Published], command: int, body: bytes) -> MQTTErrorCode:
        """Let paho deal with a packet, after the messages that came before it."""
        if published:
            self.taker.take_in(published)
        self._in_packet = {
            "command": command,
            "have_remaining": 1,
            "remaining_count": [],
            "remaining_mult": 1,
            "remaining_length": len(body),
            "packet": bytearray(body),
            "to_process": 0,
            "pos": 0,
        }
        try:
            return self._packet_handle()
        except MalformedPacket:
            return MQTTErrorCode.MQTT_ERR_PROTOCOL


def _body(data: bytes, at: int) -> tuple[int, int]:
    """Where the body of the packet at ``at`` starts and ends; (0, 0) while its length is not all there."""
    length = data[at + 1]
    if length < 0x80:  # noqa: PLR2004 - no further byte
        return at + 2, at + 2 + length
    length &= 0x7F
    for n, byte in enumerate(data[at + 2 : at + 1 + LONGEST_LENGTH], start=1):
        length |= (byte & 0x7F) << 7 * n
        if byte < 0x80:  # noqa: PLR2004 - no further byte
            start = at + 2 + n
            return start, start + length
    return 0, 0


def _publish(data: bytes, start: int, end: int, *, has_properties: bool) -> Published | None:
    """The message in a QoS 1 publish; None where it is broken."""
    try:
        topic_end = start + 2 + (data[start] << 8 | data[start + 1])
        mid = data[topic_end] << 8 | data[topic_end + 1]
        at = topic_end + 2
        if has_properties:
            at = at + 1 if not data[at] else _after_properties(data, at)
    except IndexError:
        return None
    return (mid, data[start + 2 : topic_end], data[at:end]) if at <= end else None


def _after_properties(data: bytes, at: int) -> int:
    """Where the payload starts: behind the properties, whose length is a variable byte integer."""
    length = shift = 0
    while True:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - no further byte
            return at + length
