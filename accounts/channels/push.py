"""Web Push: a message sealed for one browser (RFC 8291) and handed to its push service (RFC 8030, 8292)."""

from __future__ import annotations

import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import httpx
import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings

from accounts.channels.message import AwayError, Message, RefusedError

TIMEOUT_S: Final = 10
RECORD: Final = 4096
# A phone that was off for longer finds it in the inbox.
KEPT: Final = timedelta(hours=12)
PASS_FOR: Final = timedelta(hours=12)
# The push service has forgotten the browser.
GONE: Final = {404, 410}


class SubscriptionGoneError(RefusedError):
    """The browser is no longer subscribed; forget it."""


def can_push() -> bool:
    """Whether this service has a key of its own."""
    return bool(settings.WEB_PUSH_KEY)


def public_key() -> str:
    """What a browser subscribes with."""
    return _text(_point(_own_key().public_key()))


def send_push(*, endpoint: str, p256dh: str, auth: str, message: Message, at: datetime) -> None:
    """Hand ``message`` to the push service of one browser.

    Raises:
        SubscriptionGoneError: the browser is no longer subscribed.
        RefusedError: the keys are none, or the service refuses the message.
        AwayError: the service does not answer.
    """
    said = {"title": message.subject, "body": message.body, "url": message.url, "tag": message.name}
    try:
        body = seal(json.dumps(said).encode(), p256dh=_bytes(p256dh), auth=_bytes(auth))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise RefusedError(f"the browser's keys are none: {error}") from error
    headers = {
        "Content-Encoding": "aes128gcm",
        "TTL": str(int(KEPT.total_seconds())),
        "Authorization": f"vapid t={_pass(endpoint, at=at)}, k={public_key()}",
    }
    try:
        answer = httpx.post(endpoint, content=body, headers=headers, timeout=TIMEOUT_S)
    except httpx.HTTPError as error:
        raise AwayError(str(error)) from error
    if answer.status_code in GONE:
        raise SubscriptionGoneError("the browser is no longer subscribed")
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise AwayError(f"the push service answered {answer.status_code}")
    if not answer.is_success:
        raise RefusedError(f"the push service answered {answer.status_code}")


def seal(
    text: bytes,
    *,
    p256dh: bytes,
    auth: bytes,
    ephemeral: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """``text`` as one aes128gcm record that only the browser with these keys opens (RFC 8291, section 4).

    Raises:
        ValueError: ``p256dh`` is no point of the curve.
    """
    browser = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    ephemeral = ephemeral or ec.generate_private_key(ec.SECP256R1())
    salt = salt or os.urandom(16)
    ours = _point(ephemeral.public_key())
    shared = ephemeral.exchange(ec.ECDH(), browser)
    secret = _derive(shared, salt=auth, info=b"WebPush: info\0" + p256dh + ours, length=32)
    key = _derive(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = _derive(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    # 2 marks the last record.
    sealed = AESGCM(key).encrypt(nonce, text + b"\x02", None)
    return salt + struct.pack("!IB", RECORD, len(ours)) + ours + sealed


def _pass(endpoint: str, *, at: datetime) -> str:
    where = urlsplit(endpoint)
    claims = {
        "aud": f"{where.scheme}://{where.netloc}",
        "exp": int((at + PASS_FOR).timestamp()),
        "sub": settings.PUBLIC_URL,
    }
    return jwt.encode(claims, _own_key(), algorithm="ES256")


def _own_key() -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(_bytes(settings.WEB_PUSH_KEY)), ec.SECP256R1())


def _derive(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
