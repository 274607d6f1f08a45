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

from accounts.scope import current_utility_id
from metering.enums import Quality
from metering.validation import Meter, Series, series

# As long as a dip may take to recover by itself.
AROUND: Final = timedelta(days=2)
TOUCHED: Final = """
SELECT device_id, min(measured_at), max(measured_at) FROM metering_reading
WHERE utility_id = %s AND received_at > %s AND received_at <= %s GROUP BY device_id ORDER BY device_id
"""
COLUMNS: Final = (
    "measured_at, received_at, energy_wh, volume_l, power_w, flow_l_h, supply_c, return_c, quality"
)
# The anchor is the last register before the neighbourhood that can be used: the level to judge it by.
READINGS: Final = f"""
SELECT touched.device_id, around.* FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[])
    AS touched(device_id, first_at, last_at)
CROSS JOIN LATERAL (
    (SELECT TRUE, {COLUMNS} FROM metering_reading reading
     WHERE reading.device_id = touched.device_id AND measured_at < touched.first_at
       AND energy_wh IS NOT NULL AND NOT EXISTS (
        SELECT FROM metering_readingflag flag WHERE flag.device_id = reading.device_id
        AND flag.measured_at = reading.measured_at AND flag.is_unusable AND flag.withdrawn_at IS NULL)
     ORDER BY measured_at DESC LIMIT 1)
    UNION ALL
    (SELECT FALSE, {COLUMNS} FROM metering_reading reading
     WHERE reading.device_id = touched.device_id
       AND measured_at BETWEEN touched.first_at AND touched.last_at)
) around ORDER BY touched.device_id, around.measured_at
"""  # noqa: S608 - our own names
METERS: Final = """
SELECT device.id, device.nominal_power_w, min(installed.starts_at),
       CASE WHEN bool_and(installed.ends_at IS NOT NULL) THEN max(installed.ends_at) END
FROM metering_device device LEFT JOIN metering_installation installed ON installed.device_id = device.id
WHERE device.id = ANY(%s) GROUP BY device.id
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A meter, and from when to when its readings are to be validated, both ends included."""

    device_id: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """A meter's readings around what arrived; the first of them may be the anchor before the stretch."""

    device_id: int
    meter: Meter
    measured_at: list[datetime]
    series: Series
    anchored: bool


def touched(*, after: datetime, until: datetime) -> list[Stretch]:
    """The stretches to validate for what arrived in ``(after, until]``, widened to their neighbourhoods."""
    with connection.cursor() as cursor:
        cursor.execute(TOUCHED, [current_utility_id(), after, until])
        return [Stretch(device, first - AROUND, last + AROUND) for device, first, last in cursor.fetchall()]


def neighbourhoods(stretches: Sequence[Stretch]) -> Iterator[Neighbourhood]:
    """The readings of each stretch; two statements for all of them."""
    devices = [one.device_id for one in stretches]
    with connection.cursor() as cursor:
        cursor.execute(METERS, [devices])
        meters = {row[0]: _meter(*row[1:]) for row in cursor.fetchall()}
        bounds = [[one.first_at for one in stretches], [one.last_at for one in stretches]]
        cursor.execute(READINGS, [devices, *bounds])
        rows = cursor.fetchall()
    for device_id, group in groupby(rows, key=itemgetter(0)):
        yield _neighbourhood(device_id, meters[device_id], list(group))


def _meter(nominal_power_w: int | None, starts_at: datetime | None, ends_at: datetime | None) -> Meter:
    unknown = Meter()
    return Meter(
        nominal_power_w=nominal_power_w,
        installed_s=int(starts_at.timestamp()) if starts_at else unknown.installed_s,
        removed_s=int(ends_at.timestamp()) + 1 if ends_at else unknown.removed_s,
    )


def _neighbourhood(device_id: int, meter: Meter, rows: list[tuple[Any, ...]]) -> Neighbourhood:
    _device, anchors, measured_at, received_at, *values, quality = map(list, zip(*rows, strict=True))
    names = ("energy_wh", "volume_l", "power_w", "flow_l_h", "supply_c", "return_c")
    # None becomes NaN: not said.
    arrays = {name: np.array(column, dtype=np.float64) for name, column in zip(names, values, strict=True)}
    found = series(
        _seconds(measured_at),
        arrays.pop("energy_wh"),
        received_s=_seconds(received_at),
        is_error=np.array([one == Quality.SUSPECT for one in quality], dtype=np.bool_),
        **arrays,
    )
    finest = replace(meter, resolution_wh=_finest_step_wh(found, meter))
    return Neighbourhood(device_id, finest, measured_at, found, anchors[0])


def _finest_step_wh(found: Series, meter: Meter) -> float:
    """The register's last digit, as far as it shows: a coarse meter stands still for long and is well."""
    steps_wh = np.diff(found.energy_wh[~np.isnan(found.energy_wh)])
    return max(meter.resolution_wh, min(steps_wh[steps_wh > 0].tolist(), default=0.0))


def _seconds(instants: Sequence[datetime]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([int(at.timestamp()) for at in instants], dtype=np.int64)
