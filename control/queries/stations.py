"""The stations that are steered, as columns, with what the regulator remembers of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from accounts.enums import Emitter
from accounts.period import at_instant
from control.enums import Mode
from control.models import RegulatorState, SubstationControl
from control.regulator import balance
from control.regulator.types import Flags, Floats, Ints, Learned, Memory, Plant
from metering.enums import DeviceKind
from metering.models import Installation


@dataclass(frozen=True, slots=True)
class Stations:
    """A row a station, by primary key of the substation. ``controllers`` has 0 where none is installed."""

    substation_ids: Ints
    utility_ids: Ints
    controllers: Ints
    active: Flags
    plant: Plant

    @property
    def obeying(self) -> Flags:
        """Where a target is sent: the station is active and has a controller to send it to."""
        return self.active & (self.controllers > 0)

    def __len__(self) -> int:
        """How many stations."""
        return len(self.substation_ids)


def locked_stations(at: datetime) -> Stations:
    """The stations not on hold, their rows locked until the transaction ends."""
    rows = SubstationControl.objects.exclude(mode=Mode.HOLD).select_related("substation")
    controls = list(rows.select_for_update(of=("self",)).order_by("substation_id"))
    ids = [control.substation_id for control in controls]
    controllers = controllers_of(ids, at)
    return Stations(
        substation_ids=np.array(ids, dtype=np.int64),
        utility_ids=np.array([control.utility_id for control in controls], dtype=np.int64),
        controllers=np.array([controllers.get(pk, 0) for pk in ids], dtype=np.int64),
        active=np.array([control.mode == Mode.ACTIVE for control in controls], dtype=np.bool_),
        plant=plant_of(controls),
    )


def plant_of(controls: Sequence[SubstationControl]) -> Plant:
    """The settled figures of the stations as columns; the substations should be fetched already."""

    def column(name: str) -> Floats:
        return np.array([getattr(control, name) for control in controls], dtype=np.float64)

    floor = [control.substation.emitter == Emitter.FLOOR for control in controls]
    return Plant(
        design_outdoor_c=column("design_outdoor_c"),
        design_supply_c=column("design_supply_c"),
        room_target_c=column("room_target_c"),
        shift_k=column("shift_k"),
        max_supply_c=column("max_supply_c"),
        min_supply_c=column("min_supply_c"),
        comfort_min_k=column("comfort_min_k"),
        comfort_max_k=column("comfort_max_k"),
        floor_heating=np.array(floor, dtype=np.bool_),
    )


def controllers_of(substation_ids: Sequence[int], at: datetime) -> dict[int, int]:
    """The device that steers each substation at ``at``; the one installed last, where there are two."""
    rows = Installation.objects.filter(
        at_instant(at), substation__in=substation_ids, device__kind=DeviceKind.SUBSTATION_CONTROLLER
    )
    return dict(rows.order_by("starts_at", "pk").values_list("substation_id", "device_id"))


def _learned(stored: Sequence[Sequence[float]]) -> Learned:
    """The stored figures as columns; what has another length, or nothing, is not known yet."""
    names = Learned.__slots__
    blank = balance.unknown(len(stored))
    columns = {name: getattr(blank, name).copy() for name in names}
    for row, figures in enumerate(stored):
        if len(figures) == len(names):
            for name, figure in zip(names, figures, strict=True):
                columns[name][row] = figure
    return Learned(**columns)


def remembered(stations: Stations, at: datetime) -> tuple[Memory, Ints]:
    """What the regulator knew of the stations last, and the newest vote it has answered at each."""
    states = {
        state.substation_id: state
        for state in RegulatorState.objects.filter(substation__in=stations.substation_ids.tolist())
    }
    rows = [states.get(pk) for pk in stations.substation_ids.tolist()]

    def column(name: str, missing: float) -> Floats:
        values = [getattr(row, name, None) for row in rows]
        return np.array([missing if value is None else value for value in values], dtype=np.float64)

    hours = [np.inf if row is None else (at - row.at).total_seconds() / 3600 for row in rows]
    memory = Memory(
        hours=np.array(hours, dtype=np.float64),
        supply_c=column("supply_c", np.nan),
        comfort_k=column("comfort_k", 0.0),
        integral_k=column("integral_k", 0.0),
        room_c=column("room_c", np.nan),
        allowance_k=column("allowance_k", 0.0),
        outdoor_c=column("outdoor_c", np.nan),
        learned=_learned([[] if row is None else row.learned for row in rows]),
    )
    return memory, np.array([0 if row is None else row.vote for row in rows], dtype=np.int64)
