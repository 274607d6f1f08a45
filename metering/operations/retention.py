"""Deleting what a utility need not keep any more, in bounded steps that may be killed between any two.

A step deletes what some devices said within a week, by key, in one transaction. Deletes leave no marks
(migration 0009), and what consumption was cut out of pruned readings is not cut again: `readings_kept_from`
is stored before the first of them goes, and each step holds the lock of the cutting runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, Final

from django.db import connection, transaction

from accounts.models import Utility
from accounts.period import Period, end_of, instants, local_midnight
from accounts.scope import current_utility_id
from metering.enums import DeviceKind
from metering.models import ConsumptionCursor, Device, StorageRules
from metering.operations.consumption import cut_consumption
from metering.operations.cutting import USABLE

DEVICES: Final = 50
# As long as a chunk usually is, so that a step opens one compressed chunk or two.
WINDOW: Final = timedelta(days=7)

HomePeriod = tuple[int, Period[date]]
# Household ids in, the local days whose readings have to stay out.
KeptOf = Callable[[Collection[int]], Iterable[HomePeriod]]

# Around an instant the readings that say where the registers of heat and of water stood.
_BEFORE: Final = f"""LEAST(
    (SELECT measured_at FROM metering_reading reading WHERE reading.device_id = {{device}}
     AND measured_at <= {{at}} AND {USABLE} ORDER BY measured_at DESC LIMIT 1),
    (SELECT measured_at FROM metering_reading reading WHERE reading.device_id = {{device}}
     AND measured_at <= {{at}} AND volume_l IS NOT NULL ORDER BY measured_at DESC LIMIT 1),
    {{at}})"""  # noqa: S608 - our own names
_AFTER: Final = f"""GREATEST(
    (SELECT measured_at FROM metering_reading reading WHERE reading.device_id = {{device}}
     AND measured_at >= {{at}} AND {USABLE} ORDER BY measured_at LIMIT 1),
    (SELECT measured_at FROM metering_reading reading WHERE reading.device_id = {{device}}
     AND measured_at >= {{at}} AND volume_l IS NOT NULL ORDER BY measured_at LIMIT 1),
    {{at}})"""  # noqa: S608 - our own names
# What of each device may go: all before the last registers at the bound, less what is kept.
_SPANS: Final = f"""
WITH kept AS (
    SELECT installed.device_id, range_agg(tstzrange(
        {_BEFORE.format(device="installed.device_id", at="home.starts_at")},
        {_AFTER.format(device="installed.device_id", at="home.ends_at")}, '[]')) AS spans
    FROM unnest(%(homes)s::bigint[], %(starts)s::timestamptz[], %(ends)s::timestamptz[])
         AS home(household_id, starts_at, ends_at)
    JOIN metering_installation installed ON installed.household_id = home.household_id
      AND installed.device_id = ANY(%(devices)s::bigint[]) AND installed.starts_at < home.ends_at
      AND COALESCE(installed.ends_at, 'infinity') >= home.starts_at
    GROUP BY installed.device_id
), bound AS (
    SELECT device.id AS device_id,
           {_BEFORE.format(device="device.id", at="%(until)s::timestamptz")} AS at
    FROM unnest(%(devices)s::bigint[]) AS device(id)
)
SELECT bound.device_id, span::text FROM bound LEFT JOIN kept ON kept.device_id = bound.device_id
CROSS JOIN LATERAL unnest(
    tstzmultirange(tstzrange(NULL, bound.at)) - COALESCE(kept.spans, '{{}}'::tstzmultirange)) AS span
"""  # noqa: S608 - our own names
_GOING: Final = "unnest(%(devices)s::bigint[], %(spans)s::tstzrange[]) AS going(device_id, span)"
# Bounds of a range let the key be used; the range itself says which of its ends belong to it.
_WITHIN: Final = """said.device_id = going.device_id AND said.measured_at <@ going.span
    AND said.measured_at >= COALESCE(lower(going.span), '-infinity')
    AND said.measured_at <= upper(going.span)"""


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many rows a run deleted."""

    readings: int = 0
    rooms: int = 0
    telemetry: int = 0


def prune(*, at: datetime, kept_of: KeptOf, devices: int = DEVICES, window: timedelta = WINDOW) -> Pruned:
    """Delete what the utility in scope keeps no longer, ``at`` being now.

    Whatever ``kept_of`` names of a home stays, with the readings next to it on either side. A run that was
    killed is continued by the next one. Consumption, flags and decisions stay for ever.
    """
    rules = StorageRules.objects.first()
    if rules is None:
        return Pruned()
    utility = Utility.objects.get(pk=current_utility_id())

    def bound(days: int) -> datetime:
        return local_midnight(utility.local_date(at) - timedelta(days=days), utility.zone)

    readings = rooms = telemetry = 0
    if rules.readings_days is not None:
        cut_consumption(at=at)
        until = _remember(bound(rules.readings_days))
        for meters in _devices(DeviceKind.HEAT_METER, devices):
            spans = _reading_spans(meters, until=until, kept_of=kept_of, utility=utility)
            readings += _delete("metering_reading", spans, window)
    if rules.rooms_days is not None:
        for sensors in _devices(DeviceKind.ROOM_SENSOR, devices):
            rooms += _delete(
                "metering_roomtemperature", _all_before(sensors, bound(rules.rooms_days)), window
            )
    if rules.telemetry_days is not None:
        for controllers in _devices(DeviceKind.SUBSTATION_CONTROLLER, devices):
            spans = _all_before(controllers, bound(rules.telemetry_days))
            telemetry += _delete("metering_telemetryvalue", spans, window)
    return Pruned(readings, rooms, telemetry)


@transaction.atomic
def _remember(until: datetime) -> datetime:
    """Store since when readings are whole, before the first of them goes; never earlier than before."""
    rules = StorageRules.objects.select_for_update().get()
    rules.readings_kept_from = max(until, rules.readings_kept_from or until)
    rules.save(update_fields=["readings_kept_from"])
    return until


def _devices(kind: DeviceKind, size: int) -> Iterable[list[int]]:
    numbers = iter(list(Device.objects.filter(kind=kind).order_by("pk").values_list("pk", flat=True)))
    while some := list(islice(numbers, size)):
        yield some


Spans = Sequence[tuple[int, str]]


def _all_before(devices: Sequence[int], until: datetime) -> Spans:
    return [(device, f"(,{until.isoformat()})") for device in devices]


def _reading_spans(meters: list[int], *, until: datetime, kept_of: KeptOf, utility: Utility) -> Spans:
    """What may go of each meter, as ranges in the database's own words."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT household_id FROM metering_installation"
            " WHERE device_id = ANY(%s) AND household_id IS NOT NULL",
            [meters],
        )
        kept = [(home, instants(days, utility.zone)) for home, days in kept_of([home for (home,) in cursor])]
        values: dict[str, Any] = {
            "devices": meters,
            "until": until,
            "homes": [home for home, _period in kept],
            "starts": [period.start for _home, period in kept],
            "ends": [end_of(period) for _home, period in kept],
        }
        cursor.execute(_SPANS, values)
        return list(cursor.fetchall())


def _delete(table: str, spans: Spans, window: timedelta) -> int:
    """Delete the spans from the oldest row on, a window a transaction."""
    values: dict[str, Any] = {
        "devices": [device for device, _span in spans],
        "spans": [span for _device, span in spans],
    }
    gone = 0
    while (oldest := _oldest(table, values)) is not None:
        deleted = _delete_window(table, {**values, "oldest": oldest, "newest": oldest + window})
        if not deleted:  # another run was quicker; what is left is the next night's
            break
        gone += deleted
    return gone


def _oldest(table: str, values: dict[str, Any]) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(first.at) FROM {_GOING} CROSS JOIN LATERAL (SELECT min(measured_at) AS at"  # noqa: S608 - our own names
            f" FROM {table} AS said WHERE {_WITHIN}) AS first",
            values,
        )
        oldest: datetime | None = cursor.fetchone()[0]
        return oldest


@transaction.atomic
def _delete_window(table: str, values: dict[str, Any]) -> int:
    utility_id = current_utility_id()
    ConsumptionCursor.objects.get_or_create(utility_id=utility_id)
    ConsumptionCursor.objects.select_for_update().get(utility_id=utility_id)
    with connection.cursor() as cursor:
        # The plain conditions say the same again: TimescaleDB opens only the compressed rows they name.
        cursor.execute(
            f"DELETE FROM {table} AS said USING {_GOING} WHERE {_WITHIN}"  # noqa: S608 - our own names
            " AND said.utility_id = %(utility)s AND said.device_id = ANY(%(devices)s::bigint[])"
            " AND said.measured_at >= %(oldest)s::timestamptz AND said.measured_at < %(newest)s::timestamptz",
            {**values, "utility": utility_id},
        )
        return int(cursor.rowcount)
