"""The heat drivers of wmbusmeters as data: what each calls the quantities, without the unit's suffix.

The names are those that the drivers of the project (drivers/src) print; that JSON has no common ones. A
driver without a line here is no heat meter's, or has no register of now (vario411: a target day's only).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Driver(NamedTuple):
    """The stems of a driver's fields; empty where it prints no such thing."""

    energy_wh: str
    volume_l: str = ""
    power_w: str = ""
    flow_l_h: str = ""
    supply_c: str = ""
    return_c: str = ""
    error_h: str = ""
    target_wh: str = ""
    target_at: str = ""  # of the fields _date and _datetime


_DIEHL: Final = Driver(
    "total_energy_consumption",
    "total_volume",
    "power",
    "volume_flow",
    "flow_temperature",
    "return_temperature",
)
_SET_DATE: Final = {
    "error_h": "operating_time_in_error",
    "target_wh": "energy_at_set_date",
    "target_at": "set",
}
_KAMSTRUP: Final = Driver(
    "total_energy_consumption",
    "total_volume",
    "power",
    "volume_flow",
    "t1_temperature",
    "t2_temperature",
    error_h="on_time_at_error",
    target_wh="target_energy",
    target_at="target",
)
_HYDROCAL: Final = Driver(
    "total_heating", "total_heating", "power", "volume_flow", "supply_temperature", "return_temperature"
)
_SHORT: Final = Driver(
    "total",
    "total",
    "power",
    "flow",
    "forward",
    "return",
    error_h="on_time_at_error",
    target_wh="target",
    target_at="target",
)

DRIVERS: Final[Mapping[str, Driver]] = {
    "axis": Driver(  # Axis Qalcosonic, heat alone
        "total_energy",
        "total",
        "power",
        "volume_flow",
        "flow_temperature",
        "return_temperature",
        target_wh="target_energy",
        target_at="target",
    ),
    "c5isf": _DIEHL,  # Zenner zelsius C5
    "compact5": Driver("total"),  # Techem compact V
    "dmesharky": _KAMSTRUP._replace(error_h="operating_time_in_error"),  # Diehl Sharky 775
    "dmesharky775": _KAMSTRUP._replace(error_h="operating_time_in_error"),
    "elf": Driver(  # Apator Elf
        "total_energy_consumption",
        "total_volume",
        "current_power_consumption",
        "",
        "flow_temperature",
        "return_temperature",
    ),
    "elf2": Driver(  # Apator Elf 2
        "total_energy",
        "total_volume",
        "current_power",
        "current_volume_flow",
        "t1_temperature",
        "t2_temperature",
    ),
    "enercal": _SHORT,  # GWF Enercal
    "hydrocalm3": _HYDROCAL,  # BMeters Hydrocal M3
    "hydrocalm4": _HYDROCAL,
    "istaheat": Driver("total", target_wh="target", target_at="target"),  # Ista sensonic 3
    "itronheat": Driver("total", "total"),  # Itron and Allmess, by the EquaScan module
    "kamheat": _KAMSTRUP,  # Kamstrup Multical 302, 303, 402, 403, 602, 603, 803
    "microclima": _DIEHL,  # Maddalena microclima
    "pollucomf": _SHORT,  # Sensus PolluCom F
    "qheat": Driver(  # Qundis Q heat, until its driver was written anew
        "total_energy_consumption", target_wh="last_month_energy_consumption", target_at="last_month"
    ),
    "qheat5us": Driver("total", target_wh="target", target_at="target"),  # Qundis Q heat 5 US
    "qheat_55_us": Driver(  # Qundis Q heat 5.5
        "total_energy_consumption",
        error_h="time_without_measurement",
        target_wh="key_date",
        target_at="key",
    ),
    "qheatv2": Driver("total", target_wh="target", target_at="target"),  # Qundis Q heat 5 and 5.5
    "qualcosonic": Driver(  # Axioma Qalcosonic E3 and E4: heat; what it counts as cold is kept
        "total_heat_energy",
        "total",
        "power",
        "volume_flow",
        "flow_temperature",
        "return_temperature",
        target_wh="target_heat_energy",
        target_at="target",
    ),
    "sensostar": Driver(  # Engelmann
        "total",
        "total_water",
        "power",
        "flow_water",
        "forward",
        "return",
        target_wh="target",
        target_at="target",
    ),
    "sharky": _DIEHL._replace(  # Hydrometer and Diehl Sharky
        target_wh="target_energy_consumption", target_at="target"
    ),
    "sharky774": _DIEHL._replace(**_SET_DATE),
    "supercal": Driver(  # Sontex Supercal
        "total",
        "total",
        "power",
        "volume_flow",
        "flow_temperature",
        "return_temperature",
        target_wh="target",
        target_at="target",
    ),
    "ultraheat": Driver("heat", "volume", "power", "flow", "flow", "return"),  # Landis+Gyr
    "vario451": Driver("total"),  # Techem vario 4
    "vario451mid": Driver("total_energy_consumption", target_wh="energy_at_set_date", target_at="set"),
}
# Names under which a driver printed once, or prints when it is asked for by another name.
ALIASES: Final[Mapping[str, str]] = {
    "dme_sharky": "dmesharky",
    "multical302": "kamheat",
    "multical303": "kamheat",
    "multical403": "kamheat",
    "multical602": "kamheat",
    "multical603": "kamheat",
    "multical803": "kamheat",
    "sharkydiehl": "dmesharky",
}
# The lowest number of two, three or four signed bytes is how M-Bus says "none"; the drivers print it, scaled.
NONE: Final = frozenset(
    round(-(2.0 ** (8 * width - 1)) * 10.0**-decimals, 9) for width in (2, 3, 4) for decimals in range(7)
)
