"""A worker that dies: between two statements, before a commit, or around a call to the provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

from billing.fakestripe.server import FakeStripe
from tests.billing.storm.transport import InProcess

# February, when bills of the season are paid.
EPOCH_S: Final = 1_770_000_000


class Crash(BaseException):
    """The process is gone; no handler of ours may catch it."""


@contextmanager
def crash_after(steps: int, *, transport: InProcess) -> Iterator[None]:
    """Cut the database's connection at the ``steps``-th statement or call, and die there.

    The server sees what it sees when a worker is killed: a connection that ends in the middle, and
    rolls back what was not committed. A call to the provider dies before it leaves or after it acted.
    """
    left = [steps]

    def step() -> bool:
        left[0] -= 1
        return left[0] == 0

    def statement(execute: Callable[..., object], *asked: object) -> object:
        if step():
            _cut()
        return execute(*asked)

    dying = _Dying(transport, step)
    try:
        with connection.execute_wrapper(statement), dying:
            yield
    finally:
        # The next statement is a new worker's.
        if left[0] <= 0:
            connection.close()


class _Dying:
    """The transport while it may die."""

    def __init__(self, transport: InProcess, step: Callable[[], bool]) -> None:
        """Count calls of ``transport`` by ``step``: once on the way there, once on the way back."""
        self.transport, self.step = transport, step

    def __enter__(self) -> None:
        """From now on."""
        self.transport.on_way = self._on_way

    def __exit__(self, *_error: object) -> None:
        """No more."""
        self.transport.on_way = None

    def _on_way(self) -> None:
        if self.step():
            _cut()


def _cut() -> None:
    if connection.connection is not None:
        connection.connection.close()
    raise Crash


def quiet_fake() -> FakeStripe:
    """A fake that is asked in this process only; its webhooks wait in the outbox until a step takes them."""
    fake = FakeStripe()
    fake.close()
    # The same story whenever it is told.
    fake.book.clock = lambda: EPOCH_S
    fake.send_webhooks_to("http://127.0.0.1:9/nobody")
    return fake
