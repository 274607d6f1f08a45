"""Writing rows by the thousand: one statement a table, and what was there before stays.

``unnest`` rather than COPY: it is idempotent without a staging table and works wherever PostgreSQL does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from metering.operations.sorting import Row


@dataclass(frozen=True, slots=True)
class Table:
    """A table of measurements: its columns and their types, the first ``key_size`` of them the key."""

    name: str
    key_size: int
    columns: Mapping[str, str]
    # What tells a repetition from a contradiction.
    compared: tuple[str, ...]

    @property
    def keys(self) -> list[str]:
        """The primary key's columns."""
        return list(self.columns)[: self.key_size]

    @property
    def incoming(self) -> str:
        """The rows of a batch as a relation with their place ``n``."""
        arrays = ", ".join(f"%s::{kind}[]" for kind in self.columns.values())
        return f"unnest({arrays}) WITH ORDINALITY AS incoming({', '.join(self.columns)}, n)"

    @property
    def insert(self) -> str:
        """Store what is not there; answer the keys that were stored."""
        names = ", ".join(self.columns)
        return (
            f"INSERT INTO {self.name} ({names}) SELECT {names} FROM {self.incoming} "  # noqa: S608 - our own names
            f"ON CONFLICT DO NOTHING RETURNING {', '.join(self.keys)}"
        )

    @property
    def contradictions(self) -> str:
        """The places of those rows whose measurement is stored with another value, and the stored values."""
        differs = " OR ".join(
            f"(incoming.{name} IS NOT NULL AND incoming.{name} IS DISTINCT FROM stored.{name})"
            for name in self.compared
        )
        stored = ", ".join(f"stored.{name}" for name in self.compared)
        return (
            f"SELECT incoming.n::int - 1, {stored} FROM {self.incoming} "  # noqa: S608 - our own names
            f"JOIN {self.name} stored USING ({', '.join(self.keys)}) WHERE {differs}"
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the rows of one table: stored, repeated, or contradicting what is stored."""

    stored: list[Row]
    duplicates: int
    contradictions: list[tuple[Row, dict[str, Any]]]


READINGS: Final = Table(
    name="metering_reading",
    key_size=2,
    columns={
        "device_id": "bigint",
        "measured_at": "timestamptz",
        "utility_id": "bigint",
        "energy_wh": "bigint",
        "volume_l": "bigint",
        "power_w": "float8",
        "flow_l_h": "float8",
        "supply_c": "float8",
        "return_c": "float8",
        "status": "text",
        "quality": "text",
        "received_at": "timestamptz",
        "carrier_id": "bigint",
        "raw": "jsonb",
    },
    compared=("energy_wh", "volume_l"),
)
TEMPERATURES: Final = Table(
    name="metering_roomtemperature",
    key_size=2,
    columns={
        "device_id": "bigint",
        "measured_at": "timestamptz",
        "utility_id": "bigint",
        "temperature_c": "float8",
        "humidity_pct": "float8",
        "received_at": "timestamptz",
    },
    compared=("temperature_c",),
)
TELEMETRY: Final = Table(
    name="metering_telemetryvalue",
    key_size=3,
    columns={
        "device_id": "bigint",
        "tag_id": "smallint",
        "measured_at": "timestamptz",
        "utility_id": "bigint",
        "value": "float8",
        "received_at": "timestamptz",
    },
    compared=("value",),
)


def write_rows(table: Table, rows: Sequence[Row]) -> Written:
    """Store ``rows`` in their order, in one statement, a second one only where some were there before."""
    if not rows:
        return Written([], 0, [])
    with connection.cursor() as cursor:
        cursor.execute(table.insert, _columns(rows))
        fresh = set(cursor.fetchall())
        # Almost always: repetitions come after a crash or from a nervous device.
        if len(fresh) == len(rows):
            return Written(list(rows), 0, [])
        stored: list[Row] = []
        known: list[Row] = []
        for row in rows:
            key = row.values[: table.key_size]
            (stored if key in fresh else known).append(row)
            fresh.discard(key)  # the same key again in this batch was not stored twice
        cursor.execute(table.contradictions, _columns(known))
        found = cursor.fetchall()
    against = [(known[n], dict(zip(table.compared, values, strict=True))) for n, *values in found]
    return Written(stored, len(known) - len(against), against)


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*(row.values for row in rows), strict=True)]
