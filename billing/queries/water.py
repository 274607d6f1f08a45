"""The water of each home in a stretch of days: the volume registers at its ends, and how warm it ran."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.db import connection

from accounts.models import Utility
from accounts.period import Period, end_of, instants
from accounts.scope import current_utility_id
from billing.facts import Temperatures

_USABLE: Final = """NOT EXISTS (
    SELECT FROM metering_readingflag flag WHERE flag.device_id = reading.device_id
    AND flag.measured_at = reading.measured_at AND flag.is_unusable AND flag.withdrawn_at IS NULL)"""
_WHERE: Final = f"""reading.device_id = installed.device_id AND reading.volume_l IS NOT NULL AND {_USABLE}
    AND reading.measured_at BETWEEN installed.starts_at AND COALESCE(installed.ends_at, 'infinity')"""
# The register at each end is on the line between the readings around it, rounded down, as that of the heat
# is; where none lies beyond an end, it is the nearest. Temperatures are weighted by the water that ran.
_WATER: Final = f"""
WITH installed AS (
    SELECT installation.*, device.serial FROM metering_installation installation
    JOIN metering_device device ON device.id = installation.device_id AND device.kind = 'heat_meter'
    WHERE installation.household_id = ANY(%(homes)s) AND installation.utility_id = %(utility)s
    AND installation.starts_at < %(end)s AND COALESCE(installation.ends_at, 'infinity') > %(start)s
)
SELECT installed.household_id, installed.serial, opening.volume_l, closing.volume_l,
    warm.volume_l, warm.supply_c, warm.return_c
FROM installed
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN before.at IS NULL OR after.at IS NULL OR before.at = %(start)s
        THEN COALESCE(before.volume_l, after.volume_l)
        ELSE before.volume_l + floor((after.volume_l - before.volume_l)
            * extract(epoch FROM %(start)s - before.at) / extract(epoch FROM after.at - before.at))::bigint
        END AS volume_l
    FROM (SELECT 1) one
    LEFT JOIN LATERAL (SELECT measured_at AS at, volume_l FROM metering_reading reading
        WHERE {_WHERE} AND measured_at <= %(start)s ORDER BY measured_at DESC LIMIT 1) before ON TRUE
    LEFT JOIN LATERAL (SELECT measured_at AS at, volume_l FROM metering_reading reading
        WHERE {_WHERE} AND measured_at > %(start)s ORDER BY measured_at LIMIT 1) after ON TRUE
) opening
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN before.at IS NULL OR after.at IS NULL OR before.at = %(end)s
        THEN COALESCE(before.volume_l, after.volume_l)
        ELSE before.volume_l + floor((after.volume_l - before.volume_l)
            * extract(epoch FROM %(end)s - before.at) / extract(epoch FROM after.at - before.at))::bigint
        END AS volume_l
    FROM (SELECT 1) one
    LEFT JOIN LATERAL (SELECT measured_at AS at, volume_l FROM metering_reading reading
        WHERE {_WHERE} AND measured_at <= %(end)s ORDER BY measured_at DESC LIMIT 1) before ON TRUE
    LEFT JOIN LATERAL (SELECT measured_at AS at, volume_l FROM metering_reading reading
        WHERE {_WHERE} AND measured_at > %(end)s ORDER BY measured_at LIMIT 1) after ON TRUE
) closing
CROSS JOIN LATERAL (
    SELECT sum(ran_l)::numeric AS volume_l, sum(ran_l * supply_c::numeric) AS supply_c,
        sum(ran_l * return_c::numeric) AS return_c
    FROM (
        SELECT supply_c, return_c, volume_l - lag(volume_l) OVER (ORDER BY measured_at) AS ran_l
        FROM metering_reading reading
        WHERE {_WHERE} AND measured_at BETWEEN %(start)s AND %(end)s
    ) steps WHERE ran_l > 0 AND supply_c IS NOT NULL AND return_c IS NOT NULL
) warm
ORDER BY installed.household_id, installed.starts_at
"""  # noqa: S608 - our own names


class Water(NamedTuple):
    """A home's water: by meter, the register in litres at both ends; and its mean temperatures."""

    registers: dict[str, tuple[int | None, int | None]]
    temperatures: Temperatures | None


def water_of(homes: Collection[int], days: Period[date], *, utility: Utility) -> dict[int, Water]:
    """The water of each home from local midnight to local midnight; one statement."""
    bounds = instants(days, utility.zone)
    values: dict[str, Any] = {
        "homes": list(homes),
        "utility": current_utility_id(),
        "start": bounds.start,
        "end": end_of(bounds),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WATER, values)
        rows = cursor.fetchall()
    registers: dict[int, dict[str, tuple[int | None, int | None]]] = {}
    sums: dict[int, list[Decimal]] = {}
    for home, serial, opening_l, closing_l, ran_l, supply, back in rows:
        registers.setdefault(home, {})[serial] = (opening_l, closing_l)
        if ran_l:
            parts = zip(sums.get(home, [Decimal()] * 3), (ran_l, supply, back), strict=True)
            sums[home] = [total + part for total, part in parts]
    return {home: Water(known, _mean(sums.get(home))) for home, known in registers.items()}


def _mean(sums: list[Decimal] | None) -> Temperatures | None:
    if sums is None:
        return None
    # A hundredth of a degree is finer than any meter tells.
    ran_l, supply, back = sums
    cent = Decimal("0.01")
    return Temperatures(supply_c=(supply / ran_l).quantize(cent), return_c=(back / ran_l).quantize(cent))
