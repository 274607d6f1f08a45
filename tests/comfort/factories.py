"""Makers of rooms and votes. Like all makers of tenant-owned rows they need a utility in scope."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from accounts.models import Household, User
from comfort.enums import EntryKind
from comfort.models import ColdSpell, ColdTicket, Feedback, Room, TicketEntry
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


def a_cold_spell(
    *, household: Household, starts_at: datetime = NOON, ends_at: datetime | None = None
) -> ColdSpell:
    """A time under the minimum as the watch records it, with its ticket."""
    confirmed_at = starts_at + timedelta(hours=2)
    ticket = ColdTicket.objects.create(household=household, opened_at=confirmed_at)
    TicketEntry.objects.create(ticket=ticket, at=confirmed_at, kind=EntryKind.COLD)
    seen = {
        "room": "Living room",
        "sensor": 1,
        "values": 9,
        "lowest_c": 17.1,
        "mean_c": 17.3,
        "newest_c": 17.2,
    }
    return ColdSpell.objects.create(
        ticket=ticket,
        household=household,
        sensor_id=1,
        starts_at=starts_at,
        ends_at=ends_at,
        confirmed_at=confirmed_at,
        minimum_c=18.0,
        lowest_c=17.1,
        evidence={
            "seen_at": confirmed_at.isoformat(),
            "rooms": [{**seen, "from": starts_at.isoformat(), "to": confirmed_at.isoformat()}],
            "plant": {"outdoor_c": {"value": -8.5, "at": confirmed_at.isoformat()}},
        },
    )
