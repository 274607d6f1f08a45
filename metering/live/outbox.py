"""What waits for one socket: bounded, and the newest value of a device displaces the older one."""

from __future__ import annotations

import asyncio
from typing import Final

import orjson
from prometheus_client import Counter

from metering.live.frames import Frame, Point

# More devices than a home has; a caretaker's dozens of homes may be skipped forward when the line is slow.
OUTBOX_FRAMES: Final = 64

SKIPPED = Counter("hearthline_live_skipped_frames", "Updates that slow sockets never got, newer ones came")


class Outbox:
    """Frames for one socket, by home and device. Never waits when filled, never grows past its limit."""

    def __init__(self, *, limit: int = OUTBOX_FRAMES) -> None:
        """Begin empty."""
        self._limit = limit
        self._frames: dict[tuple[int, str], Frame] = {}
        # What the client knows: of a home as a whole, and of each device since.
        self._stands_at: dict[int, Point] = {}
        self._sent: dict[tuple[int, str], Point] = {}
        self._skipped: dict[int, int] = {}
        self._filled = asyncio.Event()

    def put(self, household_id: int, frame: Frame) -> None:
        """Let ``frame`` wait; an older one of the same device, or the oldest of a full box, is skipped."""
        key = (household_id, frame.field)
        waiting = self._frames.get(key)
        # The same frame comes twice when a line to Valkey was mended; it is neither news nor a gap.
        if self._knows(key, frame) or (waiting is not None and waiting.point.has_seen(frame.point)):
            return
        if waiting is not None:
            self._skip(key)
        elif len(self._frames) >= self._limit:
            self._skip(next(iter(self._frames)))
        self._frames[key] = frame
        self._filled.set()

    def stand_at(self, household_id: int, point: Point) -> None:
        """The client knows the home up to ``point``: nothing up to there is sent again, or called skipped."""
        self._stands_at[household_id] = point
        self._skipped.pop(household_id, None)

    async def filled(self) -> None:
        """Wait until something waits."""
        await self._filled.wait()

    def take(self) -> list[str]:
        """The next update as text, after the gap before it if there is one; empty when nothing waits."""
        while self._frames:
            key = next(iter(self._frames))
            frame = self._frames.pop(key)
            if not self._knows(key, frame):
                self._sent[key] = frame.point
                return [*self._gap(key[0], frame), frame.text]
        self._filled.clear()
        return []

    def _knows(self, key: tuple[int, str], frame: Frame) -> bool:
        points = (self._stands_at.get(key[0]), self._sent.get(key))
        return any(point is not None and point.has_seen(frame.point) for point in points)

    def _gap(self, household_id: int, frame: Frame) -> list[str]:
        skipped = self._skipped.pop(household_id, 0)
        if not skipped:
            return []
        gap = {"type": "gap", "household": str(household_id), "epoch": frame.point.epoch, "skipped": skipped}
        return [orjson.dumps(gap).decode()]

    def _skip(self, key: tuple[int, str]) -> None:
        del self._frames[key]
        self._skipped[key[0]] = self._skipped.get(key[0], 0) + 1
        SKIPPED.inc()
