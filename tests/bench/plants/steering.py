"""The ways to steer that are compared: each is asked every quarter hour for the supply of the next."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from control.regulator import balance
from control.regulator.regulate import regulate
from control.regulator.rooms import cold_rooms
from control.regulator.types import Floats, Memory, Observed, Plant
from tests.bench.plants.engine import STEP_H, Now
from tests.bench.plants.flats import FLATS

Setpoint = Callable[[Now], float]
LOWEST_C: Final = 20.0
HIGHEST_C: Final = 75.0
# Flats behind one station; a hundred blocks like the one that is simulated.
HOMES: Final = 600
# Hours of the year before 1 November.
_AUTUMN: Final = 304 * 24


@dataclass(frozen=True, slots=True)
class Curve:
    """A straight heating curve on the outdoor temperature; a slope of nought is a fixed supply."""

    slope: float
    at_20_c: float

    def start(self) -> Setpoint:
        """Hold for an hour what its first quarter says."""
        held = 40.0

        def setpoint(now: Now) -> float:
            nonlocal held
            if now.step % 4 == 0:
                held = float(np.clip(self.at_20_c + self.slope * (20 - now.outdoor_c), LOWEST_C, HIGHEST_C))
            return held

        return setpoint


@dataclass(frozen=True, slots=True)
class CurveAndPI:
    """The best simple one: a curve, and PI on the second-coldest flat, measured without fault."""

    slope: float
    target_c: float
    gain: float
    hours: float

    def start(self) -> Setpoint:
        """The integral stands still where the supply is at its limits."""
        integral = 0.0

        def setpoint(now: Now) -> float:
            nonlocal integral
            lack = self.target_c - float(np.sort(now.room_c)[1])
            ahead = self.target_c + self.slope * (self.target_c - now.outdoor_c)
            wanted = ahead + self.gain * lack + integral
            if LOWEST_C < wanted < HIGHEST_C:
                integral += self.gain * lack * STEP_H / self.hours
            return float(np.clip(wanted, LOWEST_C, HIGHEST_C))

        return setpoint


@dataclass(frozen=True, slots=True)
class Ours:
    """The product's regulator as it is, behind sensors as they are; it knows nothing of the plant.

    ``coverage`` of the homes have a sensor, biased and noisy by 0.3 K, rounded to 0.1 K, one in ten dead.
    The forecast drifts off by up to 2 K as it looks ahead.
    """

    weather: Path
    coverage: float
    target_c: float
    installer_c: tuple[float, float] = (50.0, -6.2)
    floor_heating: bool = False
    seed: int = 5

    def start(self) -> Setpoint:
        """A station just taken over: no memory, the installer's curve."""
        plant, sensors = self._plant(), _Sensors(self.coverage, self.seed)
        hourly_c, rng = _hourly_c(self.weather), np.random.default_rng(self.seed + 1)
        blank = np.full(1, np.nan)
        memory = Memory(
            hours=np.full(1, np.inf),
            supply_c=blank,
            comfort_k=np.zeros(1),
            integral_k=np.zeros(1),
            room_c=blank,
            allowance_k=np.zeros(1),
            outdoor_c=blank,
            learned=balance.unknown(1),
        )
        error = np.zeros(48)

        def setpoint(now: Now) -> float:
            nonlocal memory, error
            hour = now.step // 4 + 48
            if now.step % 24 == 0:
                # An autoregressive error, anew every six hours, 2 K wide two days ahead.
                error = np.cumsum(rng.normal(0, 0.29, 48))
            room_c, rooms = sensors.seen(now.room_c)
            observed = Observed(
                outdoor_c=np.array([now.outdoor_c]),
                outdoor_past_c=hourly_c[None, hour - 25 : hour - 1][:, ::-1],
                outdoor_ahead_c=hourly_c[None, hour - 1 : hour + 47] + error,
                room_c=room_c,
                rooms=rooms,
                comfort_shift_k=np.zeros(1),
                supply_c=np.array([now.supply_c]),
                return_c=np.array([now.return_c]),
            )
            decision = regulate(plant, observed, memory)
            memory = replace(decision.memory, hours=np.full(1, STEP_H))
            return float(decision.supply_c[0])

        return setpoint

    def _plant(self) -> Plant:
        supply_c, outdoor_c = self.installer_c
        columns = {
            "design_outdoor_c": outdoor_c,
            "design_supply_c": supply_c,
            "room_target_c": self.target_c,
            "shift_k": 0.0,
            "max_supply_c": 45.0 if self.floor_heating else HIGHEST_C,
            "min_supply_c": LOWEST_C,
            "comfort_min_k": -1.0,
            "comfort_max_k": 1.5,
        }
        return Plant(
            **{name: np.full(1, value) for name, value in columns.items()},
            floor_heating=np.full(1, self.floor_heating),
        )


class _Sensors:
    """Sensors in homes of a station; each home is like one of the block's flats."""

    def __init__(self, coverage: float, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        count = round(HOMES * coverage)
        alive = self.rng.random(count) > 0.1
        # Spread evenly over the positions in a block, as a utility with few sensors would hang them.
        self.flat = self.rng.permutation(np.arange(count) % FLATS)[alive]
        self.bias_k = self.rng.normal(0, 0.3, count)[alive]

    def seen(self, room_c: Floats) -> tuple[Floats, np.ndarray[tuple[int], np.dtype[np.int64]]]:
        """What `control.queries` would make of them."""
        noise = self.rng.normal(0, 0.3, len(self.flat))
        shown = np.round(room_c[self.flat] + self.bias_k + noise, 1)
        return cold_rooms(
            temperature_c=shown,
            age_h=np.zeros(len(shown)),
            station=np.zeros(len(shown), dtype=np.int64),
            stations=1,
        )


def _hourly_c(weather: Path) -> Floats:
    """Hourly temperatures from two days before 1 November on, over the turn of the year."""
    with weather.open() as lines:
        rows = list(csv.reader(lines))[8:]
    year = np.array([float(row[6]) for row in rows])
    hours = (np.arange(-48, 140 * 24) + _AUTUMN) % len(year)
    return np.asarray(year[hours], dtype=np.float64)
