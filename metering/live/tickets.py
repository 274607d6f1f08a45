"""One-time tickets: who may open a websocket, for half a minute, once."""

from __future__ import annotations

import secrets
from typing import Any, Final, NamedTuple, cast

import redis
import redis.asyncio
from django.conf import settings

LIFETIME_SECONDS: Final = 30


class Holder(NamedTuple):
    """Whose a ticket is, and the session it was asked for in: the socket ends with it."""

    user_id: int
    session_key: str


def issue_ticket(*, user_id: int, session_key: str = "") -> str:
    """A ticket that lets ``user_id`` open one websocket within half a minute."""
    ticket = secrets.token_urlsafe(24)
    with redis.Redis.from_url(settings.VALKEY_URL) as client:
        client.set(_key(ticket), f"{user_id} {session_key}", ex=LIFETIME_SECONDS)
    return ticket


async def redeem_ticket(client: redis.asyncio.Redis, ticket: str) -> Holder | None:
    """Whose ticket it is; None for one that is unknown, too old, or used already."""
    kept = await cast("Any", client.getdel(_key(ticket)))
    if kept is None:
        return None
    user_id, _blank, session_key = kept.partition(" ")
    return Holder(int(user_id), session_key)


def _key(ticket: str) -> str:
    return f"live:ticket:{ticket}"
