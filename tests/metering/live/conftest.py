"""A live process like the real one, and the two ways into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import orjson
import pytest
import redis
from django.conf import settings
from django.test import Client
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from accounts.models import User
from config.stack.ports import HOST, free_port
from config.stack.service import live
from metering.live.tickets import issue_ticket
from tests.processes import running, shared_environment

Frame = dict[str, object]


@pytest.fixture
def valkey() -> redis.Redis:
    """The tests' Valkey, empty."""
    client = redis.Redis.from_url(settings.VALKEY_URL, decode_responses=True)
    client.flushdb()
    return client


@pytest.fixture(scope="session")
def live_url(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:  # noqa: ARG001 - the database must be there
    """The address of a real live process that shares this test's database and Valkey."""
    port = free_port()
    env = {**shared_environment(), "LIVE_ACCESS_CHECK_SECONDS": "0.2"}
    with running(live(port), log=tmp_path_factory.mktemp("live") / "live.log", env=env):
        yield f"ws://{HOST}:{port}/ws/v1/live"


class Phone:
    """A resident's end of the line."""

    def __init__(self, socket: ClientConnection) -> None:
        """Speak over ``socket``."""
        self.socket = socket

    def ask(self, **frame: object) -> None:
        """Send one request."""
        self.socket.send(orjson.dumps(frame).decode())

    def hear(self, *, seconds: float = 10) -> Frame:
        """The next frame."""
        return dict(orjson.loads(self.socket.recv(timeout=seconds)))

    def hears_nothing(self) -> bool:
        """Whether the line stays silent for a moment."""
        try:
            self.socket.recv(timeout=0.3)
        except TimeoutError:
            return True
        return False


PhoneOf = Callable[[User], Phone]


@pytest.fixture
def phone_of(live_url: str) -> Iterator[PhoneOf]:
    """Opens a socket with a fresh ticket of the person given."""
    with ExitStack() as sockets:

        def dial(user: User) -> Phone:
            ticket = issue_ticket(user_id=user.pk)
            offer = [Subprotocol("heat.v1"), Subprotocol(f"t.{ticket}")]
            return Phone(sockets.enter_context(connect(live_url, subprotocols=offer)))

        yield dial


@pytest.fixture
def cookie_of() -> Callable[[User], str]:
    """The Cookie header of a person's own browser."""

    def header(user: User) -> str:
        browser = Client()
        browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return f"sessionid={browser.cookies['sessionid'].value}"

    return header
