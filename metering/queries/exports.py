"""Stored readings on their way into a file, portion by portion."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

import pyarrow as pa

from accounts.period import Period
from metering.models import Reading
from metering.transfer.files import PORTION

# The columns an import reads back: canonical units, instants in UTC.
SCHEMA: Final = pa.schema(
    [
        ("serial", pa.string()),
        ("measured_at", pa.timestamp("us", tz="UTC")),
        ("energy_wh", pa.int64()),
        ("volume_l", pa.int64()),
        ("power_w", pa.float64()),
        ("flow_l_h", pa.float64()),
        ("supply_c", pa.float64()),
        ("return_c", pa.float64()),
        ("status", pa.string()),
        ("quality", pa.string()),
    ]
)


def stored_readings(period: Period[Any], *, serials: Collection[str] = ()) -> Iterator[list[tuple[Any, ...]]]:
    """The readings of the utility in scope within ``period``, by meter and instant, in rows of `SCHEMA`.

    Of the meters called ``serials``, or of all. Read by a cursor of the server: never more than a portion
    is in memory.
    """
    rows = Reading.objects.filter(measured_at__gte=period.start).order_by("device_id", "measured_at")
    if period.end is not None:
        rows = rows.filter(measured_at__lt=period.end)
    if serials:
        rows = rows.filter(device__serial__in=serials)
    columns = ["device__serial", *SCHEMA.names[1:]]
    portion: list[tuple[Any, ...]] = []
    for row in rows.values_list(*columns).iterator(chunk_size=PORTION):
        portion.append(row)
        if len(portion) == PORTION:
            yield portion
            portion = []
    if portion:
        yield portion
