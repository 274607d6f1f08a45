"""What the votes ask of each building and station, as arrays; three statements for any number of homes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.db.models import Count, Max

from accounts.models import Building, Household, Substation
from comfort.models import Feedback
from comfort.preference import VoteHistory, building_shifts, home_shifts, station_shifts
from comfort.preference.model import Floats, Ints
from comfort.preference.neutral import FORGOTTEN_IN_H, standing

# Three times the forgetting time: what is older weighs less than a twentieth.
REMEMBERED: Final = timedelta(hours=3 * FORGOTTEN_IN_H)


@dataclass(frozen=True, slots=True)
class ComfortDemand:
    """One row a station, by primary key: the wish in kelvins of room temperature, homes, standing votes.

    ``voters`` are the homes behind the votes; ``newest_vote`` is the newest vote's primary key, 0 for none.
    """

    substation_ids: Ints
    shift_k: Floats
    homes: Ints
    votes: Ints
    voters: Ints
    newest_vote: Ints


@dataclass(frozen=True, slots=True)
class HomeEffect:
    """What one home's votes do: to its own wish, to its building's mean and to its station's, in kelvins.

    ``alone`` values are this home's part; ``building_k`` and ``station_k`` are what all votes together ask.
    """

    home_k: float
    building_alone_k: float
    building_k: float
    station_alone_k: float
    station_k: float
    building_homes: int
    building_voters: int
    station_homes: int
    station_voters: int


@dataclass(frozen=True, slots=True)
class PlaceWishes:
    """What buildings and homes ask for, in kelvins, by ascending primary key."""

    building_ids: Ints
    building_k: Floats
    home_ids: Ints
    home_k: Floats

    def of_buildings(self, building_ids: Ints) -> Floats:
        """The wish of each; nought where nobody voted."""
        return _looked_up(building_ids, self.building_ids, self.building_k)

    def of_homes(self, home_ids: Ints) -> Floats:
        """The wish of each; nought where it never voted."""
        return _looked_up(home_ids, self.home_ids, self.home_k)


@dataclass(frozen=True, slots=True)
class _Pool:
    """Columns: a row a station, a row a building, a row a home that voted, a row a vote."""

    station_ids: Ints
    building_ids: Ints
    building_station: Ints
    building_homes: Ints
    home_ids: Ints
    home_building: Ints
    vote_ids: Ints
    history: VoteHistory

    def station_shifts(self, shift_k: Floats) -> Floats:
        return station_shifts(
            shift_k=shift_k,
            building=self.home_building,
            homes=self.building_homes,
            station=self.building_station,
            stations=len(self.station_ids),
        )

    def building_shifts(self, shift_k: Floats) -> Floats:
        return building_shifts(shift_k=shift_k, building=self.home_building, homes=self.building_homes)


def comfort_demand(at: datetime) -> ComfortDemand:
    """What the votes up to ``at`` ask of every station in scope; where nobody voted, nothing."""
    pool = _pool(at)
    stations = len(pool.station_ids)
    home_station = pool.building_station[pool.home_building]
    newest = np.zeros(stations, dtype=np.int64)
    np.maximum.at(newest, home_station[pool.history.home], pool.vote_ids)
    return ComfortDemand(
        substation_ids=pool.station_ids,
        shift_k=pool.station_shifts(home_shifts(pool.history)),
        homes=_sums(pool.building_station, pool.building_homes, stations),
        votes=np.bincount(home_station[standing(pool.history).home], minlength=stations),
        voters=np.bincount(home_station, minlength=stations),
        newest_vote=newest,
    )


def no_demand(substation_ids: Ints) -> ComfortDemand:
    """What nobody asked for: for those who look at stations without deciding for their homes."""
    nothing = np.zeros(len(substation_ids), dtype=np.int64)
    return ComfortDemand(
        substation_ids=substation_ids,
        shift_k=np.zeros(len(substation_ids)),
        homes=nothing,
        votes=nothing,
        voters=nothing,
        newest_vote=nothing,
    )


def home_effect(household: Household, at: datetime) -> HomeEffect:
    """What the votes of ``household`` up to ``at`` do, beside what all votes of its station do."""
    substation = Substation.objects.get(buildings=household.building_id)
    pool = _pool(at, substation=substation)
    shift = home_shifts(pool.history)
    mine = pool.home_ids == household.pk
    without = np.where(mine, 0.0, shift)
    building = _building_index(household, substation)
    station_k = pool.station_shifts(shift)[0]
    return HomeEffect(
        home_k=float(shift[mine].sum()),
        building_alone_k=float(pool.building_shifts(np.where(mine, shift, 0.0))[building]),
        building_k=float(pool.building_shifts(shift)[building]),
        station_alone_k=float(station_k - pool.station_shifts(without)[0]),
        station_k=float(station_k),
        building_homes=int(pool.building_homes[building]),
        building_voters=int((pool.home_building == building).sum()),
        station_homes=int(pool.building_homes.sum()),
        station_voters=len(pool.home_ids),
    )


def place_wishes(at: datetime) -> PlaceWishes:
    """What the votes up to ``at`` ask in every building and home in scope."""
    pool = _pool(at)
    shift_k = home_shifts(pool.history)
    return PlaceWishes(
        building_ids=pool.building_ids,
        building_k=pool.building_shifts(shift_k),
        home_ids=pool.home_ids,
        home_k=shift_k,
    )


def newest_vote_id() -> int:
    """The primary key of the newest vote in scope, 0 for none; cheap enough to ask every second."""
    return Feedback.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _pool(at: datetime, *, substation: Substation | None = None) -> _Pool:
    stations, buildings = Substation.objects.order_by("pk"), Building.objects.order_by("pk")
    votes = Feedback.objects.filter(given_at__gt=at - REMEMBERED, given_at__lte=at)
    if substation is not None:
        stations = stations.filter(pk=substation.pk)
        buildings = buildings.filter(substation=substation)
        votes = votes.filter(household__building__substation=substation)
    station_ids = np.array(list(stations.values_list("pk", flat=True)), dtype=np.int64)
    homes = buildings.annotate(homes=Count("households")).values_list("pk", "substation_id", "homes")
    building_ids, building_station, building_homes = _int_columns(list(homes), width=3)
    rows = list(
        votes.order_by("pk").values_list(
            "pk", "household_id", "household__building_id", "given_at", "sensation", "room_temperature_c"
        )
    )
    vote_ids, vote_home, vote_building = _int_columns([row[:3] for row in rows], width=3)
    home_ids, first, home = np.unique(vote_home, return_index=True, return_inverse=True)
    history = VoteHistory(
        homes=len(home_ids),
        home=home.astype(np.int64),
        age_h=np.array([(at - row[3]).total_seconds() / 3600 for row in rows]),
        sensation=np.array([row[4] for row in rows], dtype=np.int64),
        temperature_c=np.array([np.nan if row[5] is None else row[5] for row in rows]),
    )
    return _Pool(
        station_ids=station_ids,
        building_ids=building_ids,
        building_station=np.searchsorted(station_ids, building_station),
        building_homes=building_homes,
        home_ids=home_ids,
        home_building=np.searchsorted(building_ids, vote_building[first]),
        vote_ids=vote_ids,
        history=history,
    )


def _building_index(household: Household, substation: Substation) -> int:
    """Where the home's building stands among its station's buildings by primary key."""
    before = Building.objects.filter(substation=substation, pk__lt=household.building_id)
    return before.count()


def _int_columns(rows: list[tuple[int, ...]], *, width: int) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(-1, width).T


def _sums(group: Ints, values: Ints, groups: int) -> Ints:
    return np.bincount(group, weights=values, minlength=groups).astype(np.int64)


def _looked_up(wanted: Ints, ids: Ints, values: Floats) -> Floats:
    if not len(ids):
        return np.zeros(len(wanted))
    row = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[row] == wanted, values[row], 0.0)
