"""MQTT topics: ``heat/v1/{utility}/{up|down}/{device}/{channel}``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

PREFIX: Final = "heat/v1"
UP: Final = "up"
DOWN: Final = "down"
LEVELS: Final = 6
LONGEST: Final = 512
# A device speaks on the same topic for years; some 20 MB at most.
REMEMBERED: Final = 65_536
# Everything a device may say, and what ingestion listens to.
ALL_UP: Final = f"{PREFIX}/+/{UP}/+/+"


class TopicError(ValueError):
    """A topic is not one of ours."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Who speaks or is spoken to: ``device`` is the identity that signed in to the broker."""

    utility: str
    direction: str
    device: str
    channel: str

    def __str__(self) -> str:
        """As the broker knows it."""
        return f"{PREFIX}/{self.utility}/{self.direction}/{self.device}/{self.channel}"


def up(*, utility: str, device: str, channel: str) -> str:
    """The topic on which ``device`` speaks."""
    return str(Topic(utility, UP, device, channel))


def down(*, utility: str, device: str, channel: str) -> str:
    """The topic on which ``device`` listens."""
    return str(Topic(utility, DOWN, device, channel))


@lru_cache(maxsize=REMEMBERED)
def parse(topic: str) -> Topic:
    """Split a topic.

    Raises:
        TopicError: it has other levels, another version, an empty part, or is no name at all.
    """
    if len(topic) > LONGEST or not topic.isprintable():
        raise TopicError(f"A topic has at most {LONGEST} characters, all of them printable.")
    parts = topic.split("/")
    if len(parts) != LEVELS or parts[:2] != ["heat", "v1"] or parts[3] not in {UP, DOWN} or not all(parts):
        raise TopicError(f"'{topic}' is not of the form {PREFIX}/utility/up|down/device/channel.")
    return Topic(parts[2], parts[3], parts[4], parts[5])
