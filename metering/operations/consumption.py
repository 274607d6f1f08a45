"""Cutting what was marked: consumption by hour, day and month, of every meter and every place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from accounts.models import Utility
from accounts.scope import current_utility_id
from metering.enums import Resolution
from metering.models import ConsumptionCursor, ConsumptionMark, StorageRules
from metering.operations import cutting
from metering.queries.registers import TOLERANCE

# About how many hours of meters one transaction cuts: a few seconds, and some tens of megabytes.
SLICE: Final = 250_000
# How many of them a run makes before it lets other work have its turn.
SLICES_A_RUN: Final = 10


class Wider(NamedTuple):
    """How a resolution is made of the one below it."""

    resolution: Resolution
    finer: Resolution
    unit: str
    step: str


WIDER: Final = (
    Wider(Resolution.DAY, Resolution.HOUR, "day", "1 day"),
    Wider(Resolution.MONTH, Resolution.DAY, "month", "1 month"),
)


@dataclass(frozen=True, slots=True)
class Cut:
    """What a run worked off, and how many rows of meters it changed."""

    marks: int = 0
    rows: int = 0

    def __add__(self, other: Cut) -> Cut:
        """Two runs as one."""
        return Cut(self.marks + other.marks, self.rows + other.rows)


def cut_consumption(*, at: datetime, slice_hours: int = SLICE) -> Cut:
    """Cut everything that is marked at the utility in scope, slice after slice, each one transaction.

    ``at`` is noted at the cursor. May be killed at any time: what a slice did not commit is still marked.
    Waits for whoever is at it.
    """
    total = Cut()
    while (done := _cut_slice(at=at, slice_hours=slice_hours, waits=True)).marks:
        total += done
    return total


def cut_in_turn(*, at: datetime, slice_hours: int = SLICE, most_slices: int = SLICES_A_RUN) -> Cut:
    """As `cut_consumption`, so many slices at most, and none while another run is at it.

    For who comes again soon: runs that waited for one another would take up every worker.
    """
    total = Cut()
    for _ in range(most_slices):
        done = _cut_slice(at=at, slice_hours=slice_hours, waits=False)
        if not done.marks:
            break
        total += done
    return total


def mark_everything() -> None:
    """Have the consumption of all meters of the utility in scope cut anew, from the first reading on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT metering_mark_everything(ARRAY(SELECT id FROM metering_device WHERE utility_id = %s))",
            [current_utility_id()],
        )


@transaction.atomic
def _cut_slice(*, at: datetime, slice_hours: int, waits: bool) -> Cut:
    utility = Utility.objects.get(pk=current_utility_id())
    ConsumptionCursor.objects.get_or_create(utility=utility)
    # One run at a time: two would add the same difference to a sum.
    free = ConsumptionCursor.objects.select_for_update(skip_locked=not waits)
    position = free.filter(utility=utility).first()
    if position is None:
        return Cut()
    values: dict[str, Any] = {"utility": utility.pk, "zone": utility.time_zone}
    with connection.cursor() as cursor:
        cursor.execute(cutting.TAKE, [utility.pk, slice_hours])
        marks = [number for (number,) in cursor.fetchall()]
        if not marks:
            return Cut()
        for statement in (*cutting.SETTINGS.split(";"), *cutting.TABLES.split(";")):
            cursor.execute(statement)
        cursor.execute(cutting.REGIONS, {**values, "marks": marks, "kept_from": _kept_from()})
        cursor.execute("ANALYZE cut_region")
        hours = {**values, "resolution": Resolution.HOUR, "tolerance_s": _tolerance_s(Resolution.HOUR)}
        rows = _write_changed(cursor, cutting.HOURS, hours)
        for wider in WIDER:
            more = {**values, **wider._asdict(), "tolerance_s": _tolerance_s(wider.resolution)}
            rows += _write_changed(cursor, cutting.WIDER, more)
        if rows:
            cursor.execute(cutting.PLACES, [utility.pk])
        cursor.execute(cutting.SWEEP, [utility.pk])
    ConsumptionMark.objects.filter(pk__in=marks).delete()
    position.last_mark, position.cut_at = max(marks[-1], position.last_mark), at
    position.save(update_fields=["last_mark", "cut_at"])
    return Cut(len(marks), rows)


def _write_changed(cursor: CursorWrapper, new: str, values: Mapping[str, Any]) -> int:
    """Write what of one resolution differs from what is stored; answers how many rows."""
    cursor.execute(new + cutting.CHANGED, values)
    rows, gone = cursor.fetchone()
    if gone:
        cursor.execute(cutting.GONE, values)
    if rows > gone:
        cursor.execute(cutting.PUT, values)
    return int(rows)


def _kept_from() -> datetime | str:
    """Since when the readings of the utility in scope are whole, as the database takes it."""
    return StorageRules.objects.values_list("readings_kept_from", flat=True).first() or "-infinity"


def _tolerance_s(resolution: Resolution) -> int:
    return int(TOLERANCE[resolution].total_seconds())
