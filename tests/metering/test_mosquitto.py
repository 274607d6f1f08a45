"""The written configuration on a real mosquitto: who may say and hear what, and what is kept."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import paho.mqtt.client as paho
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.management import CommandError, call_command
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from metering.mosquitto import CONTROL, INGEST

MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
needs_mosquitto = [
    pytest.mark.mosquitto,
    pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed: apt-get install mosquitto"),
]
NOT_AUTHORIZED = 0x87
PATIENCE_S = 20.0


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self.write("ca", self.sign(self.name, self.key.public_key(), ca=True), self.key)

    def sign(self, name: x509.Name, key: ec.EllipticCurvePublicKey, *, ca: bool = False) -> x509.Certificate:
        """A certificate for two hours, good for loopback."""
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self.name).public_key(key)
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        return builder.add_extension(names, critical=False).sign(self.key, hashes.SHA256())

    def issue(self, identity: str) -> None:
        """Certificate and key of ``identity`` as files of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, identity)])
        self.write(identity, self.sign(name, key.public_key()), key)

    def write(self, stem: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        pem = serialization.Encoding.PEM
        text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        (self.folder / f"{stem}.crt").write_bytes(certificate.public_bytes(pem))
        (self.folder / f"{stem}.key").write_bytes(text)


class Running:
    """A broker with the written configuration."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.start()

    def start(self) -> None:
        assert MOSQUITTO
        command = [MOSQUITTO, "-c", str(self.folder / "mosquitto.conf")]
        # As root it would drop to a user who may not read the test's folder.
        configuration = self.folder / "mosquitto.conf"
        text = configuration.read_text(encoding="utf-8")
        if "user root" not in text:
            configuration.write_text(f"user root\n{text}", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self.answers)

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    @contextmanager
    def client(self, identity: str, *, keep_session: bool = False) -> Iterator[Client]:
        """Signed in with the certificate of ``identity``."""
        client = Client(self, identity, keep_session=keep_session)
        try:
            yield client
        finally:
            client.close()


class Client:
    """A paho client that notes what it hears."""

    def __init__(self, broker: Running, identity: str, *, keep_session: bool) -> None:
        self.heard: Queue[tuple[str, bytes]] = Queue()
        self.refusals: dict[int, int] = {}
        self.paho = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=identity, protocol=MQTTProtocolVersion.MQTTv5
        )
        crt, key = (str(broker.folder / f"{identity}.{end}") for end in ("crt", "key"))
        self.paho.tls_set(ca_certs=str(broker.folder / "ca.crt"), certfile=crt, keyfile=key)
        self.paho.on_message = lambda _c, _d, message: self.heard.put((message.topic, bytes(message.payload)))
        self.paho.on_publish = self._published
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.SessionExpiryInterval = 3600 if keep_session else 0
        self.paho.connect("localhost", broker.port, clean_start=not keep_session, properties=properties)
        self.paho.loop_start()
        until(self.paho.is_connected)

    def _published(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:  # noqa: ANN401 - paho's
        self.refusals[mid] = reason.value

    def publish(self, topic: str, payload: bytes = b"{}") -> int:
        """The broker's reason code: 0 is taken."""
        info = self.paho.publish(topic, payload, qos=1)
        until(lambda: info.mid in self.refusals)
        return self.refusals[info.mid]

    def publish_all(self, topic: str, payloads: list[bytes]) -> None:
        """Pipelined; returns when the broker has taken every one."""
        mids = [self.paho.publish(topic, payload, qos=1).mid for payload in payloads]
        until(lambda: self.refusals.keys() >= set(mids))
        assert {self.refusals[mid] for mid in mids} == {0}

    def subscribe(self, topic: str) -> None:
        done: list[int] = []
        self.paho.on_subscribe = lambda _c, _d, mid, _codes, _p: done.append(mid)
        self.paho.subscribe(topic, qos=1)
        until(lambda: bool(done))

    def next(self, *, within_s: float = 5.0) -> tuple[str, bytes] | None:
        try:
            return self.heard.get(timeout=within_s)
        except Empty:
            return None

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "The broker did not do it in time."
        time.sleep(0.01)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Running]:
    """A mosquitto with our configuration, and certificates for two devices and our processes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    call_command("mqtt_acl", str(tmp_path), port=port, bind="127.0.0.1", queue=20_000, verbosity=0)
    authority = Authority(tmp_path)
    for identity in ("server", "gateway-1", "gateway-2", INGEST, CONTROL):
        authority.issue(identity)
    running = Running(tmp_path, port)
    yield running
    running.process.terminate()
    running.process.wait()


class TestOnARealBroker:
    """Needs mosquitto."""

    pytestmark = needs_mosquitto

    def test_a_device_speaks_under_its_own_name_and_no_other(self, broker: Running) -> None:
        with broker.client(INGEST) as ingest, broker.client("gateway-1") as gateway:
            ingest.subscribe("$share/ingest/heat/v1/+/up/+/+")

            assert gateway.publish("heat/v1/north/up/gateway-2/reading", b"forged") == NOT_AUTHORIZED
            assert gateway.publish("heat/v1/north/down/gateway-1/target", b"forged") == NOT_AUTHORIZED
            assert gateway.publish("heat/v1/north/up/gateway-1/reading", b"true") == 0

            assert ingest.next() == ("heat/v1/north/up/gateway-1/reading", b"true")
            assert ingest.next(within_s=0.3) is None

    def test_a_device_hears_its_own_targets_and_nobody_elses_readings(self, broker: Running) -> None:
        target = json.dumps({"command": "1"}).encode()
        with broker.client("gateway-1") as mine, broker.client("gateway-2") as other:
            for device in (mine, other):
                device.subscribe("heat/v1/+/down/gateway-1/#")
                device.subscribe("heat/v1/+/up/+/+")
            with broker.client(CONTROL) as control:
                assert control.publish("heat/v1/north/down/gateway-1/target", target) == 0
                assert control.publish("heat/v1/north/up/gateway-1/reading") == NOT_AUTHORIZED
            mine.publish("heat/v1/north/up/gateway-1/reading")

            assert mine.next() == ("heat/v1/north/down/gateway-1/target", target)
            assert mine.next(within_s=0.3) is None
            assert other.next(within_s=0.3) is None

    def test_without_a_certificate_there_is_no_connection(self, broker: Running) -> None:
        refused = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        refused.tls_set(ca_certs=str(broker.folder / "ca.crt"))
        with suppress(OSError):
            refused.connect("localhost", broker.port)
            refused.loop_start()
        time.sleep(0.5)

        assert not refused.is_connected()
        refused.loop_stop()

    def test_more_than_the_default_thousand_wait_and_outlive_a_restart(self, broker: Running) -> None:
        with broker.client(INGEST, keep_session=True) as ingest:
            ingest.subscribe("heat/v1/+/up/+/+")
        with broker.client("gateway-1") as gateway:
            gateway.publish_all(
                "heat/v1/north/up/gateway-1/reading", [b"%d" % number for number in range(3_000)]
            )
        broker.process.terminate()
        broker.process.wait()
        broker.start()

        with broker.client(INGEST, keep_session=True) as ingest:
            waited = [ingest.next() for _ in range(3_000)]

        assert [message[1] for message in waited if message] == [b"%d" % number for number in range(3_000)]


def test_a_queue_that_would_drop_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="drops readings in a short outage"):
        call_command("mqtt_acl", str(tmp_path), queue=1_000)

    assert list(tmp_path.iterdir()) == []


def test_what_stands_there_is_overwritten_only_when_told_so(tmp_path: Path) -> None:
    (tmp_path / "acl").write_text("ours", encoding="utf-8")

    with pytest.raises(CommandError, match="exist already"):
        call_command("mqtt_acl", str(tmp_path), verbosity=0)
    assert (tmp_path / "acl").read_text(encoding="utf-8") == "ours"

    call_command("mqtt_acl", str(tmp_path), force=True, verbosity=0)
    assert "pattern write heat/v1/+/up/%u/#" in (tmp_path / "acl").read_text(encoding="utf-8")
