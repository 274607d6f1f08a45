"""Makers of rooms and votes. Like all makers of tenant-owned rows they need a utility in scope."""

from __future__ import annotations

from datetime import datetime
from itertools import count

from accounts.models import Household, User
from comfort.models import Feedback, Room
from metering.models import Device
from tests.factories import a_user
from tests.metering.factories import NOON

_numbers = count(1)


def a_room(*, household: Household, name: str = "", sensor: Device | None = None, position: int = 0) -> Room:
    """A room, with or without a sensor."""
    return Room.objects.create(
        household=household, name=name or f"Room {next(_numbers)}", sensor=sensor, position=position
    )


def a_vote(
    *,
    household: Household,
    sensation: int = -2,
    given_at: datetime = NOON,
    room_temperature_c: float | None = 21.0,
    user: User | None = None,
) -> Feedback:
    """A stored vote with the room as it was."""
    return Feedback.objects.create(
        household=household,
        user=user or a_user(),
        sensation=sensation,
        given_at=given_at,
        room_temperature_c=room_temperature_c,
        room_measured_at=None if room_temperature_c is None else given_at,
    )
