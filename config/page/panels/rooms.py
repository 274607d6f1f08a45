"""Rooms as they were last measured, and the water that heats the building."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from comfort.queries.rooms import RoomView
from metering.queries.latest import latest_telemetry

# A sensor that has said nothing for so long is shown as stale; healthy ones report every few minutes.
STALE_AFTER: Final = timedelta(minutes=30)
TAGS: Final = ("secondary_supply_c", "secondary_supply_target_c", "outdoor_c")


@dataclass(frozen=True, slots=True)
class RoomLine:
    """One room and whether its value has grown old; a room never measured is not stale but empty."""

    room: RoomView
    is_stale: bool


@dataclass(frozen=True, slots=True)
class SupplyNow:
    """The station's water: measured, aimed at, and the cold outside that asks for it."""

    supply_c: float
    target_c: float | None
    outdoor_c: float | None


def room_lines(rooms: Sequence[RoomView], *, at: datetime) -> list[RoomLine]:
    """The home's rooms in its own order."""
    oldest = at - STALE_AFTER
    return [RoomLine(room, room.measured_at is not None and room.measured_at < oldest) for room in rooms]


def supply_now(substation_id: int, *, at: datetime) -> SupplyNow | None:
    """What the station that heats the building last said; None where it has been silent."""
    said = latest_telemetry([substation_id], TAGS, at - STALE_AFTER)
    values = {tag: value for (_station, tag), (value, _at) in said.items()}
    if "secondary_supply_c" not in values:
        return None
    return SupplyNow(
        supply_c=values["secondary_supply_c"],
        target_c=values.get("secondary_supply_target_c"),
        outdoor_c=values.get("outdoor_c"),
    )
