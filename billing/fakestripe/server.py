"""HTTP on loopback: Stripe's API under `/v1/`, the hosted page under `/c/pay/`, orders under `/_test/`."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

from billing.fakestripe import hosted, shapes
from billing.fakestripe.api import ApiRequest, answer
from billing.fakestripe.book import Book, Json
from billing.fakestripe.control import Control
from billing.fakestripe.events import API_VERSION
from billing.fakestripe.faults import Faults
from billing.fakestripe.idempotency import Answer
from billing.fakestripe.keys import DEMO_KEY, DEMO_WEBHOOK_SECRET
from billing.fakestripe.postman import Postman

logger = logging.getLogger(__name__)

LOOPBACK: Final = "127.0.0.1"
STOPS_WITHIN_S: Final = 0.05
LARGEST_BODY: Final = 1_000_000


class FakeStripe:
    """The whole fake; a context manager that serves while entered.

    ``port`` 0 takes a free one; `base_url` says which. A ``webhook_url`` is registered at once for all
    events under ``webhook_secret``.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        secret_key: str = DEMO_KEY,
        merchant: str = "Hearthline",
        webhook_url: str = "",
        webhook_secret: str = DEMO_WEBHOOK_SECRET,
        state_file: Path | None = None,
    ) -> None:
        """Bind the port; nothing is answered before entering."""
        self._http = _Server((LOOPBACK, port), _Handler)
        self._http.fake = self
        self.base_url = f"http://{LOOPBACK}:{self._http.server_port}"
        self.secret_key = secret_key
        self.webhook_secret = webhook_secret
        self.faults = Faults()
        self.book = Book(base_url=self.base_url, merchant=merchant, state_file=state_file)
        self.control = Control(self.book, self.faults)
        self.postman = Postman(self.book, self.faults)
        self._thread = threading.Thread(
            target=self._http.serve_forever, args=(STOPS_WITHIN_S,), name="fakestripe", daemon=True
        )
        if webhook_url:
            self.send_webhooks_to(webhook_url)

    def __enter__(self) -> Self:
        self._thread.start()
        self.postman.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving and delivering; the state file, where there is one, is up to date."""
        self.postman.stop()
        self._http.shutdown()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Give the port back; for a fake that was never entered, because it is asked in its own process."""
        self._http.server_close()

    def send_webhooks_to(self, url: str) -> None:
        """Register ``url`` for all events, in place of any endpoint before it."""
        with self.book.lock:
            for endpoint in list(self.book.newest_first("webhook_endpoint")):
                self.book.remove(endpoint)
            params = {"url": url, "enabled_events": ["*"]}
            endpoint = shapes.webhook_endpoint(self.book, params, api_version=API_VERSION)
            self.book.add(endpoint, hidden={"secret": self.webhook_secret})
            # What an earlier run could not deliver goes to the new address.
            for parcel in self.book.outbox:
                parcel.update(endpoint=endpoint["id"], due=0.0)

    def order(self, name: str, **order: Any) -> Json:  # noqa: ANN401 - JSON
        """Give an order of `control`, as `/_test/<name>` would.

        Raises:
            ValueError: the order is refused.
        """
        with self.book.lock:
            given = self.control.obey(name, order)
            self.book.save()
        if given.status != HTTPStatus.OK:
            raise ValueError(given.body["error"])
        return given.body


class _Server(ThreadingHTTPServer):
    # A client that keeps its connection open must not keep the demo from ending.
    daemon_threads = True
    fake: FakeStripe


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    server_version = "FakeStripe"
    # An idle keep-alive connection ends by itself.
    timeout = 30

    def do_GET(self) -> None:
        self._dispatch()

    def do_POST(self) -> None:
        self._dispatch()

    def do_DELETE(self) -> None:
        self._dispatch()

    def _dispatch(self) -> None:
        parts = urlsplit(self.path)
        body = self._body()
        if parts.path.startswith("/v1/"):
            self._api(parts.path, body if self.command == "POST" else parts.query)
        elif parts.path.startswith("/c/pay/"):
            self._page(parts.path.removeprefix("/c/pay/"), body)
        elif parts.path.startswith("/_test/"):
            self._order(parts.path.removeprefix("/_test/"), body)
        else:
            self._json(Answer(HTTPStatus.NOT_FOUND, {"error": "Nothing is here: /v1/, /c/pay/ and /_test/."}))

    def _body(self) -> str:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            return ""
        return self.rfile.read(length).decode("utf-8", errors="replace")

    def _api(self, path: str, form: str) -> None:
        fake = self.server.fake
        request = ApiRequest(method=self.command, path=path, form=form, headers=dict(self.headers))
        # One request at a time: Stripe, too, refuses what runs beside itself under one key.
        with fake.book.lock:
            fate = fake.faults.next_answer() if self.command == "POST" else "fine"
            if fate in REFUSED:
                self._json(REFUSED[fate])
                return
            given = answer(fake.book, request, secret_key=fake.secret_key)
            if self.command != "GET":
                fake.book.save()
        if fate == "lost":
            # The deed is done; the merchant never hears of it.
            self.close_connection = True
            return
        self._json(given)

    def _page(self, ident: str, body: str) -> None:
        fake = self.server.fake
        language = self.headers.get("Accept-Language", "")
        with fake.book.lock:
            if self.command == "POST":
                given = hosted.submit(fake.book, fake.faults, ident, form=body, accept_language=language)
            else:
                given = hosted.show(fake.book, ident, accept_language=language)
            fake.book.save()
        headers = {"Location": given.location} if given.location else {}
        headers |= {"Content-Security-Policy": PAGE_POLICY, "Referrer-Policy": "no-referrer"}
        self._send(given.status, given.html.encode(), kind="text/html; charset=utf-8", headers=headers)

    def _order(self, name: str, body: str) -> None:
        try:
            order = json.loads(body or "{}")
        except json.JSONDecodeError as error:
            self._json(Answer(HTTPStatus.BAD_REQUEST, {"error": f"The order is no JSON: {error}"}))
            return
        fake = self.server.fake
        with fake.book.lock:
            given = fake.control.obey(name, order)
            fake.book.save()
        self._json(given)

    def _json(self, given: Answer) -> None:
        headers = {"Request-Id": f"req_{secrets.token_hex(7)}", "Stripe-Version": API_VERSION}
        if given.replayed:
            headers["Idempotent-Replayed"] = "true"
        body = json.dumps(given.body, ensure_ascii=False).encode()
        self._send(given.status, body, kind="application/json", headers=headers)

    def _send(self, status: int, body: bytes, *, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        # Like the rest of the project, not straight to stderr.
        logger.debug(format, *args)


# No scripts, nothing from elsewhere, in nobody's frame; the form may lead back to any merchant.
PAGE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"
REFUSED: Final = {
    "crash": Answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        {"error": {"type": "api_error", "message": "An unknown error occurred"}},
    ),
    "limit": Answer(
        HTTPStatus.TOO_MANY_REQUESTS,
        {
            "error": {
                "type": "invalid_request_error",
                "code": "rate_limit",
                "message": "Too many requests in a period.",
            }
        },
    ),
}
