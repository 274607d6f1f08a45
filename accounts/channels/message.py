"""What every channel carries, and how it says that it could not."""

from __future__ import annotations

from dataclasses import dataclass


class RefusedError(RuntimeError):
    """The message will never arrive this way: no such address, no such browser any more."""


class AwayError(RuntimeError):
    """The provider does not answer; later it may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A text for one person. An equal ``name`` is the same message, should a provider get it twice."""

    name: str
    subject: str
    body: str
    url: str
