"""Writing rows by the thousand: one statement a table, and what was there before stays.

Many rows go by binary COPY to a temporary table, from there on in the one statement; few are its parameters,
which is quicker for them. Both ways are idempotent, which a bare COPY is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper

from metering.operations.sorting import Row

# From here on the round trips of a COPY cost less than writing the rows into a statement.
MANY: Final = 100
# COPY takes JSON as the text we have.
COPIED_AS: Final = {"jsonb": "text"}


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
        """Store what is not there; answer as `_storing` does."""
        return self._storing(f"SELECT {', '.join(self.columns)} FROM {self.incoming}")  # noqa: S608 - our own names

    @property
    def staging(self) -> str:
        """A temporary table of our connection, for the rows of a batch."""
        columns = ", ".join(f"{name} {COPIED_AS.get(kind, kind)}" for name, kind in self.columns.items())
        return f"CREATE TEMPORARY TABLE IF NOT EXISTS staged_{self.name} ({columns}) ON COMMIT DELETE ROWS"

    @property
    def copy(self) -> str:
        """Fill the temporary table."""
        return f"COPY staged_{self.name} FROM STDIN (FORMAT binary)"

    @property
    def insert_staged(self) -> str:
        """As `insert`, from the temporary table, which is empty afterwards even before the commit."""
        columns = ", ".join(f"{name}::{kind}" for name, kind in self.columns.items())
        staged = f"staged AS (DELETE FROM staged_{self.name} RETURNING *)"  # noqa: S608 - our own names
        return self._storing(f"SELECT {columns} FROM staged", staged)  # noqa: S608 - our own names

    def _storing(self, rows: str, *given: str) -> str:
        """Answer how many were stored; and their keys, a row each, only if fewer than ``%s``."""
        stored = (
            f"stored AS (INSERT INTO {self.name} ({', '.join(self.columns)}) {rows} "
            f"ON CONFLICT DO NOTHING RETURNING {', '.join(self.keys)})"
        )
        return (
            f"WITH {', '.join((*given, stored))} SELECT total.rows, stored.* "  # noqa: S608 - our own names
            "FROM (SELECT count(*) AS rows FROM stored) total LEFT JOIN stored ON total.rows < %s"
        )

    @property
    def known(self) -> str:
        """The places of those rows that are there, whether with another value, and the stored values."""
        differs = " OR ".join(
            f"(incoming.{name} IS NOT NULL AND incoming.{name} IS DISTINCT FROM stored.{name})"
            for name in self.compared
        )
        stored = ", ".join(f"stored.{name}" for name in self.compared)
        return (
            f"SELECT incoming.n::int - 1, {differs}, {stored} FROM {self.incoming} "  # noqa: S608 - our own names
            f"JOIN {self.name} stored USING ({', '.join(self.keys)})"
        )


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the rows of one table: stored, repeated, or contradicting what is stored.

    ``vanished`` are those that the database took and does not have; a rule of somebody's made them disappear.
    """

    stored: list[Row]
    duplicates: int
    contradictions: list[tuple[Row, dict[str, Any]]]
    vanished: list[Row]


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
        "doubts": "text",
        "error_h": "float8",
        "target_at": "timestamptz",
        "target_wh": "bigint",
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
        return Written([], 0, [], [])
    with connection.cursor() as cursor:
        if len(rows) < MANY or not settings.DATABASE_COPY:
            cursor.execute(table.insert, [*_columns(rows), len(rows)])
        else:
            stage(cursor, table, rows)
            cursor.execute(table.insert_staged, [len(rows)])
        answer = cursor.fetchall()
        # Almost always: repetitions come after a crash or from a nervous device.
        if answer[0][0] == len(rows):
            return Written(list(rows), 0, [], [])
        fresh = {tuple(key) for _total, *key in answer}
        stored: list[Row] = []
        known: list[Row] = []
        for row in rows:
            key = row.values[: table.key_size]
            (stored if key in fresh else known).append(row)
            fresh.discard(key)  # the same key again in this batch was not stored twice
        cursor.execute(table.known, _columns(known))
        found = cursor.fetchall()
    against = [
        (known[n], dict(zip(table.compared, values, strict=True))) for n, differs, *values in found if differs
    ]
    there = {n for n, *_rest in found}
    vanished = [row for n, row in enumerate(known) if n not in there]
    return Written(stored, len(there) - len(against), against, vanished)


def stage(cursor: CursorWrapper, table: Table, rows: Sequence[Row]) -> None:
    """Put ``rows`` into the temporary table, inside the transaction that will take them from there."""
    cursor.execute(table.staging)
    with cursor.copy(table.copy) as copy:
        copy.set_types([COPIED_AS.get(kind, kind) for kind in table.columns.values()])
        for row in rows:
            copy.write_row(row.values)


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*(row.values for row in rows), strict=True)]
