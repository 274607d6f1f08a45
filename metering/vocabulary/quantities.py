"""What is measured at a place: its unit, the range of what can be true, and when somebody should look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from metering.enums import TagKind


class Limits(NamedTuple):
    """Outside of the inner two a warning, outside of the outer two an alarm; None is no limit."""

    alarm_low: float | None = None
    warning_low: float | None = None
    warning_high: float | None = None
    alarm_high: float | None = None


NO_LIMITS: Final = Limits()
# A signal that is 1 while something is wrong.
WHEN_SET: Final = Limits(alarm_high=0.5)


@dataclass(frozen=True, slots=True)
class Quantity:
    """The last part of a signal's name, and what a value of it may be."""

    suffix: str
    label: Promise
    unit: str
    low: float
    high: float
    kind: TagKind = TagKind.MEASUREMENT
    limits: Limits = NO_LIMITS


MEASURED, SET, COUNTED, STATE, ALARM = (
    TagKind.MEASUREMENT,
    TagKind.SETPOINT,
    TagKind.COUNTER,
    TagKind.STATUS,
    TagKind.ALARM,
)
_FLOW: Final = 10_000_000.0
_POWER: Final = 1_000_000_000.0
_REGISTER: Final = 1e12


def switch(suffix: str, label: Promise) -> Quantity:
    """A signal that is on or off."""
    return Quantity(suffix, label, "1", 0, 1, STATE)


def alarm(suffix: str, label: Promise) -> Quantity:
    """A signal that is 1 while something is wrong."""
    return Quantity(suffix, label, "1", 0, 1, ALARM, WHEN_SET)


def temperature(
    suffix: str, label: Promise, *, high: float = 150, kind: TagKind = MEASURED, limits: Limits = NO_LIMITS
) -> Quantity:
    """A water or machine temperature."""
    return Quantity(suffix, label, "°C", -20, high, kind, limits)


def pressure(suffix: str, label: Promise, *, kind: TagKind = MEASURED) -> Quantity:
    """A pressure above the atmosphere's."""
    # No gauge shows less than a vacuum, and no district network more than 50 bar.
    return Quantity(suffix, label, "kPa", -101.4, 5000, kind)


def share(suffix: str, label: Promise, kind: TagKind = MEASURED) -> Quantity:
    """A percentage."""
    return Quantity(suffix, label, "%", 0, 100, kind)


# --- water: temperature, pressure, flow, heat -----------------------------------------------------

HOT_SUPPLY: Final = temperature("supply_c", _("supply temperature"), high=220)
HOT_RETURN: Final = temperature("return_c", _("return temperature"), high=220)
SUPPLY: Final = temperature("supply_c", _("supply temperature"))
RETURN: Final = temperature("return_c", _("return temperature"))
SUPPLY_TARGET: Final = temperature("supply_target_c", _("supply temperature setpoint"), kind=SET)
RETURN_LIMIT: Final = temperature("return_limit_c", _("return temperature limit"), kind=SET)
TEMPERATURE: Final = temperature("temperature_c", _("temperature"))
TEMPERATURE_TARGET: Final = temperature("temperature_target_c", _("temperature setpoint"), kind=SET)
SUPPLY_PRESSURE: Final = pressure("supply_pressure_kpa", _("supply pressure"))
RETURN_PRESSURE: Final = pressure("return_pressure_kpa", _("return pressure"))
DIFFERENTIAL: Final = pressure("differential_pressure_kpa", _("differential pressure"))
DIFFERENTIAL_TARGET: Final = pressure(
    "differential_pressure_target_kpa", _("differential pressure setpoint"), kind=SET
)
FILTER_BEFORE: Final = pressure("filter_inlet_pressure_kpa", _("pressure before the filter"))
FILTER_AFTER: Final = pressure("filter_outlet_pressure_kpa", _("pressure after the filter"))
INLET_PRESSURE: Final = pressure("inlet_pressure_kpa", _("inlet pressure"))
OUTLET_PRESSURE: Final = pressure("outlet_pressure_kpa", _("outlet pressure"))
PRESSURE: Final = pressure("pressure_kpa", _("pressure"))
PRESSURE_TARGET: Final = pressure("pressure_target_kpa", _("pressure setpoint"), kind=SET)
FLOW: Final = Quantity("flow_l_h", _("flow"), "l/h", -_FLOW, _FLOW)
FLOW_TARGET: Final = Quantity("flow_target_l_h", _("flow setpoint"), "l/h", 0, _FLOW, SET)
HEAT_POWER: Final = Quantity("heat_power_w", _("heat output"), "W", -_POWER, _POWER)
ENERGY: Final = Quantity("energy_wh", _("energy"), "Wh", 0, _REGISTER, COUNTED)
VOLUME: Final = Quantity("volume_l", _("volume"), "l", 0, _REGISTER, COUNTED)

# --- machines -------------------------------------------------------------------------------------

RUNNING: Final = switch("running", _("running"))
REMOTE: Final = switch("remote", _("under remote control"))
AUTOMATIC: Final = switch("automatic", _("automatic"))
OPEN: Final = switch("open", _("open"))
CLOSED: Final = switch("closed", _("closed"))
FAULT: Final = alarm("fault", _("fault"))
OVERLOAD: Final = alarm("overload", _("overload"))
FREQUENCY: Final = Quantity("frequency_hz", _("frequency"), "Hz", 0, 400)
FREQUENCY_TARGET: Final = Quantity("frequency_target_hz", _("frequency setpoint"), "Hz", 0, 400, SET)
SPEED: Final = Quantity("speed_rpm", _("speed"), "1/min", 0, 60_000)
POWER: Final = Quantity("power_w", _("power"), "W", -_POWER, _POWER)
CURRENT: Final = Quantity("current_a", _("current"), "A", 0, 10_000)
VOLTAGE: Final = Quantity("voltage_v", _("voltage"), "V", 0, 50_000)
RUNNING_HOURS: Final = Quantity("running_h", _("running hours"), "h", 0, 1_000_000, COUNTED)
STARTS: Final = Quantity("starts", _("starts"), "1", 0, 1e9, COUNTED)
WINDING: Final = temperature(
    "winding_c", _("winding temperature"), high=300, limits=Limits(None, None, 120, 140)
)
POSITION: Final = share("position_pct", _("position"))
POSITION_TARGET: Final = share("position_target_pct", _("position setpoint"), SET)
LEVEL: Final = share("level_pct", _("level"))
PHASES: Final = tuple(
    Quantity(f"{suffix}_l{phase}_{unit}", format_lazy("{} L{}", label, phase), sign, 0, high)
    for suffix, label, unit, sign, high in (
        ("current", _("phase current"), "a", "A", 10_000),
        ("voltage", _("phase voltage"), "v", "V", 50_000),
    )
    for phase in (1, 2, 3)
)
POWER_FACTOR: Final = Quantity("power_factor", _("power factor"), "1", -1, 1)

# --- what the water is like -----------------------------------------------------------------------

CONDUCTIVITY: Final = Quantity("conductivity_us_cm", _("conductivity"), "μS/cm", 0, 100_000)
ACIDITY: Final = Quantity("ph", _("pH"), "1", 0, 14, limits=Limits(6, 7, 10.5, 12))
HARDNESS: Final = Quantity(
    "hardness_mmol_l", _("hardness"), "mmol/l", 0, 50, limits=Limits(None, None, 0.6, 3)
)
OXYGEN: Final = Quantity(
    "oxygen_mg_l", _("dissolved oxygen"), "mg/l", 0, 50, limits=Limits(None, None, 0.1, 0.5)
)
TURBIDITY: Final = Quantity("turbidity_ntu", _("turbidity"), "NTU", 0, 10_000)
IRON: Final = Quantity("iron_mg_l", _("iron"), "mg/l", 0, 1000)
HUMIDITY: Final = share("humidity_pct", _("humidity"))
