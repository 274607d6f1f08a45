"""What lies in Valkey, read back: the newest frame of each device of a home, and the point it stands at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Point:
    """How far a home's count had come; comparable only within one epoch."""

    epoch: str
    seq: int

    def has_seen(self, other: Point) -> bool:
        """Whether a client at this point knows what ``other`` brought."""
        return self.epoch == other.epoch and self.seq >= other.seq


@dataclass(frozen=True, slots=True)
class Frame:
    """An update as text for the client, with what the hub must know of it."""

    field: str
    point: Point
    text: str

    @classmethod
    def published(cls, message: str) -> Self:
        """From a message of a home's channel: ``field epoch seq text``."""
        field, epoch, seq, text = message.split(" ", 3)
        return cls(field, Point(epoch, int(seq)), text)

    @classmethod
    def remembered(cls, field: str, stored: str, *, epoch: str) -> Self:
        """From a field of a home's hash: ``measured_us seq text``."""
        _measured_us, seq, text = stored.split(" ", 2)
        return cls(field, Point(epoch, int(seq)), text)


@dataclass(frozen=True, slots=True)
class Home:
    """All that Valkey knows of a home."""

    point: Point
    frames: list[Frame]

    @classmethod
    def read(cls, stored: dict[str, str]) -> Self:
        """From a home's hash; an empty one stands before the first update of no epoch."""
        epoch = stored.get("epoch", "")
        frames = [
            Frame.remembered(field, text, epoch=epoch) for field, text in stored.items() if ":" in field
        ]
        frames.sort(key=lambda frame: frame.point.seq)
        return cls(Point(epoch, int(stored.get("seq", 0))), frames)

    def since(self, point: Point) -> list[Frame]:
        """The newest frame of each device that a client at ``point`` has not seen, in order."""
        return [frame for frame in self.frames if not point.has_seen(frame.point)]
