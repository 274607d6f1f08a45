"""By the provider that `SMS_URL` names: a gateway that takes JSON over HTTPS, or a folder of files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from accounts.channels.message import AwayError, Message, RefusedError

TIMEOUT_S: Final = 10
# Two parts of an SMS in any language.
LONGEST: Final = 134


def can_send_sms() -> bool:
    """Whether this service has a provider."""
    return bool(settings.SMS_URL)


def send_sms(phone: str, message: Message) -> None:
    """Send ``message`` to an E.164 number.

    Raises:
        RefusedError: there is no provider, or it refuses the number or the text.
        AwayError: the provider could not be reached at all. Once it has been handed the text and stays
            silent, that counts as sent: an SMS costs money and cannot be recognised as the same one.
    """
    if not can_send_sms():
        raise RefusedError("no provider of SMS is set up")
    text = f"{message.subject}. {message.body}"[:LONGEST]
    where = urlsplit(settings.SMS_URL)
    if where.scheme == "file":
        _write(Path(where.path), phone=phone, text=text, name=message.name)
        return
    body = {"to": phone, "text": text, "reference": message.name, "sender": settings.SMS_SENDER}
    headers = {"Authorization": f"Bearer {settings.SMS_TOKEN}", "Idempotency-Key": message.name}
    try:
        answer = httpx.post(settings.SMS_URL, json=body, headers=headers, timeout=TIMEOUT_S)
    except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError):
        return
    except httpx.HTTPError as error:
        raise AwayError(str(error)) from error
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        raise AwayError(f"the provider answered {answer.status_code}")
    if not answer.is_success:
        raise RefusedError(f"the provider answered {answer.status_code}")


def _write(folder: Path, *, phone: str, text: str, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    body = json.dumps({"to": phone, "text": text}, ensure_ascii=False)
    (folder / f"{name}.json").write_text(body, encoding="utf-8")
