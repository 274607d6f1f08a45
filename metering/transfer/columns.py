"""The columns a file of readings may have; a unit stands in the column's name, as everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

SERIAL: Final = "serial"
MEASURED_AT: Final = "measured_at"
STATUS: Final = "status"
QUALITY: Final = "quality"
TEXTS: Final = (STATUS, QUALITY)


class Unit(NamedTuple):
    """Which canonical value a column is, and how its numbers become it: times ``factor`` by ``divisor``."""

    target: str
    factor: Decimal
    divisor: int = 1


UNITS: Final = {
    "energy_wh": Unit("energy_wh", Decimal(1)),
    "energy_kwh": Unit("energy_wh", Decimal(1000)),
    "energy_mwh": Unit("energy_wh", Decimal(1_000_000)),
    # A joule is a watt second, so an hour of it needs the division; it is done last, and once.
    "energy_mj": Unit("energy_wh", Decimal(1_000_000), 3600),
    "energy_gj": Unit("energy_wh", Decimal(1_000_000_000), 3600),
    "volume_l": Unit("volume_l", Decimal(1)),
    "volume_m3": Unit("volume_l", Decimal(1000)),
    "power_w": Unit("power_w", Decimal(1)),
    "power_kw": Unit("power_w", Decimal(1000)),
    "flow_l_h": Unit("flow_l_h", Decimal(1)),
    "flow_m3_h": Unit("flow_l_h", Decimal(1000)),
    "supply_c": Unit("supply_c", Decimal(1)),
    "return_c": Unit("return_c", Decimal(1)),
}


class HeaderError(ValueError):
    """A file's columns are not those of readings."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one file that hold numbers, by name."""

    units: dict[str, Unit]


def layout(names: Iterable[str]) -> Layout:
    """What the columns called ``names`` hold.

    Raises:
        HeaderError: one is missing, unknown or there twice, or two hold the same value in two units.
    """
    found: dict[str, Unit] = {}
    seen: list[str] = []
    for name in (name.strip().lower() for name in names):
        if name in seen:
            raise HeaderError(f"The column '{name}' is there twice.")
        seen.append(name)
        if name in {SERIAL, MEASURED_AT, *TEXTS}:
            continue
        if name not in UNITS:
            known = ", ".join([SERIAL, MEASURED_AT, *UNITS, *TEXTS])
            raise HeaderError(f"The column '{name}' is unknown; known are {known}.")
        if any(unit.target == UNITS[name].target for unit in found.values()):
            raise HeaderError(f"The column '{name}' says again what another column says in another unit.")
        found[name] = UNITS[name]
    for name in (SERIAL, MEASURED_AT):
        if name not in seen:
            raise HeaderError(f"The column '{name}' is missing.")
    if not {"energy_wh", "volume_l"} & {unit.target for unit in found.values()}:
        raise HeaderError("There is no register: neither a column of energy nor one of volume.")
    return Layout(found)
