"""A climate without a network: the year, the day and passing fronts, the same at every call.

A few kelvins off on any one day: enough to run a curve by when every forecast fails, and to let a
simulated town freeze.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from control.enums import WeatherSource
from control.weather.provider import Floats, Hours, Places

DAY_S: Final = 86_400.0
YEAR_DAYS: Final = 365.2425
# The coldest day lags the solstice by a month: 20 January in the north, 21 July in the south.
COLDEST_DAY: Final = 19.5
WARMEST_HOUR: Final = 15.0
# North of it the Atlantic warms Europe's winters.
OCEANIC_FROM_DEG: Final = 35.0
# Fronts pass in three days, weather systems in eight: periods in days with their standard deviations.
FRONTS: Final = ((3.0, 2.5), (8.0, 3.0))
# Places this near to each other, in degrees, share their fronts.
SAME_WEATHER_DEG: Final = 4.0


@dataclass(frozen=True, slots=True)
class ClimateModel:
    """Annual mean and swing by latitude, milder on Europe's oceanic side; a daily swing; seeded fronts."""

    seed: int = 0
    source: ClassVar[WeatherSource] = WeatherSource.CLIMATE

    def hourly_c(self, places: Places, hours: Hours) -> Floats:
        """As :class:`Provider`; it always answers."""
        return self.outdoor_c(places.latitude_deg[:, None], places.longitude_deg[:, None], hours[None, :])

    def outdoor_c(
        self, latitude_deg: Floats | float, longitude_deg: Floats | float, at: Hours | np.datetime64
    ) -> Floats:
        """The outdoor temperature at UTC instants; the arguments broadcast. Deterministic in all of them."""
        latitude, longitude = np.asarray(latitude_deg, float), np.asarray(longitude_deg, float)
        days = np.asarray(at, "datetime64[s]").astype(np.int64) / DAY_S
        return (
            _year_c(latitude, longitude, days)
            + _day_k(latitude, longitude, days)
            + self._fronts_k(latitude, longitude, days)
        )

    def _fronts_k(self, latitude: Floats, longitude: Floats, days: Floats) -> Floats:
        cell = np.floor(latitude / SAME_WEATHER_DEG) * 1000 + np.floor(longitude / SAME_WEATHER_DEG)
        # The tropics know no cold fronts.
        strength = np.clip(np.abs(latitude) / 30, 0, 1)
        waves = [
            deviation * _smooth_noise(days / period, cell, seed=self.seed * 100 + number)
            for number, (period, deviation) in enumerate(FRONTS)
        ]
        return np.asarray(strength * np.sum(waves, axis=0))


def _year_c(latitude: Floats, longitude: Floats, days: Floats) -> Floats:
    """Beijing: 12.5 degrees on the year's mean, -2.5 in January; Copenhagen 9 and 0."""
    oceanic = np.exp(-(((longitude - 10) / 20) ** 2)) * (latitude > OCEANIC_FROM_DEG)
    mean = 27.3 - 0.37 * np.abs(latitude) + 2.5 * oceanic
    swing = np.minimum(0.375 * np.abs(latitude), 15.0) * (1 - 0.4 * oceanic)
    phase = 2 * np.pi * (days - COLDEST_DAY) / YEAR_DAYS
    return np.asarray(mean - np.where(latitude < 0, -1, 1) * swing * np.cos(phase))


def _day_k(latitude: Floats, longitude: Floats, days: Floats) -> Floats:
    """Warmest in the solar afternoon; by five kelvins each way in summer, three in winter."""
    season = -np.where(latitude < 0, -1, 1) * np.cos(2 * np.pi * (days - COLDEST_DAY) / YEAR_DAYS)
    solar_hour = 24 * (days % 1) + longitude / 15
    return np.asarray((4 + season) * np.cos(2 * np.pi * (solar_hour - WARMEST_HOUR) / 24))


def _smooth_noise(steps: Floats, cell: Floats, *, seed: int) -> Floats:
    """Noise of unit deviation between whole steps, joined by cosines; the same steps give the same noise."""
    whole = np.floor(steps)
    blend = (1 - np.cos(np.pi * (steps - whole))) / 2
    first, second = _normal(whole, cell, seed=seed), _normal(whole + 1, cell, seed=seed)
    return np.asarray(first * (1 - blend) + second * blend)


def _normal(step: Floats, cell: Floats, *, seed: int) -> Floats:
    """A normal number for each whole ``step`` and ``cell``: the sum of four uniform ones."""
    key = step.astype(np.int64) * 1_000_003 + cell.astype(np.int64) * 7919 + seed * 104_729
    uniform = [_scrambled(key.astype(np.uint64) * np.uint64(4) + np.uint64(n)) for n in range(4)]
    return np.asarray((np.sum(uniform, axis=0) - 2) * np.sqrt(3))


def _scrambled(key: NDArray[np.uint64]) -> Floats:
    """SplitMix64: whole numbers to [0, 1), evenly, without a generator's state."""
    with np.errstate(over="ignore"):
        mixed = key * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray((mixed ^ (mixed >> np.uint64(31))) / 2.0**64)
