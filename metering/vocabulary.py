"""The plant signals Hearthline understands; the table of tags is written from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from metering.enums import TagKind


@dataclass(frozen=True, slots=True)
class Tag:
    """One signal: its unit, and the range outside of which a value is absurd."""

    name: str
    unit: str
    low: float
    high: float
    kind: TagKind = TagKind.MEASUREMENT


TAGS: Final = {
    tag.name: tag
    for tag in (
        Tag("primary_supply_c", "°C", -20, 220),
        Tag("primary_return_c", "°C", -20, 220),
        Tag("secondary_supply_c", "°C", -20, 150),
        Tag("secondary_return_c", "°C", -20, 150),
        Tag("secondary_supply_target_c", "°C", -20, 150, TagKind.SETPOINT),
        Tag("secondary_flow_l_h", "l/h", -10_000_000, 10_000_000),
        Tag("heat_power_w", "W", -1_000_000_000, 1_000_000_000),
        Tag("outdoor_c", "°C", -70, 60),
        Tag("pump_hz", "Hz", 0, 400),
        Tag("valve_pct", "%", 0, 100),
        Tag("pressure_kpa", "kPa", -101.4, 5000),
    )
}
