"""Small communities for the physics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from control.twin.layout import Building, Home, Layout, Meter, RoomSensor, Station

ORIENTATIONS = ("south", "north", "south", "east")
MIDWINTER = datetime(2026, 1, 10, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Steady:
    """Weather that never changes."""

    temperature_c: float = -2.0

    def outdoor_c(self, at: datetime) -> float:
        """Always the same."""
        del at
        return self.temperature_c


def a_layout(
    *, stations: int = 1, buildings: int = 3, homes: int = 10, utility: str = "north-river"
) -> Layout:
    """``buildings`` a station with ``homes`` each, five storeys, a meter and a sensor a home."""
    houses = [
        Building(
            id=n + 1, station=n // buildings, storeys=5, gateway=f"gw-{n + 1}", forwards_telegrams=n == 1
        )
        for n in range(stations * buildings)
    ]
    flats = [
        Home(
            id=100 * (n + 1) + flat,
            building=n,
            floor_area_m2=60.0 + 5 * (flat % 8),
            storey=1 + flat * 5 // homes,
            orientation=ORIENTATIONS[flat % 4],
            emitter="radiator",
        )
        for n in range(len(houses))
        for flat in range(homes)
    ]
    return Layout(
        utility=utility,
        time_zone="Asia/Shanghai",
        stations=tuple(
            Station(id=n + 1, controller=f"plc-{n + 1}", latitude_deg=39.9, longitude_deg=116.4)
            for n in range(stations)
        ),
        buildings=tuple(houses),
        homes=tuple(flats),
        meters=tuple(Meter(id=1000 + n, serial=f"{58_400_000 + n}", home=n) for n in range(len(flats))),
        sensors=tuple(RoomSensor(id=5000 + n, serial=f"rs-{n}", home=n) for n in range(len(flats))),
    )
