"""What devices say, as the contract has it: JSON payloads for the channels of `docs/mqtt.md`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np
import orjson

from control.twin.instruments import MeterFaces
from control.twin.layout import Layout
from control.twin.noise import Floats
from control.twin.plc import Answer
from control.twin.station import Flow

Value = str | float | int | None | dict[str, float]
Message = dict[str, Value]

NOMINAL_HZ: Final = 38.0
STATIC_KPA: Final = 350.0


def instant(at: datetime) -> str:
    """UTC with a Z and whole milliseconds, as devices write it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode(message: Message | list[Message]) -> bytes:
    """The bytes of one message or a list of them."""
    return orjson.dumps(message)


def native_reading(faces: MeterFaces, meter: int, *, serial: str, at: datetime) -> Message:
    """A reading in the native form, carried by a gateway that names the meter by its serial number."""
    return {
        "id": serial,
        "measured_at": instant(at),
        "energy_kwh": int(faces.energy_wh[meter]) / 1000,
        "volume_m3": int(faces.volume_l[meter]) / 1000,
        "power_kw": round(float(faces.power_w[meter]) / 1000, 3),
        "flow_m3_h": round(float(faces.flow_l_h[meter]) / 1000, 3),
        "supply_c": round(float(faces.supply_c[meter]), 2),
        "return_c": round(float(faces.return_c[meter]), 2),
        "status": "OK",
    }


def telegram(faces: MeterFaces, meter: int, *, serial: str, at: datetime) -> Message:
    """The same as wmbusmeters prints it for a Sharky 774."""
    return {
        "_": "telegram",
        "media": "heat",
        "meter": "sharky774",
        "name": serial,
        "id": serial,
        "total_energy_consumption_kwh": int(faces.energy_wh[meter]) / 1000,
        "total_volume_m3": int(faces.volume_l[meter]) / 1000,
        "volume_flow_m3h": round(float(faces.flow_l_h[meter]) / 1000, 3),
        "power_kw": round(float(faces.power_w[meter]) / 1000, 3),
        "flow_temperature_c": round(float(faces.supply_c[meter]), 1),
        "return_temperature_c": round(float(faces.return_c[meter]), 1),
        "operating_time_in_error_h": 0,
        "timestamp": instant(at),
    }


def readings(layout: Layout, meters: Sequence[int], faces: MeterFaces, *, at: datetime) -> list[Message]:
    """What gateways forward of their ``meters`` (indices), each in the form its gateway speaks."""
    return [
        (telegram if forwards_telegrams(layout, meter) else native_reading)(
            faces, meter, serial=layout.meters[meter].serial, at=at
        )
        for meter in meters
    ]


def temperatures(
    layout: Layout, sensors: Sequence[int], *, shown_c: Floats, humidity_pct: Floats, at: datetime
) -> list[Message]:
    """What gateways forward of their room ``sensors`` (indices), but for what got lost on the air."""
    return [
        {
            "id": layout.sensors[sensor].serial,
            "measured_at": instant(at),
            "temperature_c": round(float(shown_c[sensor]), 1),
            "humidity_pct": float(humidity_pct[sensor]),
        }
        for sensor in sensors
        if np.isfinite(shown_c[sensor])
    ]


def telemetry(flow: Flow, station: int, *, setpoint_c: Floats, outdoor_c: float, at: datetime) -> Message:
    """What a station's controller reports of itself."""
    points = {
        "secondary_supply_c": flow.supply_c[station],
        "secondary_return_c": flow.return_c[station],
        "primary_supply_c": flow.primary_supply_c[station],
        "primary_return_c": flow.primary_return_c[station],
        "secondary_flow_l_h": flow.flow_l_h[station],
        "heat_power_w": flow.heat_w[station],
        "outdoor_c": outdoor_c,
        "pump_hz": NOMINAL_HZ,
        "valve_pct": flow.valve_pct[station],
        "secondary_supply_target_c": setpoint_c[station],
        # Warm water is lighter and longer: pressure rises a little with the mean temperature.
        "pressure_kpa": STATIC_KPA + 0.6 * np.add(flow.supply_c, flow.return_c)[station] / 2,
    }
    return {
        "measured_at": instant(at),
        "points": {name: round(float(value), 2) for name, value in points.items()},
    }


def status(*, online: bool, at: datetime) -> Message:
    """Whether the device is on line; also its last will."""
    return {"online": online, "at": instant(at)}


def ack(answer: Answer, *, at: datetime) -> Message:
    """The answer to a target."""
    return {"command": answer.command, "state": answer.state, "reason": answer.reason, "at": instant(at)}


def forwards_telegrams(layout: Layout, meter: int) -> bool:
    """Whether the meter's gateway speaks wmbusmeters, not the native form."""
    home = layout.homes[layout.meters[meter].home]
    return layout.buildings[home.building].forwards_telegrams
