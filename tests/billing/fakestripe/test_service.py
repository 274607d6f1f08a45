"""The fake as a process: orders over HTTP, a state that survives, a command that ends when told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from billing.fakestripe.server import FakeStripe
from tests.billing.fakestripe.merchant import SECRET, Inbox, browse, order, sdk


def _post(fake_url: str, path: str, body: str) -> tuple[int, Any]:
    connection = HTTPConnection("127.0.0.1", urlsplit(fake_url).port, timeout=5)
    try:
        connection.request("POST", path, body=body)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_orders_can_be_given_over_http(fake: FakeStripe) -> None:
    assert _post(fake.base_url, "/_test/answers", '{"next": ["crash"]}') == (200, {"ordered": ["crash"]})
    assert _post(fake.base_url, "/_test/answers", '{"next": ["burn"]}')[0] == 400
    assert _post(fake.base_url, "/_test/answers", "{")[0] == 400
    assert _post(fake.base_url, "/_test/nothing", "{}")[0] == 404
    assert _post(fake.base_url, "/elsewhere", "{}")[0] == 404
    assert fake.faults.answers == ["crash"]


def test_a_restart_keeps_sessions_keys_and_what_was_not_delivered(tmp_path: Path, inbox: Inbox) -> None:
    def run() -> FakeStripe:
        return FakeStripe(state_file=tmp_path / "stripe.json", webhook_url=inbox.url, webhook_secret=SECRET)

    with run() as fake, sdk(fake) as client:
        session = client.v1.checkout.sessions.create(params=order(), options={"idempotency_key": "k"})
        fake.order("webhooks", hold=True)
        fake.order("pay", session=session.id)
        other = client.v1.checkout.sessions.create(params=order())

    with run() as fake, sdk(fake) as client:
        assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
        again = client.v1.checkout.sessions.create(params=order(), options={"idempotency_key": "k"})
        assert again.id == session.id
        # Its page moved to the new port with the fake.
        url = client.v1.checkout.sessions.retrieve(other.id).url
        assert url is not None
        assert browse(url)[0].status == 200
        inbox.wait_for("checkout.session.completed")


def test_the_command_says_where_it_listens_and_ends_on_sigterm() -> None:
    command = [sys.executable, "manage.py", "fakestripe", "--merchant", "Beijing Heat"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert process.stdout is not None
        base_url = process.stdout.readline().strip().removeprefix("fake Stripe at ")

        assert _post(base_url, "/_test/state", "{}") == (200, {"objects": {}, "waiting": 0})

        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.communicate()


def test_it_listens_on_loopback_only(fake: FakeStripe) -> None:
    assert urlsplit(fake.base_url).hostname == "127.0.0.1"
    with pytest.raises(OSError, match="in use"):
        FakeStripe(port=urlsplit(fake.base_url).port or 0)
