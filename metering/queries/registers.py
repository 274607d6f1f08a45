"""A meter's register at any instant: the readings before and after it, and the line between them.

All in integers: Wh and whole seconds. Whatever is cut out of a register therefore adds up to it again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from accounts.scope import scoped_utility_id
from metering.enums import DeviceKind, Quality, Resolution

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

# Between registers further apart than this, the split of the energy is an estimate; the sum never is.
TOLERANCE: Final = {
    Resolution.RAW: timedelta.max,
    Resolution.HOUR: timedelta(hours=2),
    Resolution.DAY: timedelta(hours=6),
    Resolution.MONTH: timedelta(days=1),
}

# Two index probes a meter and instant, however many readings lie between. A reading at the very
# instant a meter was hung up or taken down counts as its first or last register.
USABLE: Final = """NOT EXISTS (
        SELECT FROM metering_readingflag flag WHERE flag.device_id = reading.device_id
        AND flag.measured_at = reading.measured_at AND flag.is_unusable AND flag.withdrawn_at IS NULL)"""
# A meter that doubts other values than its energy, and says so, has measured its energy.
QUALITY: Final = """CASE WHEN reading.quality = 'suspect'
        AND 'energy_wh' <> ALL(string_to_array(reading.doubts, ' ')) THEN 'measured'
        ELSE reading.quality END AS quality"""
# What the roll-overs up to a reading, while the meter hung here, add to its register.
CARRIED: Final = """energy_wh + COALESCE((
        SELECT sum(flag.carry_wh) FROM metering_readingflag flag WHERE flag.device_id = reading.device_id
        AND flag.carry_wh IS NOT NULL AND flag.withdrawn_at IS NULL
        AND flag.measured_at BETWEEN installed.starts_at AND reading.measured_at), 0)::bigint AS energy_wh"""
# What a person takes a register to be after its last reading; only where no reading comes after it.
ESTIMATES: Final = """(
        SELECT device_id, estimated_at AS measured_at, energy_wh, withdrawn_at FROM metering_registerestimate
    ) reading WHERE device_id = installed.device_id AND withdrawn_at IS NULL
      AND measured_at >= installed.starts_at AND measured_at <= COALESCE(installed.ends_at, 'infinity')"""
BRACKETS: Final = f"""
SELECT instants.n::int, installed.id, installed.household_id, device.serial,
       installed.starts_at, installed.ends_at,
       COALESCE(past.measured_at, before.measured_at), COALESCE(past.energy_wh, before.energy_wh),
       CASE WHEN past.measured_at IS NULL THEN before.quality ELSE 'estimated' END,
       COALESCE(coming.measured_at, after.measured_at), COALESCE(coming.energy_wh, after.energy_wh),
       CASE WHEN coming.measured_at IS NULL THEN after.quality ELSE 'estimated' END
FROM metering_installation installed
JOIN metering_device device ON device.id = installed.device_id AND device.kind = %(meter)s
CROSS JOIN unnest(%(instants)s::timestamptz[]) WITH ORDINALITY instants(at, n)
LEFT JOIN LATERAL (
    SELECT measured_at, {CARRIED}, {QUALITY} FROM metering_reading reading
    WHERE device_id = installed.device_id AND energy_wh IS NOT NULL AND {USABLE}
      AND measured_at <= instants.at
      AND measured_at >= installed.starts_at AND measured_at <= COALESCE(installed.ends_at, 'infinity')
    ORDER BY measured_at DESC LIMIT 1
) before ON TRUE
LEFT JOIN LATERAL (
    SELECT measured_at, {CARRIED}, {QUALITY} FROM metering_reading reading
    WHERE device_id = installed.device_id AND energy_wh IS NOT NULL AND {USABLE}
      AND measured_at > instants.at
      AND measured_at >= installed.starts_at AND measured_at <= COALESCE(installed.ends_at, 'infinity')
    ORDER BY measured_at LIMIT 1
) after ON TRUE
LEFT JOIN LATERAL (
    SELECT measured_at, {CARRIED} FROM {ESTIMATES}
      AND measured_at <= instants.at AND measured_at > before.measured_at
    ORDER BY measured_at DESC LIMIT 1
) past ON after.measured_at IS NULL
LEFT JOIN LATERAL (
    SELECT measured_at, {CARRIED} FROM {ESTIMATES}
      AND measured_at > instants.at AND before.measured_at IS NOT NULL
    ORDER BY measured_at LIMIT 1
) coming ON after.measured_at IS NULL
WHERE installed.household_id = ANY(%(households)s)
  AND installed.starts_at < %(last)s AND COALESCE(installed.ends_at, 'infinity') > %(first)s
  AND (%(wall)s::bigint IS NULL OR installed.utility_id = %(wall)s)
ORDER BY installed.household_id, installed.starts_at, installed.id, instants.n
"""  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Bracket:
    """What is known of one installed meter around one instant."""

    n: int
    installation_id: int
    household_id: int
    serial: str
    starts_at: datetime
    ends_at: datetime | None
    before_at: datetime | None
    before_wh: int | None
    before_quality: str | None
    after_at: datetime | None
    after_wh: int | None
    after_quality: str | None

    @property
    def has_register(self) -> bool:
        """Whether the meter was ever read while it hung here."""
        return self.before_at is not None or self.after_at is not None

    @property
    def is_estimated(self) -> bool:
        """Whether either side is itself an estimate."""
        return Quality.ESTIMATED in {self.before_quality, self.after_quality}


def brackets(household_ids: Collection[int], instants: Sequence[datetime]) -> list[Bracket]:
    """The registers around each instant, of each meter that hung in the homes between the first and the last.

    One statement; ordered by household, installation and instant.
    """
    values: dict[str, Any] = {
        "meter": DeviceKind.HEAT_METER,
        "households": list(household_ids),
        "instants": list(instants),
        "first": instants[0],
        "last": instants[-1],
        "wall": scoped_utility_id(),
    }
    with connection.cursor() as cursor:
        cursor.execute(BRACKETS, values)
        return [Bracket(*row) for row in cursor.fetchall()]


def registers(rows: Sequence[Bracket], instants: Sequence[datetime]) -> Ints:
    """The register in Wh at each bracket's instant: on the line between its readings, rounded down.

    Before the first reading it is the first register, after the last reading the last one.
    """
    at = _seconds([instants[row.n - 1] for row in rows])
    before_wh = np.array([_first(row.before_wh, row.after_wh) for row in rows], dtype=np.int64)
    after_wh = np.array([_first(row.after_wh, row.before_wh) for row in rows], dtype=np.int64)
    before_at = _seconds([row.before_at or instants[row.n - 1] for row in rows])
    after_at = _seconds([row.after_at or instants[row.n - 1] for row in rows])
    span = np.maximum(after_at - before_at, 1)
    # Split so that no product exceeds the square of a span in seconds: it cannot overflow.
    whole, rest = np.divmod(after_wh - before_wh, span)
    passed = np.clip(at - before_at, 0, span)
    register: Ints = before_wh + whole * passed + rest * passed // span
    return register


def _first(preferred: int | None, other: int | None) -> int:
    return preferred if preferred is not None else other or 0


def _seconds(instants: Sequence[datetime]) -> Ints:
    return np.array([int(at.timestamp()) for at in instants], dtype=np.int64)
