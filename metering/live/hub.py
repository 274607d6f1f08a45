"""One hub a process: one Valkey connection, a subscription for each home that a socket here looks at."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import cache
from typing import Any, Final, cast

import redis.asyncio
from django.conf import settings
from prometheus_client import Gauge
from redis import RedisError

from metering.live.frames import Frame, Home
from metering.live.outbox import Outbox
from metering.live.updates import home_key

logger = logging.getLogger(__name__)

RETRY_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 5.0

HOMES = Gauge("hearthline_live_homes", "Homes this process is subscribed to")


class ValkeyAwayError(RuntimeError):
    """Live updates cannot be had now; the client should come again later."""


class Hub:
    """Hands each home's updates to the outboxes that joined it; no socket can hold up another."""

    def __init__(self, client: redis.asyncio.Redis) -> None:
        """``client`` must decode responses."""
        self.client = client
        self._listener = client.pubsub()
        # Two tasks must not make the listener's connection at once.
        self._commanding = asyncio.Lock()
        self._outboxes: dict[str, dict[Outbox, int]] = {}
        self._confirmed: dict[str, asyncio.Event] = {}
        self._task: asyncio.Task[None] | None = None

    async def join(self, household_id: int, outbox: Outbox) -> None:
        """From here on ``outbox`` gets the updates of the home; Valkey has confirmed it when this returns.

        Raises:
            ValkeyAwayError: it has not, within a few seconds.
        """
        if self._task is None:
            self._task = asyncio.create_task(self._listen())
        channel = home_key(household_id)
        self._outboxes.setdefault(channel, {})[outbox] = household_id
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._subscribe(channel)
        except (TimeoutError, RedisError) as error:
            await self.leave(household_id, outbox)
            raise ValkeyAwayError(f"Valkey does not confirm {channel}: {error}") from error

    async def leave(self, household_id: int, outbox: Outbox) -> None:
        """The reverse of `join`; the last to leave ends the subscription."""
        channel = home_key(household_id)
        outboxes = self._outboxes.get(channel, {})
        outboxes.pop(outbox, None)
        if not outboxes and self._outboxes.pop(channel, None) is not None:
            self._confirmed.pop(channel, None)
            HOMES.set(len(self._confirmed))
            # Without a connection there is no subscription to end.
            with suppress(RedisError):
                await self._listener.unsubscribe(channel)

    async def _subscribe(self, channel: str) -> None:
        if channel not in self._confirmed:
            self._confirmed[channel] = asyncio.Event()
            HOMES.set(len(self._confirmed))
            async with self._commanding:
                await self._listener.subscribe(channel)
        await self._confirmed[channel].wait()

    async def home(self, household_id: int) -> Home:
        """What Valkey knows of a home now."""
        return await self._home(home_key(household_id))

    async def _home(self, channel: str) -> Home:
        # redis-py types both its faces at once.
        return Home.read(await cast("Any", self.client.hgetall(channel)))

    async def _listen(self) -> None:
        """Read for ever; the client reconnects and subscribes again by itself, we only wait between tries."""
        while True:
            try:
                async with self._commanding:
                    await self._listener.connect()  # type: ignore[no-untyped-call] # redis-py has no type here
                message = await self._listener.get_message(timeout=None)
                if message:
                    await self._hear(message)
            except RedisError as error:
                logger.warning("Valkey is away, live updates wait: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _hear(self, message: dict[str, Any]) -> None:
        channel = message["channel"]
        if message["type"] == "message":
            self._deliver(channel, Frame.published(message["data"]))
        elif message["type"] == "subscribe" and channel in self._confirmed:
            if self._confirmed[channel].is_set():
                # A second confirmation: the connection was lost, and with it what came meanwhile.
                for frame in (await self._home(channel)).frames:
                    self._deliver(channel, frame)
            self._confirmed[channel].set()

    def _deliver(self, channel: str, frame: Frame) -> None:
        for outbox, household_id in self._outboxes.get(channel, {}).items():
            outbox.put(household_id, frame)


@cache
def the_hub() -> Hub:
    """This process's hub."""
    return Hub(redis.asyncio.Redis.from_url(settings.VALKEY_URL, decode_responses=True))
