"""The tables of M-Bus application data as data: EN 13757-3, tables 4 to 14, as far as heat meters use them.

Factors lead to Wh, litres, W, l/h and °C. A VIF that has no factor here is kept, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from metering.decoders.values import JOULES


class Meaning(NamedTuple):
    """What a number counts: times ``factor``, through ``divisor``, it is in the canonical unit."""

    target: str
    factor: Decimal
    divisor: int = 1


def _table(*rows: tuple[int, str, int, int, int, int]) -> dict[int, Meaning]:
    """Codes in a row, each ten times the one before; the first is ``10 ** exponent`` of its unit."""
    return {
        first + n: Meaning(target, Decimal(10) ** (exponent + n) * unit, divisor)
        for first, target, exponent, count, unit, divisor in rows
        for n in range(count)
    }


PRIMARY: Final[Mapping[int, Meaning]] = _table(
    (0x00, "energy_wh", -3, 8, 1, 1),
    (0x08, "energy_wh", 0, 8, 1, JOULES),
    (0x10, "volume_l", -3, 8, 1, 1),  # 10^(n-6) m3
    (0x28, "power_w", -3, 8, 1, 1),
    (0x30, "power_w", 0, 8, 1, JOULES),  # J/h
    (0x38, "flow_l_h", -3, 8, 1, 1),  # 10^(n-6) m3/h
    (0x40, "flow_l_h", -4, 8, 60, 1),  # 10^(n-7) m3/min
    (0x48, "flow_l_h", -6, 8, 3600, 1),  # 10^(n-9) m3/s
    (0x58, "supply_c", -3, 4, 1, 1),
    (0x5C, "return_c", -3, 4, 1, 1),
)
# The true VIF follows 0xFB.
EXTENSION_FB: Final[Mapping[int, Meaning]] = _table(
    (0x00, "energy_wh", 5, 2, 1, 1),  # 10^(n-1) MWh
    (0x08, "energy_wh", 8, 2, 1, JOULES),  # 10^(n-1) GJ
    (0x10, "volume_l", 5, 2, 1, 1),  # 10^(n+2) m3
    (0x28, "power_w", 5, 2, 1, 1),  # 10^(n-1) MW
    (0x30, "power_w", 8, 2, 1, JOULES),  # 10^(n-1) GJ/h
)
# Hours in the unit of a time: on time from 0x20, operating time from 0x24.
HOURS: Final[Mapping[int, tuple[int, int]]] = {
    first + n: hours
    for first in (0x20, 0x24)
    for n, hours in enumerate(((1, 3600), (1, 60), (1, 1), (24, 1)))
}
# With this extension a time is that in which the meter's data were wrong.
DATA_ERROR: Final = b"\x18"
# Names of what is kept beside the canonical fields; a range's members differ in their unit.
NAMES: Final[Mapping[str, str]] = {
    **{f"{code:02X}": "mass" for code in range(0x18, 0x20)},
    **{f"{code:02X}": "on_time" for code in range(0x20, 0x24)},
    **{f"{code:02X}": "operating_time" for code in range(0x24, 0x28)},
    **{f"{code:02X}": "mass_flow" for code in range(0x50, 0x58)},
    **{f"{code:02X}": "difference" for code in range(0x60, 0x64)},
    **{f"{code:02X}": "external_temperature" for code in range(0x64, 0x68)},
    **{f"{code:02X}": "pressure" for code in range(0x68, 0x6C)},
    **{f"{code:02X}": "averaging" for code in range(0x70, 0x74)},
    **{f"{code:02X}": "actuality" for code in range(0x74, 0x78)},
    "6C": "date",
    "6D": "instant",
    "78": "fabrication_no",
    "FD0B": "parameter_set",
    "FD0C": "model_version",
    "FD17": "error_flags",
}
# Bytes of a data field that needs no table of its own; 0xD says its length itself.
WIDTHS: Final[Mapping[int, int]] = {0: 0, 1: 1, 2: 2, 3: 3, 4: 4, 5: 4, 6: 6, 7: 8} | {
    8: 0,
    9: 1,
    0xA: 2,
    0xB: 3,
    0xC: 4,
    0xE: 6,
}
FUNCTIONS: Final = ("instantaneous", "maximum", "minimum", "error")
# The device types whose register is heat, of EN 13757-7: outlet, inlet, heat and cooling.
HEAT: Final = frozenset({0x04, 0x0C, 0x0D})
# The low two bits of the status byte are one number, the next three are flags, the rest the maker's.
APPLICATION_STATES: Final = ("", "BUSY", "APPLICATION_ERROR", "ALARM")
STATUS_FLAGS: Final[Mapping[int, str]] = {
    0x04: "POWER_LOW",
    0x08: "PERMANENT_ERROR",
    0x10: "TEMPORARY_ERROR",
}
MAKERS_BITS: Final = 0xE0
