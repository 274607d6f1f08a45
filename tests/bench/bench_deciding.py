"""One decision for 2,000 stations with 180,000 room sensors, beside one for 20 stations with 1,800."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from control.regulator.regulate import regulate
from control.regulator.rooms import cold_rooms
from tests.bench.conftest import Measured
from tests.control.factories import a_memory, a_plant, an_observation

SENSORS_A_STATION = 90  # of 600 homes, 15 in a hundred
BEST_OF = 5


def _seconds(work: Callable[[], object]) -> float:
    """The least of a few times: what the machine does beside is not the regulator's."""
    times = []
    for _ in range(BEST_OF):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def _parts(stations: int) -> tuple[float, float]:
    """Seconds for the rooms and for the decision."""
    count = stations * SENSORS_A_STATION
    temperature_c = np.random.default_rng(3).normal(21, 1, count)
    station = np.repeat(np.arange(stations), SENSORS_A_STATION)
    plant, observed, memory = (
        a_plant(rows=stations),
        an_observation(rows=stations),
        a_memory(rows=stations),
    )
    rooms_s = _seconds(
        lambda: cold_rooms(
            temperature_c=temperature_c, age_h=np.zeros(count), station=station, stations=stations
        )
    )
    return rooms_s, _seconds(lambda: regulate(plant, observed, memory))


def bench_deciding(measured: Callable[[Measured], None]) -> None:
    few, many = _parts(20), _parts(2000)
    for what, small_s, large_s in zip(("rooms", "setpoints"), few, many, strict=True):
        measured(
            Measured(
                what=f"deciding, {what}: 2,000 stations",
                ours=1e6 * large_s,
                beside="20 stations",
                theirs=1e6 * small_s,
                unit="us",
            )
        )
    assert sum(many) < 0.5
