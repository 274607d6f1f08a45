"""The valves that are due to be balanced, as columns for the regulator; a statement a question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import connection

from accounts.scope import scoped_utility_id
from comfort.preference.pooling import quantile_by_group
from comfort.queries.demand import place_wishes
from control.enums import Mode
from control.queries.observed import FRESH
from control.regulator.balancing import Branches
from control.regulator.rooms import COLD_SHARE, STALE_AFTER_H
from control.regulator.types import Flags, Floats, Ints
from metering.enums import DeviceKind, Quality
from metering.queries.latest import latest_room_temperatures

# The flows of a network show in the returns only while its supply stands still.
MEAN_OVER: Final = timedelta(days=1)
RAMPED_OVER: Final = timedelta(hours=6)
RAMP_K: Final = 6.0

# Locked until the transaction ends; a valve whose station is not steered or held is nobody's business here.
DUE: Final = """
SELECT valve.id, valve.utility_id, building.id, COALESCE(valve.household_id, 0), building.substation_id,
    COALESCE(device.id, 0), valve.mode = %(active)s AND station.mode = %(active)s,
    valve.position_pct, valve.least_pct, valve.most_pct, valve.rest,
    station.room_target_c, station.comfort_min_k, station.comfort_max_k,
    CASE WHEN state.at > %(fresh)s THEN state.outdoor_c END,
    NOT EXISTS (
        SELECT FROM control_target target
        WHERE target.substation_id = building.substation_id AND target.issued_at > %(ramped)s
        HAVING max(target.secondary_supply_c) - min(target.secondary_supply_c) > %(ramp)s)
FROM control_valvecontrol valve
LEFT JOIN accounts_household home ON home.id = valve.household_id
JOIN accounts_building building ON building.id = COALESCE(valve.building_id, home.building_id)
JOIN control_substationcontrol station ON station.substation_id = building.substation_id
LEFT JOIN control_regulatorstate state ON state.substation_id = building.substation_id
LEFT JOIN LATERAL (
    SELECT device.id FROM metering_installation installed
    JOIN metering_device device ON device.id = installed.device_id AND device.kind = %(valve)s
    WHERE (installed.building_id = valve.building_id OR installed.household_id = valve.household_id)
      AND installed.starts_at <= %(at)s AND (installed.ends_at IS NULL OR installed.ends_at > %(at)s)
    ORDER BY installed.starts_at DESC LIMIT 1
) device ON true
WHERE valve.mode <> %(hold)s AND station.mode <> %(hold)s
  AND (valve.balanced_at IS NULL OR valve.balanced_at <= %(due)s)
  AND (%(wall)s::bigint IS NULL OR valve.utility_id = %(wall)s)
ORDER BY valve.id
FOR UPDATE OF valve
"""

# What the heat meter of the same place says; standing water tells of nothing.
COOLING: Final = """
SELECT valve.id, avg(reading.supply_c - reading.return_c)
FROM control_valvecontrol valve
JOIN metering_installation installed
    ON installed.building_id = valve.building_id OR installed.household_id = valve.household_id
JOIN metering_device device ON device.id = installed.device_id AND device.kind = %(meter)s
JOIN metering_reading reading ON reading.device_id = installed.device_id
    AND reading.measured_at > %(since)s AND reading.measured_at <= %(at)s
    AND reading.measured_at >= installed.starts_at
    AND (installed.ends_at IS NULL OR reading.measured_at < installed.ends_at)
WHERE reading.supply_c IS NOT NULL AND reading.return_c IS NOT NULL AND reading.quality <> %(suspect)s
  AND COALESCE(reading.flow_l_h, 1) > 0 AND (%(wall)s::bigint IS NULL OR valve.utility_id = %(wall)s)
GROUP BY valve.id
"""


@dataclass(frozen=True, slots=True)
class DueValves:
    """A row a valve, by primary key. ``controllers`` has 0 where none is installed."""

    valve_ids: Ints
    utility_ids: Ints
    controllers: Ints
    active: Flags
    branches: Branches

    @property
    def obeying(self) -> Flags:
        """Where a target is sent: valve and station are active and there is a device to send it to."""
        return self.active & (self.controllers > 0)

    def __len__(self) -> int:
        """How many valves."""
        return len(self.valve_ids)


def locked_valves(*, at: datetime, due: datetime) -> DueValves:
    """The valves not on hold and not looked at since ``due``, with what is known of their branches."""
    rows = _due(at=at, due=due)
    ids, utilities, buildings, homes, stations, controllers = (
        np.array([row[n] for row in rows], dtype=np.int64) for n in range(6)
    )
    active, steady = (np.array([row[n] for row in rows], dtype=np.bool_) for n in (6, 15))
    position, least, most, rest, target, coldest, warmest, outdoor = (
        np.array([row[n] for row in rows], dtype=np.float64) for n in range(7, 15)
    )
    # Flats share their building's riser, buildings their station's pump; a home's row has its building.
    of_flat = homes > 0
    places = np.where(of_flat, buildings, stations)
    shared, network = np.unique(np.stack([of_flat, places]), axis=1, return_inverse=True)
    room_c, rooms = _rooms(buildings, homes, at)
    wishes = place_wishes(at)
    wish = np.where(of_flat, wishes.of_homes(homes), wishes.of_buildings(buildings))
    return DueValves(
        valve_ids=ids,
        utility_ids=utilities,
        controllers=controllers,
        active=active,
        branches=Branches(
            network=network.reshape(-1).astype(np.int64),
            networks=shared.shape[1],
            position_pct=position,
            least_pct=least,
            most_pct=most,
            rest=rest,
            cooling_k=_cooling(ids, at),
            room_c=room_c,
            target_c=target + np.clip(wish, coldest, warmest),
            rooms=rooms,
            outdoor_c=outdoor,
            steady=steady,
        ),
    )


def _due(*, at: datetime, due: datetime) -> list[tuple[Any, ...]]:
    values: dict[str, Any] = {
        "at": at,
        "due": due,
        "fresh": at - FRESH,
        "ramped": at - RAMPED_OVER,
        "ramp": RAMP_K,
        "active": Mode.ACTIVE,
        "hold": Mode.HOLD,
        "valve": DeviceKind.VALVE,
        "wall": scoped_utility_id(),
    }
    with connection.cursor() as cursor:
        cursor.execute(DUE, values)
        return list(cursor.fetchall())


def _cooling(valve_ids: Ints, at: datetime) -> Floats:
    """What each branch cooled its water by over a day; NaN where no meter says."""
    values: dict[str, Any] = {
        "at": at,
        "since": at - MEAN_OVER,
        "meter": DeviceKind.HEAT_METER,
        "suspect": Quality.SUSPECT,
        "wall": scoped_utility_id(),
    }
    with connection.cursor() as cursor:
        cursor.execute(COOLING, values)
        known: dict[int, float] = dict(cursor.fetchall())
    return np.array([known.get(pk, np.nan) for pk in valve_ids.tolist()], dtype=np.float64)


def _rooms(buildings: Ints, homes: Ints, at: datetime) -> tuple[Floats, Ints]:
    """The 20 % quantile of each valve's fresh rooms and their number: its flat's, or its building's."""
    values = latest_room_temperatures()
    ages = np.array([(at - value.measured_at).total_seconds() / 3600 for value in values])
    fresh = np.abs(ages) <= STALE_AFTER_H
    temperature_c = np.array([value.temperature_c for value in values], dtype=np.float64)
    by_home = _grouped([value.household_id for value in values], homes, temperature_c, fresh)
    by_building = _grouped([value.building_id for value in values], buildings, temperature_c, fresh)
    of_flat = homes > 0
    return np.where(of_flat, by_home[0], by_building[0]), np.where(of_flat, by_home[1], by_building[1])


def _grouped(
    places: list[int | None], wanted: Ints, temperature_c: Floats, fresh: Flags
) -> tuple[Floats, Ints]:
    keys, row = np.unique(wanted, return_inverse=True)
    place = np.array([each or -1 for each in places], dtype=np.int64)
    found = np.searchsorted(keys, place)
    found = np.minimum(found, max(len(keys) - 1, 0))
    ours = fresh & (keys[found] == place) if len(keys) else np.zeros(len(place), dtype=np.bool_)
    cold = quantile_by_group(temperature_c[ours], group=found[ours], groups=len(keys), share=COLD_SHARE)
    counts = np.bincount(found[ours], minlength=len(keys))
    return cold[row], counts[row]
