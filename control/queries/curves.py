"""A heating curve tried on last week's weather before anybody is heated by it."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from control.models import OutdoorForecast, SubstationControl
from control.queries.stations import plant_of
from control.regulator import curve
from control.regulator.types import Floats

TRIED_OVER: Final = timedelta(days=7)
# The weather for which a curve is shown as points, degrees outdoors.
SHOWN_C: Final = (-20.0, -15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0)


@dataclass(frozen=True, slots=True)
class Tried:
    """Last week hour by hour: outdoors, the supply by the curve that stands and by the one proposed.

    ``points`` are (outdoors, supply now, supply then) at fixed weathers. Curve only: rooms, votes and the
    envelope come on top of either.
    """

    hours: list[datetime]
    outdoor_c: Floats
    now_c: Floats
    then_c: Floats
    points: list[tuple[float, float, float]]

    @property
    def mean_change_k(self) -> float:
        """How much warmer the water would have been on average; 0 where no weather is known."""
        return float(np.mean(self.then_c - self.now_c)) if len(self.hours) else 0.0


def try_curve(
    control: SubstationControl, *, at: datetime, design_supply_c: float, shift_k: float, room_target_c: float
) -> Tried:
    """The curve that stands beside one with these figures; two statements, nothing is saved."""
    proposed = copy(control)
    proposed.design_supply_c = design_supply_c
    proposed.shift_k, proposed.room_target_c = shift_k, room_target_c
    rows = OutdoorForecast.objects.filter(
        substation=control.substation_id, valid_at__gt=at - TRIED_OVER, valid_at__lte=at
    ).order_by("valid_at")
    weather = list(rows.values_list("valid_at", "outdoor_c"))
    outdoor = np.array([degrees for _hour, degrees in weather], dtype=np.float64)
    now, then = _supply(control, outdoor), _supply(proposed, outdoor)
    shown = np.array(SHOWN_C)
    points = zip(SHOWN_C, _supply(control, shown).tolist(), _supply(proposed, shown).tolist(), strict=True)
    return Tried([hour for hour, _degrees in weather], outdoor, now, then, list(points))


def design_supply_of(*, slope: float, room_target_c: float, design_outdoor_c: float) -> float:
    """The supply at the design point of a curve with ``slope``, kelvins of supply a kelvin of cold."""
    return room_target_c + slope * (room_target_c - design_outdoor_c)


def slope_of(control: SubstationControl) -> float:
    """Kelvins of supply for a kelvin of cold."""
    return float(curve.slope(plant_of([control]))[0])


def _supply(control: SubstationControl, outdoor_c: Floats) -> Floats:
    return np.asarray(curve.points(plant_of([control]), outdoor_c)[0])
