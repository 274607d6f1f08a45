"""What instruments make of the truth: registers that count in steps, sensors that err a little."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from control.twin.community import State
from control.twin.layout import Layout
from control.twin.noise import Floats, Keys, keys, normal, uniform

# A cheap sensor, and a room that is not the average of its home.
ROOM_BIAS_K: Final = 0.4
ROOM_NOISE_K: Final = 0.05
ROOM_STEP_K: Final = 0.1
# A sensor's radio message is lost once in so many.
ROOM_GAPS: Final = 0.004
METER_NOISE_K: Final = 0.05
# Registers count in 1 kWh or 0.1 kWh; this share of the meters is of the coarser kind.
COARSE_SHARE: Final = 0.3
COARSE_WH: Final = 1000
FINE_WH: Final = 100
# What a meter may have counted before its story begins.
_EARLIER_WH: Final = (3.0e6, 4.0e7)
_EARLIER_L_PER_WH: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruments:
    """The community's meters and sensors; each array has an entry an instrument."""

    meters: Keys
    meter_home: NDArray[np.intp]
    resolution_wh: NDArray[np.int64]
    sensors: Keys
    sensor_home: NDArray[np.intp]
    sensor_bias_k: Floats
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFaces:
    """What the meters show; registers are whole numbers, an entry a meter."""

    energy_wh: NDArray[np.int64]
    volume_l: NDArray[np.int64]
    power_w: Floats
    flow_l_h: Floats
    supply_c: Floats
    return_c: Floats


def build(layout: Layout, *, seed: int) -> Instruments:
    """The instruments of ``layout``; the same for the same ``seed``, one by one."""
    meters = keys([meter.id for meter in layout.meters])
    sensors = keys([sensor.id for sensor in layout.sensors])
    return Instruments(
        meters=meters,
        meter_home=np.array([meter.home for meter in layout.meters], dtype=np.intp),
        resolution_wh=np.where(uniform(meters, seed, 40) < COARSE_SHARE, COARSE_WH, FINE_WH).astype(np.int64),
        sensors=sensors,
        sensor_home=np.array([sensor.home for sensor in layout.sensors], dtype=np.intp),
        sensor_bias_k=ROOM_BIAS_K * normal(sensors, seed, 41),
        seed=seed,
    )


def earlier_registers(chance: Keys, *, seed: int) -> tuple[Floats, Floats]:
    """What each home's registers (Wh, L) stood at before its story begins."""
    low, high = _EARLIER_WH
    energy_wh = low + (high - low) * uniform(chance, seed, 42)
    return energy_wh, energy_wh * _EARLIER_L_PER_WH


def meter_faces(of: Instruments, state: State, *, flow_l_h: Floats) -> MeterFaces:
    """What the meters show in ``state``; ``flow_l_h`` is each home's."""
    homes, salt = of.meter_home, int(state.at.timestamp())
    error_k = METER_NOISE_K * normal(of.meters, of.seed, 43, salt)
    energy = state.energy_wh[homes].astype(np.int64)
    return MeterFaces(
        energy_wh=energy // of.resolution_wh * of.resolution_wh,
        volume_l=state.volume_l[homes].astype(np.int64),
        power_w=np.maximum(state.heat_w[homes], 0.0),
        flow_l_h=flow_l_h[homes],
        supply_c=state.supply_c[homes] + error_k,
        return_c=state.return_c[homes] + error_k,
    )


def room_temperatures_c(of: Instruments, air_c: Floats, *, at: datetime) -> Floats:
    """What the room sensors show, in steps of 0.1 K; NaN where a message got lost on the air."""
    salt = int(at.timestamp())
    noise_k = ROOM_NOISE_K * normal(of.sensors, of.seed, 44, salt)
    shown = np.round((air_c[of.sensor_home] + of.sensor_bias_k + noise_k) / ROOM_STEP_K) * ROOM_STEP_K
    return np.where(uniform(of.sensors, of.seed, 45, salt) < ROOM_GAPS, np.nan, shown)


def humidities_pct(of: Instruments, *, at: datetime) -> Floats:
    """Relative humidity beside the temperatures: dry in winter, wandering from day to day."""
    day = int(at.timestamp()) // 86_400
    return np.round(
        32.0 + 14.0 * uniform(of.sensors, of.seed, 46) + 6.0 * uniform(of.sensors, of.seed, 47, day)
    )
