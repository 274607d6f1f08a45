"""What the twin is told about the community before it starts: who hangs where, and nothing that changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The heating curve stored in a station's own controller."""

    design_outdoor_c: float = -9.0
    design_supply_c: float = 55.0
    room_c: float = 20.0
    shift_k: float = 0.0
    exponent: float = 1.3
    # What the device will send out at all, asked or not.
    lowest_supply_c: float = 10.0
    highest_supply_c: float = 75.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A substation; ``controller`` is its identity on the broker."""

    id: int
    controller: str
    latitude_deg: float
    longitude_deg: float
    curve: Curve = field(default_factory=Curve)


@dataclass(frozen=True, slots=True, kw_only=True)
class Building:
    """A building; ``station`` indexes the layout's stations, ``gateway`` carries its meters."""

    id: int
    station: int
    storeys: int
    gateway: str
    # Whether its gateway forwards wireless M-Bus telegrams (wmbusmeters JSON) or native readings.
    forwards_telegrams: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home; ``building`` indexes the layout's buildings."""

    id: int
    building: int
    floor_area_m2: float
    storey: int
    orientation: str
    emitter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Where a meter's registers were last known to stand."""

    measured_at: datetime
    energy_wh: int
    volume_l: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """A heat meter; ``home`` indexes the layout's homes."""

    id: int
    serial: str
    home: int
    # The newest stored reading, so that a register never falls behind what is known.
    known: Known | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSensor:
    """A room sensor, carried by its building's gateway; ``home`` indexes the layout's homes."""

    id: int
    serial: str
    home: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One utility's community."""

    utility: str
    time_zone: str
    stations: tuple[Station, ...]
    buildings: tuple[Building, ...]
    homes: tuple[Home, ...]
    meters: tuple[Meter, ...]
    sensors: tuple[RoomSensor, ...]
