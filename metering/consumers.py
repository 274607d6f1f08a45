"""`/ws/v1/live`: the handshake, the client's frames, and the socket's own outbox. Frames: `metering.live`."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Any, Final

import orjson
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error
from django.utils import timezone
from prometheus_client import Gauge
from redis import RedisError

from accounts.models import User
from accounts.queries.access import access_to
from accounts.queries.devices import is_signed_in
from accounts.scope import utility_scope
from metering.live.frames import Point
from metering.live.hub import ValkeyAwayError, the_hub
from metering.live.outbox import Outbox
from metering.live.requests import BadFrameError, Resume, read_request
from metering.live.tickets import redeem_ticket
from metering.queries.now import DeviceNow, home_now

logger = logging.getLogger(__name__)

PROTOCOL: Final = "heat.v1"
TICKET_PREFIX: Final = "t."
ACCESS_ENDED: Final = 4401
TRY_AGAIN_LATER: Final = 1013

SOCKETS = Gauge("hearthline_live_sockets", "Open websockets of this process")


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc] # channels ships no types
    """One resident's socket. Two tasks beside it: one empties the outbox, one looks whether access ended."""

    async def connect(self) -> None:
        """Let in who brings a ticket, or a session from our own pages; refuse all others with 403."""
        self._tasks: list[asyncio.Task[None]] = []
        self._homes: set[int] = set()
        user = await self._person()
        if user is None:
            await self.close()
            return
        self._user, self._hub, self._outbox = user, the_hub(), Outbox()
        # A snapshot goes out whole before any update that came while it was read.
        self._sending = asyncio.Lock()
        await self.accept(subprotocol=PROTOCOL)
        SOCKETS.inc()
        self._tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._watch())]

    async def disconnect(self, _code: int) -> None:
        """Leave nothing behind."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            SOCKETS.dec()
        for household_id in list(self._homes):
            await self._leave(household_id)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """One request of the client; a bad one is answered and changes nothing."""
        try:
            request = read_request(bytes_data or (text_data or "").encode())
        except BadFrameError as error:
            await self._send({"type": "error", "code": "bad_frame", "detail": str(error)})
            return
        try:
            if isinstance(request, Resume):
                await self._enter(request.household_id, known=request.point)
            else:
                for household_id in request.household_ids:
                    await self._enter(household_id, known=None)
        except (RedisError, ValkeyAwayError, Error) as error:
            logger.warning("a store is away, a socket is closed: %s", error)
            await self.close(TRY_AGAIN_LATER)

    async def _enter(self, household_id: int, *, known: Point | None) -> None:
        """Join the home, then bring the client up to date; in this order nothing falls between."""
        if not await self._may_enter(household_id):
            detail = "There is no such home, or it is not yours."
            answer = {"type": "error", "code": "no_access", "detail": detail, "household": str(household_id)}
            await self._send(answer)
            return
        async with self._sending:
            self._homes.add(household_id)
            await self._hub.join(household_id, self._outbox)
            home = await self._hub.home(household_id)
            if known is not None and known.epoch == home.point.epoch:
                self._outbox.stand_at(household_id, known)
                for frame in home.since(known):
                    self._outbox.put(household_id, frame)
            else:
                self._outbox.stand_at(household_id, home.point)
                await self._send_snapshot(household_id, home.point)

    async def _send_snapshot(self, household_id: int, point: Point) -> None:
        values = await self._read_home(household_id)
        head = {"type": "snapshot", "household": str(household_id), "epoch": point.epoch, "seq": point.seq}
        await self._send({**head, "values": values})

    async def _write(self) -> None:
        """Empty the outbox, one frame at a time: while the line is slow the newest values gather in it."""
        # A socket that is gone says so to `disconnect` as well, which cleans up.
        with suppress(OSError):
            while True:
                await self._outbox.filled()
                async with self._sending:
                    for text in self._outbox.take():
                        await self.send(text_data=text)

    async def _watch(self) -> None:
        """Close the socket when a home is no longer the person's own, or its session has ended."""
        while True:
            await asyncio.sleep(settings.LIVE_ACCESS_CHECK_SECONDS)
            try:
                allowed = [await self._may_enter(household_id) for household_id in list(self._homes)]
                allowed.append(await self._is_signed_in())
            except Error as error:
                logger.warning("access could not be looked at, trying again later: %s", error)
                continue
            if not all(allowed):
                await self.close(ACCESS_ENDED)
                return

    async def _leave(self, household_id: int) -> None:
        self._homes.discard(household_id)
        await self._hub.leave(household_id, self._outbox)

    async def _send(self, frame: dict[str, Any]) -> None:
        await self.send(text_data=orjson.dumps(frame, option=orjson.OPT_UTC_Z).decode())

    async def _person(self) -> User | None:
        """Who brings the handshake; a ticket is used up, whatever else is wrong with it."""
        offered: list[str] = self.scope["subprotocols"]
        if PROTOCOL not in offered:
            return None
        ticket = next((name for name in offered if name.startswith(TICKET_PREFIX)), None)
        if ticket is not None:
            holder = await redeem_ticket(the_hub().client, ticket.removeprefix(TICKET_PREFIX))
            if holder is None:
                return None
            self._session_key = holder.session_key
            person: User | None = await _active_user(holder.user_id)
            return person
        # A browser sends its cookie whoever asks it to: only our own pages may use it.
        headers = dict(self.scope["headers"])
        if headers.get(b"origin", b"").decode("latin-1") not in settings.LIVE_ORIGINS:
            return None
        user, self._session_key = self.scope["user"], self.scope["session"].session_key or ""
        return user if isinstance(user, User) and user.is_active else None

    @database_sync_to_async  # type: ignore[untyped-decorator] # as above
    def _is_signed_in(self) -> bool:
        """Whether the session that opened this socket was not ended."""
        return is_signed_in(self._session_key, at=timezone.now())

    @database_sync_to_async  # type: ignore[untyped-decorator] # as above
    def _may_enter(self, household_id: int) -> bool:
        at = timezone.now()
        still_active = User.objects.filter(pk=self._user.pk, is_active=True).exists()
        return still_active and access_to(self._user, household_id, at=at) is not None

    @database_sync_to_async  # type: ignore[untyped-decorator] # as above
    def _read_home(self, household_id: int) -> list[DeviceNow]:
        at = timezone.now()
        access = access_to(self._user, household_id, at=at)
        if access is None:
            return []
        with utility_scope(access.utility):
            return home_now(household_id, at=at)


@database_sync_to_async  # type: ignore[untyped-decorator] # as above
def _active_user(user_id: int) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()
