"""What a home used: hour by hour as it was cut, or over a billing period from the registers themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby, pairwise

import numpy as np

from accounts.models import Household, Utility
from accounts.period import Period, instants
from accounts.scope import current_utility_id
from metering.enums import Quality, Resolution
from metering.queries.cuts import OpenPeriodError, cut_instants
from metering.queries.intervals import Interval, intervals_of, joined, worst
from metering.queries.registers import TOLERANCE, Bracket, Flags, Ints, brackets, registers


@dataclass(frozen=True, slots=True)
class ConsumptionSeries:
    """Energy by interval; intervals that are not complete yet, or had no meter, are left out.

    Interval ``n`` is ``[starts[n], ends[n])``; ``energy_wh`` adds up exactly to the difference of the
    registers. ``gaps`` are stretches without a register that made a split an estimate.
    """

    resolution: Resolution
    starts: list[datetime]
    ends: list[datetime]
    energy_wh: Ints
    quality: list[Quality]
    complete_until: datetime | None
    gaps: list[Period[datetime]]


@dataclass(frozen=True, slots=True)
class RegisterReading:
    """A register on a bill.

    ``at`` is the boundary itself, or the reading nearest to it where none lies beyond. ``between`` are the
    instants and registers of the two readings whose straight line it lies on; empty where it was read.
    """

    at: datetime
    energy_wh: int
    quality: Quality
    between: tuple[tuple[datetime, int], ...] = ()


@dataclass(frozen=True, slots=True)
class MeterEnergy:
    """What one meter counted while it hung in the home."""

    serial: str
    opening: RegisterReading
    closing: RegisterReading

    @property
    def energy_wh(self) -> int:
        """The difference of its registers."""
        return self.closing.energy_wh - self.opening.energy_wh


@dataclass(frozen=True, slots=True)
class MeteredEnergy:
    """What a home used over a period: the sum over its meters, in the order they were hung up."""

    energy_wh: int
    meters: tuple[MeterEnergy, ...]

    @property
    def opening(self) -> RegisterReading:
        """The first meter's first register."""
        return self.meters[0].opening

    @property
    def closing(self) -> RegisterReading:
        """The last meter's last register."""
        return self.meters[-1].closing


def consumption(
    household_id: int,
    period: Period[datetime],
    resolution: Resolution,
    *,
    within: Period[datetime] | None = None,
) -> ConsumptionSeries:
    """The home's energy over ``period``, cut at the utility's local hours, days or months.

    The period widens to whole intervals, but never beyond ``within``, which begins and ends at local
    midnights: a month that reaches beyond is the sum of those of its days that do not. Hours, days and
    months are as they were last cut, at most a minute ago; ``raw`` is cut now, at the readings themselves.
    Four statements at most, whatever the period's length.

    Raises:
        OpenPeriodError: the period has no end.
        TooManyPointsError: more than MAX_POINTS intervals.
        Household.DoesNotExist: not in the utility in scope.
    """
    zone = Household.objects.select_related("utility").get(pk=household_id).utility.zone
    cuts = cut_instants(household_id, period=period, resolution=resolution, zone=zone)
    if len(cuts) < 2:  # noqa: PLR2004 - two cuts make an interval
        return _nothing(resolution)
    if resolution == Resolution.RAW:
        rows = [row for row in brackets([household_id], cuts) if row.has_register]
        return _as_read(rows, grid=cuts) if rows else _nothing(resolution)
    grid = Period(cuts[0], cuts[-1])
    meters = [row for row in brackets([household_id], [grid.start, cuts[-1]]) if row.has_register]
    if not meters:
        return _nothing(resolution)
    shown = _complete(intervals_of(household_id, grid, resolution), meters[::2])
    if within is not None:
        shown = _within(household_id, shown, within=within, meters=meters[::2])
    return ConsumptionSeries(
        resolution=resolution,
        starts=[one.start for one in shown],
        ends=[one.end for one in shown],
        energy_wh=np.array([one.energy_wh for one in shown], dtype=np.int64),
        quality=[one.quality for one in shown],
        complete_until=_complete_until(meters[1::2], cuts[-1]),
        gaps=_gaps(shown, since=max(grid.start, min(row.starts_at for row in meters))),
    )


def _nothing(resolution: Resolution) -> ConsumptionSeries:
    return ConsumptionSeries(resolution, [], [], np.zeros(0, dtype=np.int64), [], None, [])


def _complete(intervals: Sequence[Interval], meters: Sequence[Bracket]) -> list[Interval]:
    """Those in which every meter that hung there and was ever read is known."""
    return [one for one in intervals if one.meters >= _hanging(meters, one.start, one.end)]


def _hanging(meters: Sequence[Bracket], start: datetime, end: datetime) -> int:
    return sum(row.starts_at < end and (row.ends_at is None or row.ends_at > start) for row in meters)


def _within(
    household_id: int, intervals: Sequence[Interval], *, within: Period[datetime], meters: Sequence[Bracket]
) -> list[Interval]:
    """The intervals cut off where ``within`` begins and ends; what was cut is the sum of its days."""
    shown: list[Interval] = []
    for one in intervals:
        shared = Period(one.start, one.end) & within
        if shared == Period(one.start, one.end):
            shown.append(one)
        elif shared is not None:  # at most the first and the last one
            days = _complete(intervals_of(household_id, shared, Resolution.DAY), meters)
            shown += [whole for whole in [joined(days, shared)] if whole is not None]
    return shown


def _gaps(intervals: Sequence[Interval], *, since: datetime) -> list[Period[datetime]]:
    """Where the split is an estimate or nothing is known, between ``since`` and the last known interval."""
    found: list[Period[datetime]] = []
    known_until = since
    for one in intervals:
        start = min(known_until, one.start)
        if one.quality == Quality.ESTIMATED or known_until < one.start:
            end = one.end if one.quality == Quality.ESTIMATED else one.start
            if found and found[-1].end == start:
                start = found.pop().start
            found.append(Period(start, end))
        known_until = one.end
    return found


def metered_energy(household_ids: Collection[int], period: Period[date]) -> dict[int, MeteredEnergy]:
    """What each home used from local midnight to local midnight; homes never read are absent.

    One statement for any number of homes. Sums over installations, so a meter exchange loses nothing.

    Raises:
        OpenPeriodError: the period has no end.
    """
    zone = Utility.objects.get(pk=current_utility_id()).zone
    local = instants(period, zone)
    if local.end is None:
        raise OpenPeriodError(f"The period from {period.start} has no end, so nothing can be billed for it.")
    bounds = [local.start.astimezone(UTC), local.end.astimezone(UTC)]
    rows = [row for row in brackets(household_ids, bounds) if row.has_register]
    if not rows:
        # Nothing to put into arrays.
        return {}
    pairs = zip(rows, registers(rows, bounds).tolist(), strict=True)
    return {
        household_id: _metered(list(pairs_of_home), bounds)
        for household_id, pairs_of_home in groupby(pairs, key=lambda pair: pair[0].household_id)
    }


def _metered(pairs: Sequence[tuple[Bracket, int]], bounds: Sequence[datetime]) -> MeteredEnergy:
    # Brackets come in pairs, opening before closing, meter after meter.
    meters = tuple(
        MeterEnergy(
            opening.serial,
            _register(opening, energy_wh=opening_wh, at=bounds[0]),
            _register(closing, energy_wh=closing_wh, at=bounds[1]),
        )
        for (opening, opening_wh), (closing, closing_wh) in zip(pairs[::2], pairs[1::2], strict=True)
    )
    return MeteredEnergy(sum(meter.energy_wh for meter in meters), meters)


def _register(row: Bracket, *, energy_wh: int, at: datetime) -> RegisterReading:
    if row.before_at == at:
        return RegisterReading(at, energy_wh, Quality(row.before_quality or Quality.MEASURED))
    if row.before_at is None or row.after_at is None:
        return _one_sided(row, energy_wh=energy_wh, at=at)
    tight = row.after_at - row.before_at <= TOLERANCE[Resolution.HOUR] and not row.is_estimated
    between = ((row.before_at, row.before_wh or 0), (row.after_at, row.after_wh or 0))
    return RegisterReading(at, energy_wh, Quality.MEASURED if tight else Quality.ESTIMATED, between)


def _one_sided(row: Bracket, *, energy_wh: int, at: datetime) -> RegisterReading:
    """The register where only one side was read: its quality stands if the meter did not hang beyond it."""
    after = row.after_at is not None
    read_at, quality = (row.after_at, row.after_quality) if after else (row.before_at, row.before_quality)
    stands = _is_known(row, at)
    told = Quality(quality) if quality and stands else Quality.ESTIMATED
    return RegisterReading(read_at or at, energy_wh, told)


def _is_known(row: Bracket, at: datetime) -> bool:
    """Whether the register at ``at`` follows from readings: between two, or while the meter did not hang."""
    if row.before_at is None:
        return at <= row.starts_at
    return row.after_at is not None or row.before_at == at or (row.ends_at is not None and at >= row.ends_at)


def _as_read(rows: list[Bracket], *, grid: list[datetime]) -> ConsumptionSeries:
    # One row a meter, one column a cut: brackets come by installation and instant.
    shape = (len(rows) // len(grid), len(grid))
    step_wh = np.diff(registers(rows, grid).reshape(shape), axis=1)
    known: Flags = np.array([_is_known(row, grid[row.n - 1]) for row in rows]).reshape(shape)
    odd: Flags = np.array([Quality.SUSPECT in {row.before_quality, row.after_quality} for row in rows])
    odd = odd.reshape(shape)
    suspect: Flags = np.any(odd[:, 1:] | odd[:, :-1] | (step_wh < 0), axis=0)
    complete: Flags = np.all(known[:, 1:] & known[:, :-1], axis=0)
    keep = np.flatnonzero(complete & _hung(rows[:: len(grid)], grid))
    return ConsumptionSeries(
        resolution=Resolution.RAW,
        starts=[grid[k] for k in keep],
        ends=[grid[k + 1] for k in keep],
        energy_wh=step_wh.sum(axis=0)[keep],
        quality=[worst(is_estimated=False, is_suspect=bool(suspect[k])) for k in keep],
        complete_until=_complete_until(rows[len(grid) - 1 :: len(grid)], grid[-1]),
        gaps=[],
    )


def _hung(meters: Sequence[Bracket], grid: Sequence[datetime]) -> Flags:
    """For each interval whether any meter hung in it."""
    return np.array(
        [
            any(m.starts_at < end and (m.ends_at is None or m.ends_at > start) for m in meters)
            for start, end in pairwise(grid)
        ]
    )


def _complete_until(last: Sequence[Bracket], end: datetime) -> datetime | None:
    ends = [end if _is_known(row, end) else row.before_at for row in last]
    # A meter nobody has heard of leaves the home without any complete interval.
    known = [at for at in ends if at is not None]
    return min(known) if len(known) == len(ends) else None
