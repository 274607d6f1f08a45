"""Readings into a file, and who took them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

from accounts.models import User, Utility
from accounts.period import Period, end_of, instants
from accounts.scope import current_utility_id
from metering.models import ReadingExport
from metering.queries.exports import SCHEMA, stored_readings
from metering.transfer.files import out


def export_readings(
    *, path: Path, days: Period[date], serials: Collection[str], by: User | None, at: datetime
) -> ReadingExport:
    """Write the readings of the utility's local ``days`` to ``path``, CSV or Parquet by its ending.

    Of the meters called ``serials``, or of all. The export is on record before anybody has the file.

    Raises:
        OSError: the file cannot be written; nothing is recorded.
    """
    period = instants(days, Utility.objects.get(pk=current_utility_id()).zone)
    file, rows = out(path, SCHEMA), 0
    try:
        for portion in stored_readings(period, serials=serials):
            file.write(portion)
            rows += len(portion)
    finally:
        file.close()
    return ReadingExport.objects.create(
        made_by=by,
        made_at=at,
        first_day=days.start,
        end_day=end_of(days),
        serials=sorted(serials),
        file_name=path.name,
        rows=rows,
    )
