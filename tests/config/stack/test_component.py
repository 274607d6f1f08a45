import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings

from config.stack.component import Component
from config.stack.ports import free_port


def at(address: str) -> Component:
    return Component(name="x", command=("true",), address=address)


@pytest.fixture
def http_port() -> Iterator[int]:
    """A server that answers 200 at /readyz and 503 elsewhere."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/readyz" else 503)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_tcp_address_answers_when_it_accepts(http_port: int) -> None:
    assert at(f"tcp://127.0.0.1:{http_port}").answers()
    assert not at(f"tcp://127.0.0.1:{free_port()}").answers()


def test_an_http_address_answers_with_200_and_nothing_else(http_port: int) -> None:
    assert at(f"http://127.0.0.1:{http_port}/readyz").answers()
    assert not at(f"http://127.0.0.1:{http_port}/broken").answers()
    assert not at(f"http://127.0.0.1:{free_port()}/readyz").answers()


def test_a_database_answers_when_it_lets_us_in() -> None:
    assert at(settings.DATABASE_URL).answers()
    assert not at(settings.DATABASE_URL.replace("postgres:", "postgres:wrong-", 1)).answers()


def test_a_place_shows_no_password() -> None:
    assert at("postgresql://postgres:secret@127.0.0.1:5432/x").place == "postgresql://127.0.0.1:5432/x"
    assert at("tcp://127.0.0.1:1883").place == "127.0.0.1:1883"
    assert at("").place == ""
