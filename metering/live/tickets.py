"""One-time tickets: who may open a websocket, for half a minute, once."""

from __future__ import annotations

import secrets
from typing import Any, Final, cast

import redis
import redis.asyncio
from django.conf import settings

LIFETIME_SECONDS: Final = 30


def issue_ticket(*, user_id: int) -> str:
    """A ticket that lets ``user_id`` open one websocket within half a minute."""
    ticket = secrets.token_urlsafe(24)
    with redis.Redis.from_url(settings.VALKEY_URL) as client:
        client.set(_key(ticket), user_id, ex=LIFETIME_SECONDS)
    return ticket


async def redeem_ticket(client: redis.asyncio.Redis, ticket: str) -> int | None:
    """Whose ticket it is; None for one that is unknown, too old, or used already."""
    user_id = await cast("Any", client.getdel(_key(ticket)))
    return None if user_id is None else int(user_id)


def _key(ticket: str) -> str:
    return f"live:ticket:{ticket}"
