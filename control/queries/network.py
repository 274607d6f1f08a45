"""The network as it stands: sources, stations, buildings, their water, rooms and alarms."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from django.db.models import Model

from accounts.models import Building, HeatSource, Household, Substation
from control.enums import Mode
from control.models import Alarm, SubstationControl, Target
from metering.queries.latest import RoomNow, latest_room_temperatures, latest_telemetry

FRESH: Final = timedelta(hours=2)
WATER: Final = ("secondary_supply_c", "secondary_return_c", "primary_supply_c", "secondary_flow_l_h")


@dataclass(frozen=True, slots=True)
class Rooms:
    """The fresh rooms of a building: how many, the coldest, the middle, the warmest."""

    count: int = 0
    lowest_c: float | None = None
    middle_c: float | None = None
    highest_c: float | None = None


@dataclass(frozen=True, slots=True)
class BuildingNow:
    """A building with its rooms."""

    building: Building
    rooms: Rooms
    alarms: int


@dataclass(frozen=True, slots=True)
class StationNow:
    """A station with its water, its newest target and its buildings; None where nothing fresh is known."""

    substation: Substation
    mode: Mode | None
    water: dict[str, float]
    target_c: float | None
    alarms: int
    buildings: list[BuildingNow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SourceNow:
    """A source with its stations."""

    source: HeatSource
    alarms: int
    stations: list[StationNow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FlatNow:
    """A flat and its coldest fresh room; None where none is measured."""

    household: Household
    temperature_c: float | None


def network_now(*, at: datetime) -> list[SourceNow]:
    """Everything of the utility in scope; eight statements, however large the network."""
    rooms: dict[int, list[float]] = defaultdict(list)
    for room in _fresh_rooms(at):
        rooms[room.building_id or 0].append(room.temperature_c)
    wrong: Counter[tuple[type[Model], int | None]] = Counter()
    for alarm in Alarm.objects.filter(cleared_at=None):
        wrong[Building, alarm.building_id] += alarm.building_id is not None
        wrong[Substation, alarm.substation_id] += alarm.substation_id is not None
        wrong[HeatSource, alarm.source_id] += alarm.source_id is not None
    buildings: dict[int, list[BuildingNow]] = defaultdict(list)
    for building in Building.objects.order_by("name"):
        seen = BuildingNow(building, _rooms(rooms[building.pk]), wrong[Building, building.pk])
        buildings[building.substation_id].append(seen)
    substations = list(Substation.objects.order_by("name"))
    water = latest_telemetry([row.pk for row in substations], WATER, at - FRESH)
    modes = {row.substation_id: Mode(row.mode) for row in SubstationControl.objects.all()}
    targets = Target.objects.filter(expires_at__gt=at).order_by("substation_id", "-issued_at")
    told = dict(targets.distinct("substation_id").values_list("substation_id", "secondary_supply_c"))
    stations: dict[int, list[StationNow]] = defaultdict(list)
    for row in substations:
        station = StationNow(
            substation=row,
            mode=modes.get(row.pk),
            water={tag: water[row.pk, tag][0] for tag in WATER if (row.pk, tag) in water},
            target_c=told.get(row.pk),
            alarms=wrong[Substation, row.pk],
            buildings=buildings[row.pk],
        )
        stations[row.source_id].append(station)
    return [
        SourceNow(source, wrong[HeatSource, source.pk], stations[source.pk])
        for source in HeatSource.objects.order_by("name")
    ]


def flats_now(building_id: int, *, at: datetime) -> list[FlatNow]:
    """The flats of a building by storey from the top, then by label, each with its coldest fresh room."""
    coldest: dict[int, float] = {}
    for room in _fresh_rooms(at):
        if room.building_id == building_id and room.household_id is not None:
            known = coldest.get(room.household_id, room.temperature_c)
            coldest[room.household_id] = min(known, room.temperature_c)
    homes = Household.objects.filter(building=building_id).order_by("-storey", "label")
    return [FlatNow(home, coldest.get(home.pk)) for home in homes]


def _fresh_rooms(at: datetime) -> list[RoomNow]:
    return [room for room in latest_room_temperatures() if room.measured_at > at - FRESH]


def _rooms(values: list[float]) -> Rooms:
    return Rooms(len(values), min(values), median(values), max(values)) if values else Rooms()
