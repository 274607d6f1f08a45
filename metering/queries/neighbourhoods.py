"""The readings around what arrived lately, as the rules of `metering/validation` want them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

import numpy as np
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from accounts.scope import current_utility_id
from metering.enums import Decision, Finding, Quality
from metering.models import Reading, ReadingFlag
from metering.validation import Known, Meter, Series, series

# As long as a dip may take to recover by itself.
AROUND: Final = timedelta(days=2)
AROUND_S: Final = AROUND.total_seconds()
# A meter that is read once a day or a week: so many readings before belong to the neighbourhood too.
BEFORE: Final = 6
# A meter's readings at once; what is left of a longer stretch waits for the next step.
MOST_ROWS: Final = 60_000
# The sizes of meters whose nominal power nobody wrote down, by where they hang.
HOUSEHOLD_W: Final = 50_000
BUILDING_W: Final = 1_000_000
SUBSTATION_W: Final = 10_000_000
# What arrived together but was measured days apart are stretches of their own: between them nothing reopens.
TOUCHED: Final = """
SELECT device_id, min(measured_at), max(measured_at) FROM (
    SELECT device_id, measured_at, around,
           count(*) FILTER (WHERE measured_at - earlier > 2 * around) OVER meters AS island
    FROM (SELECT device_id, measured_at,
                 lag(measured_at) OVER (PARTITION BY device_id ORDER BY measured_at) AS earlier
          FROM metering_reading
          WHERE utility_id = %(utility)s AND received_at > %(after)s AND received_at <= %(until)s) arrived
    CROSS JOIN make_interval(secs => %(around_s)s) around
    WINDOW meters AS (PARTITION BY device_id ORDER BY measured_at)
) numbered GROUP BY device_id, island ORDER BY device_id, island
"""
# Ends of arrivals that hold about as many readings each.
STEPS: Final = """
WITH arrived AS (SELECT received_at FROM metering_reading
    WHERE utility_id = %(utility)s AND received_at > %(after)s AND received_at <= %(until)s),
counted AS (SELECT count(*) AS readings, ceil(count(*) / %(size)s::float8)::int AS steps FROM arrived)
SELECT (SELECT percentile_disc(ARRAY(
            SELECT n / counted.steps::float8 FROM generate_series(1, counted.steps) n))
        WITHIN GROUP (ORDER BY received_at) FROM arrived)
FROM counted WHERE counted.steps > 1
"""
# Seconds where seconds will do: reading an instant into Python costs as much as the rest of a row. A cast
# rounds, and what was said in the same second would lie on two sides of it: all instants are floored.
VALUES: Final = """floor(EXTRACT(epoch FROM reading.received_at))::bigint,
    reading.energy_wh, reading.volume_l, reading.power_w, reading.flow_l_h, reading.supply_c,
    reading.return_c, reading.error_h,
    COALESCE(floor(EXTRACT(epoch FROM reading.target_at)), 0)::bigint,
    reading.target_wh, reading.quality, reading.doubts"""
COLUMNS: Final = f"reading.measured_at, {VALUES}"
# Before a stretch: the last register that can be used, which is the level to judge by; and what stood of
# the last one that cannot, for an unexplained level and a frozen register go on until something ends them.
READINGS: Final = f"""
SELECT stretch.n::int - 1, around.*
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) WITH ORDINALITY
    AS stretch(device_id, first_at, last_at, n)
CROSS JOIN LATERAL (
    SELECT LEAST(stretch.first_at, min(measured_at)) AS first_at FROM (
        SELECT measured_at FROM metering_reading
        WHERE device_id = stretch.device_id AND measured_at < stretch.first_at
        ORDER BY measured_at DESC LIMIT {BEFORE}) earlier
) begun
CROSS JOIN LATERAL (
    (SELECT '' AS known, {COLUMNS} FROM metering_reading reading
     WHERE device_id = stretch.device_id AND measured_at < begun.first_at
       AND energy_wh IS NOT NULL AND NOT EXISTS (
        SELECT FROM metering_readingflag flag WHERE flag.device_id = reading.device_id
        AND flag.measured_at = reading.measured_at AND flag.is_unusable AND flag.withdrawn_at IS NULL)
     ORDER BY measured_at DESC LIMIT 1)
    UNION ALL
    (SELECT flag.finding, {COLUMNS} FROM metering_readingflag flag
     JOIN metering_reading reading USING (device_id, measured_at)
     WHERE flag.device_id = stretch.device_id AND flag.measured_at < begun.first_at
       AND flag.withdrawn_at IS NULL AND flag.finding IN ('level', 'decrease', 'frozen')
       AND reading.energy_wh IS NOT NULL
     ORDER BY flag.measured_at DESC LIMIT 1)
    UNION ALL
    (SELECT NULL, {COLUMNS} FROM metering_reading reading
     WHERE device_id = stretch.device_id AND measured_at >= begun.first_at
       AND measured_at <= stretch.last_at + make_interval(secs => %s) ORDER BY measured_at LIMIT {MOST_ROWS})
) around ORDER BY stretch.n, around.measured_at
"""  # noqa: S608 - our own names
METERS: Final = """
SELECT device.id, device.nominal_power_w, device.modulus_wh,
       array_agg(floor(EXTRACT(epoch FROM installed.starts_at))::bigint ORDER BY installed.starts_at),
       array_agg(floor(EXTRACT(epoch FROM installed.ends_at))::bigint ORDER BY installed.starts_at),
       bool_or(installed.building_id IS NOT NULL), bool_or(installed.substation_id IS NOT NULL)
FROM metering_device device LEFT JOIN metering_installation installed ON installed.device_id = device.id
WHERE device.id = ANY(%s) GROUP BY device.id
"""
# The newest decision of each reading; one that was taken back is none.
DECISIONS: Final = """
SELECT device_id, measured_at, decision, carry_wh FROM (
    SELECT DISTINCT ON (edit.device_id, edit.measured_at)
           edit.device_id, edit.measured_at, edit.decision, edit.carry_wh
    FROM metering_readingedit edit WHERE edit.device_id = ANY(%s)
    ORDER BY edit.device_id, edit.measured_at, edit.version DESC) newest
WHERE decision <> 'undone'
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A meter, and from when to when its readings are to be judged, both ends included."""

    device_id: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A meter's readings around a stretch: some known ones before it, and what came after it.

    ``judged`` is the part of them whose findings are to be written; ``is_cut`` where there are more
    readings in the stretch than can be looked at in one step.
    """

    device_id: int
    meter: Meter
    measured_at: list[datetime]
    series: Series
    known: Known
    judged: Stretch
    is_cut: bool


def touched(*, after: datetime, until: datetime) -> list[Stretch]:
    """From when to when what arrived in ``(after, until]`` was measured; `widened`, what is to be judged."""
    asked: dict[str, Any] = {"utility": current_utility_id(), "after": after, "until": until}
    asked["around_s"] = AROUND_S
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, asked)
        return [Stretch(*row) for row in cursor.fetchall()]


def widened(stretch: Stretch) -> Stretch:
    """What is to be judged anew because of readings in this stretch."""
    return replace(stretch, first_at=stretch.first_at - AROUND, last_at=stretch.last_at + AROUND)


def steps(*, after: datetime, until: datetime, size: int) -> list[datetime]:
    """Arrivals up to which about ``size`` readings each came in ``(after, until]``; the last is ``until``."""
    asked: dict[str, Any] = {"utility": current_utility_id(), "after": after, "until": until, "size": size}
    with connection.cursor() as cursor:
        cursor.execute(STEPS, asked)
        found = cursor.fetchone()
    # Nothing to cut in most runs.
    return sorted({*(found[0] if found else ()), until})


def neighbourhoods(stretches: Sequence[Stretch]) -> Iterator[Neighbourhood]:
    """The readings of each stretch, in the order given; three statements for all of them.

    They reach `AROUND` further than the stretch: what its last readings mean is told by those after them.
    """
    devices = [one.device_id for one in stretches]
    bounds = [[one.first_at for one in stretches], [one.last_at for one in stretches]]
    known = meters(devices)
    with connection.cursor() as cursor:
        cursor.execute(DECISIONS, [devices])
        decided = {(row[0], row[1]): (row[2], row[3]) for row in cursor.fetchall()}
        cursor.execute(READINGS, [devices, *bounds, AROUND_S])
        rows = cursor.fetchall()
    for n, group in groupby(rows, key=itemgetter(0)):
        around = _neighbourhood(stretches[n], known[stretches[n].device_id], list(group), decided)
        if around is not None:
            yield around


def meters(device_ids: Sequence[int]) -> dict[int, Meter]:
    """What the rules know of each of these meters."""
    with connection.cursor() as cursor:
        cursor.execute(METERS, [list(device_ids)])
        return {row[0]: _meter(row) for row in cursor.fetchall()}


def usable_readings(device_id: int) -> QuerySet[Reading]:
    """A meter's readings whose register can be used, as far as they were validated."""
    unusable = ReadingFlag.objects.filter(
        device_id=OuterRef("device_id"),
        measured_at=OuterRef("measured_at"),
        is_unusable=True,
        withdrawn_at=None,
    )
    return Reading.objects.filter(~Exists(unusable), device_id=device_id, energy_wh__isnull=False)


def _meter(row: tuple[Any, ...]) -> Meter:
    """A meter from a row of METERS."""
    _id, nominal_power_w, modulus_wh, starts_s, ends_s, in_building, in_substation = row
    unknown = Meter()
    if starts_s[0] is None:  # it never hung anywhere
        return replace(unknown, nominal_power_w=nominal_power_w, modulus_wh=modulus_wh)
    usual_w = SUBSTATION_W if in_substation else BUILDING_W if in_building else HOUSEHOLD_W
    forever_s = unknown.hung_s[0][1]
    hung_s = tuple(
        (starts, forever_s if ends is None else ends)
        for starts, ends in zip(starts_s, ends_s, strict=True)
        if starts is not None
    )
    return Meter(nominal_power_w=nominal_power_w or usual_w, modulus_wh=modulus_wh, hung_s=hung_s)


def _neighbourhood(
    stretch: Stretch,
    meter: Meter,
    rows: list[tuple[Any, ...]],
    decided: dict[tuple[int, datetime], tuple[str, int | None]],
) -> Neighbourhood | None:
    before = [row for row in rows if row[1] is not None]
    # What could not be used only matters where nothing that can be used came after it.
    opening = before[-2:] if before and before[-1][1] else before[-1:]
    body = [row for row in rows if row[1] is None]
    if not body:
        return None
    is_cut = len(body) == MOST_ROWS
    _n, stands, measured_at, *columns = map(list, zip(*opening, *body, strict=True))
    # The readings after a cut tell what its last ones mean.
    last_at = min(stretch.last_at, body[-MOST_ROWS // 10][2]) if is_cut else stretch.last_at
    found = _series(measured_at, columns)
    known = Known(
        before=[Finding(one) if one else None for one in stands[: len(opening)]],
        accepted=_places(stretch, measured_at, decided, {Decision.ACCEPTED}),
        rejected=_places(stretch, measured_at, decided, {Decision.REJECTED, Decision.ESTIMATED}),
        rolled={
            n: decided[stretch.device_id, measured_at[n]][1] or 0
            for n in _places(stretch, measured_at, decided, {Decision.ROLLED_OVER})
        },
    )
    finest = replace(meter, resolution_wh=_finest_step_wh(found, meter))
    judged = Stretch(stretch.device_id, body[0][2], max(last_at, body[0][2]))
    return Neighbourhood(stretch.device_id, finest, measured_at, found, known, judged, is_cut)


def _places(
    stretch: Stretch,
    measured_at: Sequence[datetime],
    decided: dict[tuple[int, datetime], tuple[str, int | None]],
    decisions: set[Decision],
) -> frozenset[int]:
    if not decided:
        return frozenset()
    nothing = ("", None)
    return frozenset(
        n for n, at in enumerate(measured_at) if decided.get((stretch.device_id, at), nothing)[0] in decisions
    )


def _series(measured_at: list[datetime], columns: list[list[Any]]) -> Series:
    """The columns of one meter's readings as arrays."""
    arrays = arrays_of(columns)
    return series(_seconds(measured_at), arrays.pop("energy_wh"), **arrays)


def arrays_of(columns: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """The fields of a series, from `COLUMNS` without the instants."""
    received_s, *values, target_s, target_wh, quality, doubts = columns
    names = ("energy_wh", "volume_l", "power_w", "flow_l_h", "supply_c", "return_c", "error_h")
    # None becomes NaN: not said.
    arrays: dict[str, Any] = {
        name: np.array(column, dtype=np.float64) for name, column in zip(names, values, strict=True)
    }
    suspect = np.array([one == Quality.SUSPECT for one in quality], dtype=np.bool_)
    # A meter that does not say what it doubts doubts all of it.
    energy = np.array([one is None or "energy_wh" in one.split() for one in doubts], dtype=np.bool_)
    return arrays | {
        "received_s": np.array(received_s, dtype=np.int64),
        "is_error": suspect & energy,
        "is_gauge_error": suspect & ~energy,
        "target_s": np.array(target_s, dtype=np.int64),
        "target_wh": np.array(target_wh, dtype=np.float64),
    }


def _finest_step_wh(found: Series, meter: Meter) -> float:
    """The register's last digit, as far as it shows: a coarse meter stands still for long and is well."""
    steps_wh = np.diff(found.energy_wh[~np.isnan(found.energy_wh)])
    return max(meter.resolution_wh, min(steps_wh[steps_wh > 0].tolist(), default=0.0))


def _seconds(instants: Sequence[datetime]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([int(at.timestamp()) for at in instants], dtype=np.int64)
