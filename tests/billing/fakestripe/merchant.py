"""A merchant as the fake sees one: the SDK on one side, a server for webhooks on the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import stripe

from billing.fakestripe.server import FakeStripe

PATIENCE_S = 5.0


def order(**changes: Any) -> Any:  # noqa: ANN401 - tests send what the SDK's types forbid
    """The parameters of a checkout over CNY 123.45, as the product sends them; None takes one out."""
    params = {
        "mode": "payment",
        "locale": "zh",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "cny",
                    "unit_amount": 12345,
                    "product_data": {"name": "采暖费 <1>"},
                },
            }
        ],
        "allowed_payment_method_types": ["card", "alipay", "wechat_pay"],
        "payment_method_options": {"wechat_pay": {"client": "web"}},
        "success_url": "http://127.0.0.1:9/pay/return?sid={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:9/bills/1?a=1&b=2",
        "metadata": {"attempt": "a-1"},
        "payment_intent_data": {"metadata": {"attempt": "a-1"}},
        **changes,
    }
    return {name: value for name, value in params.items() if value is not None}


@contextmanager
def sdk(
    fake: FakeStripe, *, secret_key: str = "", version: str | None = None
) -> Iterator[stripe.StripeClient]:
    """The SDK pointed at the fake, without retries of its own, so that every answer is seen."""
    http = stripe.RequestsClient()
    try:
        yield stripe.StripeClient(
            secret_key or fake.secret_key,
            base_addresses={"api": fake.base_url},
            stripe_version=version,
            max_network_retries=0,
            http_client=http,
        )
    finally:
        http.close()  # type: ignore[no-untyped-call]  # the SDK's


class Inbox:
    """A webhook endpoint that keeps what it gets; ``answers`` are the statuses to give first, then 200."""

    def __init__(self) -> None:
        """Bind a free port."""
        self.bodies: list[bytes] = []
        self.signatures: list[str] = []
        self.answers: list[int] = []
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                inbox.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                inbox.signatures.append(self.headers["Stripe-Signature"])
                self.send_response(inbox.answers.pop(0) if inbox.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def types(self) -> list[str]:
        """What came, in the order it came; every signature is checked on the way."""
        pairs = zip(self.bodies, self.signatures, strict=True)
        return [stripe.Webhook.construct_event(body, sign, SECRET).type for body, sign in pairs]

    def wait_for(self, *types: str) -> list[str]:
        """Wait until all of ``types`` have come; what has come then."""
        wait_until(lambda: set(types) <= set(self.types))
        return self.types


SECRET = "whsec_of_the_tests"


def wait_until(condition: Callable[[], bool], *, patience_s: float = PATIENCE_S) -> None:
    """Wait a little for another thread or process.

    Raises:
        TimeoutError: it did not come true.
    """
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


def browse(url: str, *, language: str = "en", form: dict[str, str] | None = None) -> tuple[HTTPResponse, str]:
    """Open a page, or send its form, as a browser that does not follow redirects; the answer and its text."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    headers = {"Accept-Language": language}
    try:
        if form is None:
            connection.request("GET", parts.path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("POST", parts.path, body=urlencode(form), headers=headers)
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()
