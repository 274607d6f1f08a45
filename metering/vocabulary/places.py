"""The places of a substation, and what is measured at each: the families the vocabulary is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from metering.vocabulary import quantities as q
from metering.vocabulary.quantities import Limits, Quantity


@dataclass(frozen=True, slots=True)
class Family:
    """Places of one kind: ``count`` of them, numbered from 1; 0 is a place there is only one of."""

    name: str
    label: Promise
    count: int
    quantities: tuple[Quantity, ...]
    # Where a place is watched more closely than its quantity in general, by the quantity's suffix.
    limits: Mapping[str, Limits] = field(default_factory=dict)


_WATER: Final = (
    q.SUPPLY,
    q.RETURN,
    q.SUPPLY_PRESSURE,
    q.RETURN_PRESSURE,
    q.DIFFERENTIAL,
    q.FLOW,
    q.HEAT_POWER,
)
_REGISTERS: Final = (q.ENERGY, q.VOLUME)
_PUMP: Final = (
    *(q.RUNNING, q.FAULT, q.OVERLOAD, q.REMOTE, q.AUTOMATIC, q.FREQUENCY, q.FREQUENCY_TARGET, q.SPEED),
    *(q.POWER, q.CURRENT, q.VOLTAGE, q.ENERGY, q.RUNNING_HOURS, q.STARTS, q.INLET_PRESSURE),
    *(q.OUTLET_PRESSURE, q.WINDING),
)
_VALVE: Final = (q.POSITION, q.POSITION_TARGET, q.OPEN, q.CLOSED, q.REMOTE, q.FAULT)
_QUALITY: Final = (q.CONDUCTIVITY, q.ACIDITY, q.HARDNESS, q.OXYGEN, q.TURBIDITY, q.IRON)

# The whole station. Its names are those of `contract.md`, older than the families.
_STATION: Final = (
    Quantity("outdoor_c", _("outdoor temperature"), "°C", -70, 60),
    q.share("outdoor_humidity_pct", _("outdoor humidity")),
    Quantity("wind_m_s", _("wind"), "m/s", 0, 120),
    Quantity("solar_w_m2", _("solar radiation"), "W/m²", 0, 2000),
    Quantity("heat_power_w", _("heat output"), "W", -1e9, 1e9),
    Quantity("heat_power_limit_w", _("heat output limit"), "W", 0, 1e9, q.SET),
    Quantity("pump_hz", _("pump frequency"), "Hz", 0, 400),
    q.share("valve_pct", _("valve position")),
    q.share("valve_target_pct", _("valve position setpoint"), q.SET),
    Quantity("pressure_kpa", _("pressure"), "kPa", -101.4, 5000, limits=Limits(50, 100, 1200, 1600)),
    Quantity("curve_slope", _("heating curve slope"), "1", 0, 10, q.SET),
    Quantity("curve_shift_k", _("heating curve shift"), "K", -50, 50, q.SET),
    q.switch("remote", _("under remote control")),
    q.switch("automatic", _("automatic")),
    q.switch("heating", _("heating season")),
    Quantity("controller_uptime_s", _("controller uptime"), "s", 0, 1e10, q.COUNTED),
    Quantity("link_signal_dbm", _("radio signal"), "dBm", -200, 0),
)
_ROOM: Final = (
    q.temperature("room_c", _("station room temperature")),
    q.share("room_humidity_pct", _("station room humidity")),
    Quantity("room_noise_db", _("station room noise"), "dB", 0, 200),
    Quantity("battery_v", _("battery voltage"), "V", 0, 1000),
    q.share("battery_pct", _("battery charge")),
    q.switch("door_open", _("door open")),
)
_ALARMS: Final = (
    ("flood", _("water on the floor")),
    ("smoke", _("smoke")),
    ("intrusion", _("intrusion")),
    ("power_failure", _("power failure")),
    ("phase_failure", _("phase failure")),
    ("emergency_stop", _("emergency stop")),
    ("controller_fault", _("controller fault")),
    ("sensor_fault", _("sensor fault")),
    ("communication_fault", _("communication fault")),
    ("frost", _("frost protection")),
    ("overheating", _("overheating")),
    ("supply_too_hot", _("supply too hot")),
    ("supply_too_cold", _("supply too cold")),
    ("return_too_hot", _("return too hot")),
    ("pressure_too_high", _("pressure too high")),
    ("pressure_too_low", _("pressure too low")),
    ("differential_too_low", _("differential pressure too low")),
    ("no_flow", _("no flow")),
    ("make_up_too_high", _("too much make-up water")),
    ("leak", _("leak")),
    ("filter_blocked", _("filter blocked")),
    ("safety_valve_open", _("safety valve open")),
    ("tank_empty", _("tank empty")),
    ("tank_overflow", _("tank overflow")),
    ("dry_running", _("dry running")),
    ("gas", _("gas")),
)

FAMILIES: Final = (
    Family("", _("Station"), 0, _STATION),
    Family("station", _("Station room"), 0, _ROOM),
    Family("alarm", _("Alarm"), 0, tuple(q.alarm(suffix, label) for suffix, label in _ALARMS)),
    Family(
        "primary",
        _("Primary side"),
        0,
        (
            q.HOT_SUPPLY,
            q.HOT_RETURN,
            *_WATER[2:],
            *_REGISTERS,
            q.RETURN_LIMIT,
            q.FLOW_TARGET,
            q.FILTER_BEFORE,
            q.FILTER_AFTER,
        ),
        {"differential_pressure_kpa": Limits(20, 50, 600, 1000)},
    ),
    Family(
        "secondary",
        _("Secondary side"),
        0,
        (
            *_WATER,
            *_REGISTERS,
            q.SUPPLY_TARGET,
            q.RETURN_LIMIT,
            q.FLOW_TARGET,
            q.DIFFERENTIAL_TARGET,
            q.PRESSURE_TARGET,
            q.FILTER_BEFORE,
            q.FILTER_AFTER,
        ),
        {
            "supply_c": Limits(5, None, 85, 95),
            "return_pressure_kpa": Limits(100, 150, 800, 1000),
        },
    ),
    Family(
        "circuit",
        _("Heating circuit"),
        8,
        (
            *_WATER,
            *_REGISTERS,
            q.SUPPLY_TARGET,
            q.RETURN_LIMIT,
            q.DIFFERENTIAL_TARGET,
            q.POSITION,
            q.POSITION_TARGET,
            q.RUNNING,
            q.AUTOMATIC,
        ),
        {"supply_c": Limits(5, None, 85, 95)},
    ),
    Family(
        "branch",
        _("Building branch"),
        16,
        (
            q.SUPPLY,
            q.RETURN,
            q.SUPPLY_PRESSURE,
            q.RETURN_PRESSURE,
            q.FLOW,
            q.HEAT_POWER,
            q.POSITION,
            q.POSITION_TARGET,
        ),
    ),
    Family(
        "hot_water",
        _("Domestic hot water"),
        4,
        (
            *_WATER,
            *_REGISTERS,
            q.SUPPLY_TARGET,
            q.POSITION,
            q.RUNNING,
            q.temperature("cold_c", _("cold water temperature")),
            q.temperature("circulation_c", _("circulation temperature")),
        ),
        # Legionella grows below 55 °C; people are scalded above 70 °C.
        {"supply_c": Limits(45, 50, 65, 75), "circulation_c": Limits(45, 50, None, None)},
    ),
    Family(
        "exchanger",
        _("Heat exchanger"),
        8,
        (
            q.temperature("primary_supply_c", _("primary supply temperature"), high=220),
            q.temperature("primary_return_c", _("primary return temperature"), high=220),
            q.temperature("secondary_supply_c", _("secondary supply temperature")),
            q.temperature("secondary_return_c", _("secondary return temperature")),
            q.pressure("primary_drop_kpa", _("primary pressure drop")),
            q.pressure("secondary_drop_kpa", _("secondary pressure drop")),
            q.HEAT_POWER,
        ),
    ),
    Family("circulation_pump", _("Circulation pump"), 8, _PUMP),
    Family("make_up_pump", _("Make-up pump"), 4, _PUMP),
    Family("booster_pump", _("Booster pump"), 4, _PUMP),
    Family("hot_water_pump", _("Hot water pump"), 4, _PUMP),
    Family("control_valve", _("Control valve"), 8, _VALVE),
    Family("shut_off_valve", _("Shut-off valve"), 8, _VALVE),
    Family("bypass_valve", _("Bypass valve"), 2, _VALVE),
    Family("drain_valve", _("Drain valve"), 2, _VALVE),
    Family(
        "make_up", _("Make-up water"), 0, (q.FLOW, q.VOLUME, q.TEMPERATURE, q.PRESSURE, q.PRESSURE_TARGET)
    ),
    Family(
        "make_up_tank", _("Make-up tank"), 2, (q.LEVEL, q.TEMPERATURE), {"level_pct": Limits(10, 20, 95, 99)}
    ),
    Family(
        "buffer",
        _("Buffer tank"),
        2,
        (
            q.temperature("top_c", _("temperature at the top")),
            q.temperature("middle_c", _("temperature in the middle")),
            q.temperature("bottom_c", _("temperature at the bottom")),
            q.PRESSURE,
            q.LEVEL,
            q.TEMPERATURE_TARGET,
        ),
    ),
    Family("expansion", _("Expansion vessel"), 2, (q.PRESSURE, q.LEVEL)),
    Family("primary_water", _("Primary water"), 0, _QUALITY),
    Family("secondary_water", _("Secondary water"), 0, _QUALITY),
    Family("make_up_water", _("Treated make-up water"), 0, _QUALITY),
    Family(
        "heat_meter",
        _("Heat meter"),
        4,
        (q.HOT_SUPPLY, q.HOT_RETURN, q.FLOW, q.POWER, *_REGISTERS, q.RUNNING_HOURS, q.FAULT),
    ),
    Family("water_meter", _("Water meter"), 4, (q.FLOW, q.VOLUME, q.FAULT)),
    Family(
        "electricity_meter",
        _("Electricity meter"),
        4,
        (q.POWER, q.ENERGY, q.FREQUENCY, q.POWER_FACTOR, *q.PHASES, q.FAULT),
    ),
)
