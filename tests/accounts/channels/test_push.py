"""Web Push against the RFC's own example, and against a push service that answers."""

from __future__ import annotations

import json
import struct
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from accounts.channels.message import AwayError, Message, RefusedError
from accounts.channels.push import SubscriptionGoneError, public_key, seal, send_push

AT: Final = datetime(2026, 1, 10, 4, tzinfo=UTC)
MESSAGE: Final = Message(name="notice-1-push", subject="Frost", body="7 °C", url="http://127.0.0.1/")


def raw(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


# RFC 8291, section 5 and appendix A.
P256DH: Final = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH: Final = "BTBZMqHH6r4Tts7J_aSIgg"
BROWSER_KEY: Final = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"
SERVER_KEY: Final = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT: Final = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED: Final = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6"
    "PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_rfc_is_sealed_to_the_byte() -> None:
    key = ec.derive_private_key(int.from_bytes(raw(SERVER_KEY)), ec.SECP256R1())
    text = b"When I grow up, I want to be a watermelon"

    assert seal(text, p256dh=raw(P256DH), auth=raw(AUTH), ephemeral=key, salt=raw(SALT)) == raw(SEALED)


def opened(body: bytes) -> dict[str, str]:
    """What the browser of the example reads."""
    salt, (_record, length) = body[:16], struct.unpack("!IB", body[16:21])
    sender, sealed = body[21 : 21 + length], body[21 + length :]
    browser = ec.derive_private_key(int.from_bytes(raw(BROWSER_KEY)), ec.SECP256R1())
    shared = browser.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))

    def derive(secret: bytes, by: bytes, info: bytes, size: int) -> bytes:
        return HKDF(algorithm=SHA256(), length=size, salt=by, info=info).derive(secret)

    secret = derive(shared, raw(AUTH), b"WebPush: info\0" + raw(P256DH) + sender, 32)
    key = derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    said: dict[str, str] = json.loads(AESGCM(key).decrypt(nonce, sealed, None)[:-1])
    return said


class Service(HTTPServer):
    """A push service on loopback that answers what it is told to."""

    status = 201
    heard: list[tuple[dict[str, str], bytes]]


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Service)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(("127.0.0.1", 0), Handler) as server:
        server.heard = []
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def push(service: Service) -> None:
    endpoint = f"http://127.0.0.1:{service.server_port}/send/abc"
    send_push(endpoint=endpoint, p256dh=P256DH, auth=AUTH, message=MESSAGE, at=AT)


def test_the_browser_opens_what_the_service_was_handed(service: Service) -> None:
    push(service)

    headers, body = service.heard[0]
    assert opened(body) == {
        "title": "Frost",
        "body": "7 °C",
        "url": "http://127.0.0.1/",
        "tag": "notice-1-push",
    }
    assert headers["Content-Encoding"] == "aes128gcm"
    token, key = headers["Authorization"].removeprefix("vapid t=").split(", k=")
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(key))
    claims = jwt.decode(
        token, point, algorithms=["ES256"], options={"verify_exp": False, "verify_aud": False}
    )
    assert key == public_key()
    assert claims["aud"] == f"http://127.0.0.1:{service.server_port}"
    assert claims["exp"] == int(AT.timestamp()) + 12 * 3600


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, SubscriptionGoneError), (410, SubscriptionGoneError), (400, RefusedError), (413, RefusedError)],
)
def test_a_refusal_is_told_by_its_kind(service: Service, status: int, error: type[Exception]) -> None:
    service.status = status

    with pytest.raises(error):
        push(service)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_service_is_tried_later(service: Service, status: int) -> None:
    service.status = status

    with pytest.raises(AwayError):
        push(service)


def test_keys_that_are_none_are_refused_before_anything_is_sent(service: Service) -> None:
    endpoint = f"http://127.0.0.1:{service.server_port}/send/abc"
    with pytest.raises(RefusedError, match="keys are none"):
        send_push(endpoint=endpoint, p256dh="B" * 87, auth=AUTH, message=MESSAGE, at=AT)
    assert service.heard == []
