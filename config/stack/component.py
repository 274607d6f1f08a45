"""What a stack is made of: a program, what it needs first, where it answers, how it is asked to stop."""

from __future__ import annotations

import signal
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import psycopg


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One program of a stack.

    A `once` component is a step (a migration, a seeding): it is ready when it has ended well, and what
    comes `after` it waits for that. Any other is a service, started again whenever it dies: ready when
    it has written its `ready_line`, or its `address` answers, or, with neither, has lived for a moment.
    """

    name: str
    command: tuple[str, ...]
    after: tuple[str, ...] = ()
    once: bool = False
    # Whether "everything is ready" waits for it; a long step may go on behind the scenes.
    awaited: bool = True
    # Where it answers: `tcp://host:port`, `postgresql://...`, or an http address that must answer 200.
    address: str = ""
    # Words in its output that say it is at work.
    ready_line: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    # The system user it runs as; empty: ours.
    user: str = ""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10.0

    def answers(self) -> bool:
        """Whether the address answers now; waits two seconds at the most."""
        parts = urlsplit(self.address)
        if parts.scheme == "http":
            return _answers_http(self.address)
        if parts.scheme == "postgresql":
            return _answers_sql(self.address)
        return _accepts(parts.hostname or "", parts.port or 0)

    @property
    def place(self) -> str:
        """The address as a person may read it: no password."""
        parts = urlsplit(self.address)
        if not parts.hostname:
            return ""
        scheme = "" if parts.scheme == "tcp" else f"{parts.scheme}://"
        return f"{scheme}{parts.hostname}:{parts.port}{parts.path}"


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def _answers_http(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address on loopback
            return bool(answer.status == 200)  # noqa: PLR2004 - HTTP's own word for well
    except (urllib.error.URLError, OSError):
        return False


def _answers_sql(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
