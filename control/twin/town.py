"""One community, whole: its layout, its physics and its instruments; and how it begins or goes on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import numpy as np

from control.twin import community, instruments, plc
from control.twin.community import Plant, State
from control.twin.history import Hour, relive, whole_hour
from control.twin.instruments import Instruments
from control.twin.layout import Layout
from control.twin.memory import Story
from control.twin.noise import Floats
from control.weather import ClimateModel

# Rooms forget how they started within this time.
WARM_UP: Final = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class AtPlace:
    """The climate model at one place, by the hour with straight lines between."""

    model: ClimateModel
    latitude_deg: float
    longitude_deg: float

    def outdoor_c(self, at: datetime) -> float:
        """The outdoor temperature at ``at``."""
        day, seconds = divmod(at.timestamp(), 86_400)
        hour, part = divmod(seconds / 3600, 1)
        hourly_c = _day_c(self, int(day))
        return float(hourly_c[int(hour)] * (1 - part) + hourly_c[int(hour) + 1] * part)


@lru_cache(maxsize=256)
def _day_c(place: AtPlace, day: int) -> Floats:
    """The 25 hourly temperatures of a UTC day, all at once: asking costs more than reckoning."""
    hours = np.datetime64(0, "s") + np.arange(day * 24, day * 24 + 25) * np.timedelta64(3600, "s")
    return place.model.outdoor_c(place.latitude_deg, place.longitude_deg, hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What does not change while the twin runs."""

    layout: Layout
    plant: Plant
    instruments: Instruments

    def own_setpoints_c(self, state: State) -> Floats:
        """What the stations aim at when nobody tells them: their own curves."""
        return np.array(
            [plc.on_curve(station.curve, outdoor_c=state.outdoor_c) for station in self.layout.stations]
        )


def build(layout: Layout, *, seed: int) -> Town:
    """The town that belongs to ``layout``, under the climate of its first station."""
    first = layout.stations[0]
    climate = AtPlace(ClimateModel(), first.latitude_deg, first.longitude_deg)
    return Town(
        layout=layout,
        plant=community.build(layout, climate=climate, seed=seed),
        instruments=instruments.build(layout, seed=seed),
    )


def opening(town: Town, *, at: datetime) -> State:
    """The town at ``at``, warmed up, its registers where they were last known to stand."""
    plant, before = town.plant, at - WARM_UP
    outdoor_c = plant.climate.outdoor_c(before)
    setpoint_c = np.array([plc.on_curve(s.curve, outdoor_c=outdoor_c) for s in town.layout.stations])
    state = community.start(plant, at=before, setpoint_c=setpoint_c)
    for hour in relive(plant, state, to=at, setpoints=town.own_setpoints_c):
        state = hour.state
    energy_wh, volume_l = instruments.earlier_registers(plant.homes.chance, seed=plant.seed)
    for meter in town.layout.meters:
        if meter.known is not None:
            energy_wh[meter.home] = max(meter.known.energy_wh, 0)
            volume_l[meter.home] = max(meter.known.volume_l, 0)
    return replace(state, energy_wh=energy_wh, volume_l=volume_l)


def first_story(town: Town, *, backfill_from: datetime, now: datetime) -> Story:
    """The story of a twin that remembers nothing: from ``backfill_from`` or the newest known reading on."""
    known = [meter.known.measured_at for meter in town.layout.meters if meter.known is not None]
    begun_at = min(max([whole_hour(backfill_from), *known]), now)
    return Story(begun_at=begun_at, live_since=now, told=False)


def past(town: Town, story: Story) -> list[Hour]:
    """The hours of the story, and at its end the instant at which the present takes over."""
    state = opening(town, at=story.begun_at)
    return list(relive(town.plant, state, to=story.live_since, setpoints=town.own_setpoints_c))
