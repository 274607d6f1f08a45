"""Readings out of files: found, converted and stored as those of the broker are, portion by portion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, Final

import orjson
from django.db import transaction

from accounts.scope import current_utility_id
from metering.enums import DeviceKind
from metering.models import Device
from metering.operations.sorting import Row
from metering.operations.tables import READINGS, write_rows
from metering.operations.validation import validate_again
from metering.transfer.columns import SERIAL, Layout
from metering.transfer.files import Line
from metering.transfer.rows import Dialect, Fault, Said, read_row

PORTION: Final = 2000


@dataclass(slots=True)
class Imported:
    """What became of the rows of a file: ``rows == stored + duplicates + refused``."""

    rows: int = 0
    stored: int = 0
    duplicates: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a file is to be read, and who hears of its progress and of its faulty rows."""

    layout: Layout
    dialect: Dialect
    # Look at every row and store none.
    dry_run: bool = False
    on_fault: Callable[[Fault], object] = field(default=lambda _fault: None)
    # Called in the transaction of each portion, also where it is tried only: whoever notes down how far it is
    # has noted exactly what is stored. With what became of the rows so far, and the share of the file.
    on_portion: Callable[[Imported, float], None] = field(default=lambda _so_far, _share: None)


def import_readings(lines: Iterable[Line], *, wishes: Wishes, at: datetime) -> Imported:
    """Store the readings of a file at the utility in scope, a transaction a portion; ``at`` is their arrival.

    The same file again stores nothing. A row that is no reading, names an unknown meter, or contradicts a
    stored reading is a fault and holds nobody up. What was stored is validated and cut like any other.

    Raises:
        UnreadableFileError: in the middle of the file; the portions before it stay.
    """
    total = Imported()
    for portion in _portions(lines):
        said: list[Said] = []
        for line in portion:
            found = read_row(
                line.row, line=line.number, layout=wishes.layout, dialect=wishes.dialect, received_at=at
            )
            if isinstance(found, Fault):
                total.refused += 1
                wishes.on_fault(found)
            else:
                said.append(found)
        total.rows += len(portion)
        with transaction.atomic():
            _store(said, total, wishes=wishes, at=at)
            wishes.on_portion(total, portion[-1].share)
    return total


def _portions(lines: Iterable[Line]) -> Iterator[list[Line]]:
    rest = iter(lines)
    while portion := list(islice(rest, PORTION)):
        yield portion


def _store(said: Sequence[Said], total: Imported, *, wishes: Wishes, at: datetime) -> None:
    known = Device.objects.filter(kind=DeviceKind.HEAT_METER, serial__in={one.serial for one in said})
    meters = dict(known.values_list("serial", "pk"))
    rows: list[Row] = []
    for one in said:
        if one.serial in meters:
            rows.append(Row(one.line, _columns(one, device_id=meters[one.serial], at=at)))
        else:
            total.refused += 1
            wishes.on_fault(Fault(one.line, SERIAL, f"No heat meter '{one.serial}' is registered."))
    with transaction.atomic():
        written = write_rows(READINGS, rows)
        # All portions bear the instant the import began: the cursor is past it long before the last one.
        validate_again(readings=[row.values for row in written.stored])
        # Written all the same, so that a dry run says what the database would.
        transaction.set_rollback(wishes.dry_run)
    total.stored += len(written.stored)
    total.duplicates += written.duplicates
    for row, stored in written.contradictions:
        total.refused += 1
        values = ", ".join(f"{name} {value}" for name, value in stored.items())
        wishes.on_fault(
            Fault(row.message, "", f"Another reading is stored for this meter and instant: {values}.")
        )


def _columns(one: Said, *, device_id: int, at: datetime) -> tuple[Any, ...]:
    """The row as the table has it; nobody carried it, and what a column does not hold stays beside it."""
    known: dict[str, Any] = {
        "device_id": device_id,
        "measured_at": one.measured_at,
        "utility_id": current_utility_id(),
        "status": one.status,
        "quality": one.quality.value,
        "received_at": at,
        "raw": orjson.dumps(one.raw).decode() if one.raw else None,
        **one.values,
    }
    return tuple(known.get(name) for name in READINGS.columns)
