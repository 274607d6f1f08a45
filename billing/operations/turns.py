"""Batches worked on side by side, each still taking its numbers after the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class RunStoppedError(RuntimeError):
    """Another batch of the run failed, so this one takes no numbers; it is rolled back."""


class Turns:
    """Whose turn it is: places from 0 on, each entered once and in order."""

    def __init__(self) -> None:
        self._next = 0
        self._stopped = False
        self._changed = Condition()

    @contextmanager
    def turn(self, place: int) -> Iterator[None]:
        """Wait for the place before this one to be left.

        Raises:
            RunStoppedError: the run was stopped meanwhile.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._next == place)
            if self._stopped:
                raise RunStoppedError(f"Batch {place} was not issued because the run stopped.")
        yield
        with self._changed:
            self._next = place + 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Let nobody enter any more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
