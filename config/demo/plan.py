"""The demo's community on paper: names, numbers and areas; no database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from accounts.enums import Orientation

SLUG: Final = "north-river"
NAME: Final = "North River Heating"
CURRENCY: Final = "CNY"
TIME_ZONE: Final = "Asia/Shanghai"
STATIONS: Final = ("Heping Garden", "Binhe Quarter")
BUILDINGS_A_STATION: Final = 6
STOREYS: Final = 5
# The flats round a landing: where their windows look, and how large they are.
LANDING: Final = (
    (Orientation.SOUTH, Decimal("92.40")),
    (Orientation.SOUTH, Decimal("78.60")),
    (Orientation.NORTH, Decimal("58.20")),
    (Orientation.EAST, Decimal("104.50")),
)
# Every third building is read by radio, through wmbusmeters.
TELEGRAM_EVERY: Final = 3
LIVING_ROOM: Final = "Living room"
BEDROOM: Final = "Bedroom"
STUDY: Final = "Study"
# Every third home measures its bedroom too.
BEDROOM_EVERY: Final = 3
FAMILIES: Final = ("Li", "Wang", "Zhang", "Liu", "Chen", "Yang", "Zhao", "Huang", "Zhou", "Wu", "Xu", "Sun")
GIVEN: Final = ("Na", "Wei", "Fang", "Min", "Jing", "Lei", "Yan", "Jun", "Ping", "Hui")


@dataclass(frozen=True, slots=True)
class House:
    """A building to be: its place in the community, its station's, and what it is called."""

    number: int
    station: int
    name: str
    address: str

    @property
    def sends_telegrams(self) -> bool:
        """Whether its gateway forwards wireless M-Bus."""
        return self.number % TELEGRAM_EVERY == 0

    @property
    def gateway(self) -> str:
        """Its gateway's identity."""
        return f"gw-{self.number:02d}"


@dataclass(frozen=True, slots=True)
class Flat:
    """A home to be; ``number`` counts through the community from 1."""

    number: int
    house: int
    label: str
    storey: int
    orientation: Orientation
    floor_area_m2: Decimal
    customer: str


def houses() -> list[House]:
    """The buildings, station by station, in the order of the pipe."""
    return [
        House(
            number=station * BUILDINGS_A_STATION + place + 1,
            station=station,
            name=f"{name} {place + 1}",
            address=f"{name} {place + 1}, North River City",
        )
        for station, name in enumerate(STATIONS)
        for place in range(BUILDINGS_A_STATION)
    ]


def flats() -> list[Flat]:
    """The homes, building by building, from the ground up."""
    places = [
        (house, storey, door)
        for house in range(len(STATIONS) * BUILDINGS_A_STATION)
        for storey in range(1, STOREYS + 1)
        for door in range(len(LANDING))
    ]
    return [
        Flat(
            number=number,
            house=house,
            label=f"{storey}0{door + 1}",
            storey=storey,
            orientation=LANDING[door][0],
            floor_area_m2=LANDING[door][1],
            customer=f"{FAMILIES[number % len(FAMILIES)]} {GIVEN[number // len(FAMILIES) % len(GIVEN)]}",
        )
        for number, (house, storey, door) in enumerate(places, start=1)
    ]
