"""The heating curve: from the outdoor temperature to the supply temperature, bent like the emitters."""

from __future__ import annotations

import numpy as np

from control.regulator import limits
from control.regulator.types import Floats, Plant


def supply_c(plant: Plant, *, outdoor_c: Floats, warmer_k: Floats | float = 0.0) -> Floats:
    """The supply that keeps the rooms ``warmer_k`` above their target.

    Heat lost grows with room minus outdoors, heat given with (water minus room) to the power n; the
    curve goes through the design point by construction. Once it is as warm outside as inside, none is wanted.
    """
    room = plant.room_target_c + warmer_k
    load = (room - outdoor_c) / (plant.room_target_c - plant.design_outdoor_c)
    lift = plant.design_supply_c - plant.room_target_c
    bent = np.maximum(load, 0) ** (1 / limits.exponent(plant.floor_heating))
    return room + lift * bent + plant.shift_k


def slope(plant: Plant) -> Floats:
    """Kelvins of supply for a kelvin of cold, between the room target and the design point."""
    lift = plant.design_supply_c - plant.room_target_c
    return lift / (plant.room_target_c - plant.design_outdoor_c)


def points(plant: Plant, outdoor_c: Floats) -> Floats:
    """The curve for display: shape ``(stations, len(outdoor_c))``, within the station's limits."""
    rows = [supply_c(plant, outdoor_c=np.full_like(plant.shift_k, outdoor)) for outdoor in outdoor_c]
    return np.clip(np.stack(rows, axis=1), limits.MILD_FLOOR_C, plant.max_supply_c[:, None])
