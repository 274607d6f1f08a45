"""Seasons in processes of their own, for the engine keeps state between two of them."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import numpy as np

from control.regulator.types import Floats
from tests.bench.plants.block import model_of
from tests.bench.plants.engine import Now, Season, run_season
from tests.bench.plants.flats import Block
from tests.bench.plants.steering import Setpoint


class Way(Protocol):
    """A way to steer: what `steering` has."""

    def start(self) -> Setpoint:
        """Begin a season."""


@dataclass(frozen=True, slots=True)
class Written:
    """Supplies written down beforehand, a quarter hour each."""

    supply_c: Floats

    def start(self) -> Setpoint:
        """The next one each time."""

        def setpoint(now: Now) -> float:
            return float(self.supply_c[min(now.step + 1, len(self.supply_c) - 1)])

        return setpoint


@dataclass(frozen=True, slots=True)
class Place:
    """A block under a weather."""

    block: Block
    weather: Path

    def season(self, way: Way) -> Season:
        """A season there, steered by ``way``."""
        context = get_context("forkserver")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            return pool.submit(_season, self, way).result()


def _season(place: Place, way: Way) -> Season:
    return run_season(model_of(place.block), place.weather, way.start())


def mild_curve(place: Place, season: Season) -> Floats:
    """Supplies that begin the oracle's search: a plain curve over the season's outdoor temperatures."""
    flat, steep = (30.0, 0.5) if place.block.floor_heating else (42.0, 1.1)
    return np.clip(flat - steep * season.outdoor_c, 20.0, 75.0)
