"""The flat JSON formats of a meter reading: which field is which quantity, in which unit.

A new meter model is a new line among the drivers and a golden telegram in the tests, never a new branch.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from metering.decoders.drivers import ALIASES, DRIVERS, NONE
from metering.decoders.records import DecodeError
from metering.decoders.values import BESIDE_RANGES, JOULES, RANGES, REGISTERS, Rule
from metering.enums import Reason

THOUSAND: Final = Decimal(1000)
IN_JOULES: Final = frozenset({"mj", "gj"})
# Factors to Wh (or J), litres, W, l/h and °C, by the suffix that names the unit.
UNITS: Final[dict[str, Mapping[str, Decimal]]] = {
    "energy_wh": {
        "kwh": THOUSAND,
        "mwh": THOUSAND * THOUSAND,
        "wh": Decimal(1),
        "mj": Decimal(10**6),
        "gj": Decimal(10**9),
    },
    "volume_l": {"m3": THOUSAND, "l": Decimal(1)},
    "power_w": {"kw": THOUSAND, "w": Decimal(1)},
    "flow_l_h": {"m3h": THOUSAND, "m3_h": THOUSAND, "lh": Decimal(1)},
    "supply_c": {"c": Decimal(1)},
    "return_c": {"c": Decimal(1)},
    "error_h": {"h": Decimal(1)},
}
UNITS["target_wh"] = UNITS["energy_wh"]
POWERS_OF_TEN: Final = frozenset({Decimal(1), THOUSAND, THOUSAND * THOUSAND})


@dataclass(frozen=True, slots=True)
class Format:
    """Where an entry keeps its instant, its serial number and status, and what its other fields mean."""

    name: str
    instant: str
    status: str
    rules: Mapping[str, Rule]
    serial: str = "id"
    sentinels: Container[Any] = ()  # numbers that stand for "none"
    # What it tells besides: hours in error, the register it froze, and where the day of that is.
    beside: Mapping[str, Rule] = field(default_factory=dict)
    target_at: tuple[str, ...] = ()


def _format(
    name: str,
    *,
    instant: str,
    status: str = "status",
    sentinels: Container[Any] = (),
    target_at: str = "",
    **stems: str,
) -> Format:
    """Spell the fields out: each stem with every unit its quantity is written in."""
    rules = {
        f"{stem}_{suffix}": _rule(target, factor, JOULES if suffix in IN_JOULES else 1)
        for target, stem in stems.items()
        for suffix, factor in UNITS[target].items()
    }
    return Format(
        name=name,
        instant=instant,
        status=status,
        rules={name: rule for name, rule in rules.items() if rule.target in RANGES},
        sentinels=sentinels,
        beside={name: rule for name, rule in rules.items() if rule.target in BESIDE_RANGES},
        target_at=(f"{target_at}_date", f"{target_at}_datetime") if target_at else (),
    )


def _rule(target: str, factor: Decimal, divisor: int) -> Rule:
    scale = float(factor / divisor)
    low, high = RANGES.get(target) or BESIDE_RANGES[target]
    whole_factor = int(factor) if divisor == 1 and factor in POWERS_OF_TEN else 0
    return Rule(target, factor, scale, low / scale, high / scale, target in REGISTERS, whole_factor, divisor)


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

# JSON of wmbusmeters, under the name of each driver and its other names.
WMBUSMETERS: Final[Mapping[str, Format]] = {
    name: _format(
        name,
        instant="timestamp",
        sentinels=NONE,
        **{target: stem for target, stem in DRIVERS[driver]._asdict().items() if stem},
    )
    for name, driver in ({name: name for name in DRIVERS} | dict(ALIASES)).items()
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
    driver = entry.get("meter", entry.get("driver"))  # the newer key is the second
    found = WMBUSMETERS.get(driver) if isinstance(driver, str) else None
    if found is None:
        raise DecodeError(
            Reason.UNKNOWN_FORMAT, f"The wmbusmeters driver {driver!r:.60} is not a registered one."
        )
    return found
