"""Makers of steered stations and the regulator's columns."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import numpy as np

from accounts.models import Substation
from control.enums import Cause, Mode, TargetState
from control.models import OutdoorForecast, SubstationControl, Target, TargetTransition
from control.regulator import balance
from control.regulator.types import Floats, Memory, Observed, Plant
from metering.models import Device
from tests.factories import a_building, a_household
from tests.metering.factories import NOON, a_room_sensor, a_room_temperature


def a_control(*, substation: Substation, mode: Mode = Mode.ACTIVE) -> SubstationControl:
    """A steered station with the curve of the defaults: 60 degrees at -9."""
    return SubstationControl.objects.create(substation=substation, mode=mode)


def a_target(
    *,
    substation: Substation,
    controller: Device | None,
    issued_at: datetime = NOON,
    states: tuple[TargetState, ...] = (TargetState.ISSUED,),
    supply_c: float = 46.5,
    terms: dict[str, object] | None = None,
) -> Target:
    """A target that has reached ``states``, a second apart."""
    target = Target.objects.create(
        substation=substation,
        controller=controller,
        command=uuid.uuid4(),
        issued_at=issued_at,
        expires_at=issued_at + timedelta(minutes=30),
        secondary_supply_c=supply_c,
        cause=Cause.START,
        reason="start: curve 46.50",
        terms={"newest_vote": 0, "clips": [], **(terms or {})},
    )
    for number, state in enumerate(states):
        at = issued_at + timedelta(seconds=number)
        TargetTransition.objects.create(target=target, state=state, at=at)
    return target


def states_of(target: Target) -> list[str]:
    """The states a target has reached, in order."""
    return list(target.transitions.order_by("pk").values_list("state", flat=True))


def a_forecast(*, substation: Substation, outdoor_c: float = 0.0, around: datetime = NOON) -> None:
    """The same temperature for the day before and the two days after ``around``."""
    hour = around.replace(minute=0, second=0, microsecond=0)
    OutdoorForecast.objects.bulk_create(
        OutdoorForecast(
            substation=substation,
            valid_at=hour + timedelta(hours=n),
            outdoor_c=outdoor_c,
            source="climate",
            made_at=around,
        )
        for n in range(-24, 48)
    )


def some_rooms(*, substation: Substation, temperature_c: float, homes: int = 5, at: datetime = NOON) -> None:
    """A building on ``substation`` whose rooms all measure the same."""
    building = a_building(substation=substation)
    for _n in range(homes):
        sensor = a_room_sensor(household=a_household(building=building))
        a_room_temperature(device=sensor, temperature_c=temperature_c, measured_at=at)


def column(value: float, rows: int = 1) -> Floats:
    """The same figure for every station."""
    return np.full(rows, value, dtype=np.float64)


def a_plant(*, rows: int = 1, floor: bool = False, **figures: float) -> Plant:
    """Stations with the default curve; ``figures`` overrule columns."""
    defaults = {
        "design_outdoor_c": -9.0,
        "design_supply_c": 60.0,
        "room_target_c": 20.5,
        "shift_k": 0.0,
        "max_supply_c": 75.0,
        "min_supply_c": 25.0,
        "comfort_min_k": -1.0,
        "comfort_max_k": 1.5,
    }
    columns = {name: column(value, rows) for name, value in {**defaults, **figures}.items()}
    return Plant(**columns, floor_heating=np.full(rows, floor))


def an_observation(*, rows: int = 1, hourly_c: float = 0.0, rooms: int = 10, **figures: float) -> Observed:
    """Freezing point all day, rooms on target, nobody voted; ``figures`` overrule columns."""
    defaults = {
        "outdoor_c": 0.0,
        "room_c": 20.5,
        "comfort_shift_k": 0.0,
        "supply_c": np.nan,
        "return_c": 35.0,
    }
    columns = {name: column(value, rows) for name, value in {**defaults, **figures}.items()}
    return Observed(
        **columns,
        outdoor_past_c=np.full((rows, 24), hourly_c),
        outdoor_ahead_c=np.full((rows, 48), hourly_c),
        rooms=np.full(rows, rooms, dtype=np.int64),
    )


def a_memory(*, rows: int = 1, **figures: float) -> Memory:
    """A quarter of an hour ago, the water at 46 degrees, movement enough saved up."""
    defaults = {
        "hours": 0.25,
        "supply_c": 46.0,
        "comfort_k": 0.0,
        "integral_k": 0.0,
        "room_c": 20.5,
        "allowance_k": 3.0,
        "outdoor_c": np.nan,
    }
    columns = {name: column(value, rows) for name, value in {**defaults, **figures}.items()}
    return Memory(**columns, learned=balance.unknown(rows))


def no_memory(*, rows: int = 1) -> Memory:
    """Before the first tick."""
    return a_memory(rows=rows, hours=np.inf, supply_c=np.nan, room_c=np.nan, allowance_k=0.0)
