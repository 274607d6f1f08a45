"""The registered formats of a meter reading, as data: which field of which driver is which quantity.

A new meter model is a new line here and a golden telegram in the tests, never a new branch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from metering.decoders.records import DecodeError
from metering.decoders.values import Rule
from metering.enums import Reason

THOUSAND: Final = Decimal(1000)
# 1 J is 1/3600 Wh; 28 digits are more than any register has.
GIGAJOULE: Final = Decimal(10**9) / Decimal(3600)
# Factors to Wh, litres, W, l/h and °C, by the suffix that names the unit.
UNITS: Final[Mapping[str, Mapping[str, Decimal]]] = {
    "energy_wh": {
        "kwh": THOUSAND,
        "mwh": THOUSAND * THOUSAND,
        "wh": Decimal(1),
        "mj": GIGAJOULE / THOUSAND,
        "gj": GIGAJOULE,
    },
    "volume_l": {"m3": THOUSAND, "l": Decimal(1)},
    "power_w": {"kw": THOUSAND, "w": Decimal(1)},
    "flow_l_h": {"m3h": THOUSAND, "m3_h": THOUSAND, "lh": Decimal(1)},
    "supply_c": {"c": Decimal(1)},
    "return_c": {"c": Decimal(1)},
}
# What no heat meter says unless it is broken. Flow and power may be negative: water runs back at night.
RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "energy_wh": (0, 1e14),
    "volume_l": (0, 1e13),
    "power_w": (-1e9, 1e9),
    "flow_l_h": (-1e8, 1e8),
    "supply_c": (-40, 250),
    "return_c": (-40, 250),
}
POWERS_OF_TEN: Final = frozenset({Decimal(1), THOUSAND, THOUSAND * THOUSAND})
REGISTERS: Final = frozenset({"energy_wh", "volume_l"})


@dataclass(frozen=True, slots=True)
class Format:
    """Where an entry keeps its instant, its serial number and status, and what its other fields mean."""

    name: str
    instant: str
    status: str
    rules: Mapping[str, Rule]
    serial: str = "id"


def _format(name: str, *, instant: str, status: str = "status", **stems: str) -> Format:
    """Spell the fields out: each stem with every unit its quantity is written in."""
    rules = {
        f"{stem}_{suffix}": _rule(target, factor)
        for target, stem in stems.items()
        for suffix, factor in UNITS[target].items()
    }
    return Format(name=name, instant=instant, status=status, rules=rules)


def _rule(target: str, factor: Decimal) -> Rule:
    scale = float(factor)
    low, high = RANGES[target]
    whole_factor = int(factor) if factor in POWERS_OF_TEN else 0
    return Rule(target, factor, scale, low / scale, high / scale, target in REGISTERS, whole_factor)


NATIVE: Final = _format(
    "native",
    instant="measured_at",
    energy_wh="energy",
    volume_l="volume",
    power_w="power",
    flow_l_h="flow",
    supply_c="supply",
    return_c="return",
)

# The drivers of wmbusmeters, whose JSON has no common field names.
WMBUSMETERS: Final[Mapping[str, Format]] = {
    driver.name: driver
    for driver in (
        _format(  # Diehl Sharky 774
            "sharky774",
            instant="timestamp",
            energy_wh="total_energy_consumption",
            volume_l="total_volume",
            power_w="power",
            flow_l_h="volume_flow",
            supply_c="flow_temperature",
            return_c="return_temperature",
        ),
        _format(  # Kamstrup Multical 302, 303, 402, 403, 602, 603, 803
            "kamheat",
            instant="timestamp",
            energy_wh="total_energy_consumption",
            volume_l="total_volume",
            power_w="power",
            flow_l_h="volume_flow",
            supply_c="t1_temperature",
            return_c="t2_temperature",
        ),
        # `flow_m3h` is the flow, `flow_c` the supply: the suffix tells them apart.
        _format(  # Landis+Gyr Ultraheat
            "ultraheat",
            instant="timestamp",
            energy_wh="heat",
            volume_l="volume",
            power_w="power",
            flow_l_h="flow",
            supply_c="flow",
            return_c="return",
        ),
        _format(  # Engelmann SensoStar
            "sensostar",
            instant="timestamp",
            energy_wh="total",
            volume_l="total_water",
            power_w="power",
            flow_l_h="flow_water",
            supply_c="forward",
            return_c="return",
        ),
        _format(  # Sontex Supercal
            "supercal",
            instant="timestamp",
            energy_wh="total",
            volume_l="total",
            power_w="power",
            flow_l_h="volume_flow",
            supply_c="flow_temperature",
            return_c="return_temperature",
        ),
        _format(  # GWF Enercal
            "enercal",
            instant="timestamp",
            energy_wh="total",
            volume_l="total",
            power_w="power",
            flow_l_h="flow",
            supply_c="forward",
            return_c="return",
        ),
        # Qundis Q heat 5.5 says nothing but its register.
        _format("qheat_55_us", instant="timestamp", energy_wh="total_energy_consumption"),
        _format("compact5", instant="timestamp", energy_wh="total"),  # Techem compact V
        _format(  # BMeters Hydrocal M3
            "hydrocalm3",
            instant="timestamp",
            energy_wh="total_heating",
            volume_l="total_heating",
            supply_c="supply_temperature",
            return_c="return_temperature",
        ),
    )
}


def format_of(entry: Mapping[str, Any]) -> Format:
    """The format an entry is written in.

    Raises:
        DecodeError: none that is registered.
    """
    # wmbusmeters never writes it, so it tells our own form at once.
    if "measured_at" in entry:
        return NATIVE
    if entry.get("_", "telegram") != "telegram" or "timestamp" not in entry:
        raise DecodeError(
            Reason.UNKNOWN_FORMAT, "There is neither 'measured_at' (native) nor a wmbusmeters 'timestamp'."
        )
    driver = entry.get("meter")
    found = WMBUSMETERS.get(driver) if isinstance(driver, str) else None
    if found is None:
        raise DecodeError(
            Reason.UNKNOWN_FORMAT, f"The wmbusmeters driver {driver!r:.60} is not a registered one."
        )
    return found
