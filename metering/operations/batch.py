"""Storing what the broker delivered: a batch is one transaction, and ends as rows or in quarantine."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import DataError, IntegrityError, connection, transaction

from accounts.scope import across_utilities
from metering.decoders import Fault
from metering.enums import Reason
from metering.models import UnbalancedBatch
from metering.operations.sorting import Heard, Message, Row, Sorted, sort_messages
from metering.operations.tables import READINGS, TELEMETRY, TEMPERATURES, Table, Written, write_rows
from metering.operations.validation import OVERLAP, validate_again
from metering.queries.registry import Registry

logger = logging.getLogger(__name__)

MAX_FAULTS_SHOWN: Final = 20
TIMES: Final = 5  # the place of times_received in a row of QUARANTINE
# Connectivity is a state, not a measurement: the later arrival wins, and going away twice is going away once.
STATUS: Final = """
INSERT INTO metering_connectivity AS known (device_id, utility_id, online, at, received_at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::boolean[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT (device_id) DO UPDATE
SET online = excluded.online, at = excluded.at, received_at = excluded.received_at
WHERE excluded.received_at >= known.received_at AND (known.online OR excluded.online)
"""
QUARANTINE: Final = """
INSERT INTO metering_quarantinedmessage AS known
    (utility_id, topic, payload, sha256, received_at, last_received_at, times_received,
     reason, detail, state, decision)
SELECT utility_id, topic, payload, sha256, received_at, received_at, times, reason, detail, 'waiting', ''
FROM unnest(%s::bigint[], %s::text[], %s::bytea[], %s::text[], %s::timestamptz[], %s::int[],
            %s::text[], %s::text[])
    AS incoming(utility_id, topic, payload, sha256, received_at, times, reason, detail)
ON CONFLICT (topic, sha256) DO UPDATE
SET times_received = known.times_received + excluded.times_received,
    last_received_at = excluded.last_received_at, reason = excluded.reason, detail = excluded.detail,
    state = CASE known.state WHEN 'discarded' THEN known.state ELSE 'waiting' END,
    decided_at = CASE known.state WHEN 'discarded' THEN known.decided_at END
"""


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What became of a batch; ``records == stored + duplicates + quarantined``.

    ``readings`` and ``temperatures`` are the rows that were stored now, in the columns of their tables.
    """

    records: int
    stored: int
    duplicates: int
    quarantined: int
    ignored: int
    readings: list[tuple[Any, ...]]
    temperatures: list[tuple[Any, ...]]

    @property
    def unaccounted(self) -> int:
        """How many records ended as nothing; 0 always, or there is a defect in here."""
        return self.records - self.stored - self.duplicates - self.quarantined

    def __add__(self, other: BatchOutcome) -> BatchOutcome:
        """Two batches as one."""
        return BatchOutcome(
            records=self.records + other.records,
            stored=self.stored + other.stored,
            duplicates=self.duplicates + other.duplicates,
            quarantined=self.quarantined + other.quarantined,
            ignored=self.ignored + other.ignored,
            readings=self.readings + other.readings,
            temperatures=self.temperatures + other.temperatures,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A batch as it was written inside a transaction, and the faults of the messages that had any."""

    outcome: BatchOutcome
    faults: Mapping[int, Sequence[Fault]]
    utilities: Mapping[int, int]


def store_batch(
    *,
    messages: Sequence[Message],
    registry: Registry,
    heard: Heard | None = None,
    at: datetime | None = None,
) -> BatchOutcome:
    """Store every message of the batch once in effect, or keep it whole in quarantine; one transaction.

    A message that the database itself refuses is found by halving and quarantined alone, so that no
    message can hold up the line. Serves all utilities at once. ``heard`` is what `hear_messages` made of the
    same messages, if that was done before. What waited too long by ``at``, now, for validation to come
    past it again is asked for.

    Raises:
        OperationalError: the database is gone; nothing was stored, the same batch may be given again.
    """
    try:
        # Rows and quarantine commit together: acknowledged is what is in one of the two.
        with transaction.atomic():
            kept = keep(messages=messages, registry=registry, heard=heard)
            _quarantine(messages, kept)
            note_imbalance(outcome=kept.outcome, utilities=set(kept.utilities.values()), at=_last(messages))
            if at is not None and _is_behind(messages, at=at):
                validate_again(readings=kept.outcome.readings)
    except (IntegrityError, DataError) as error:
        # A device deleted since it was remembered would be refused too.
        registry.forget()
        if len(messages) > 1:
            logger.warning("The database refused a batch of %d; halving it: %s", len(messages), error)
            middle = len(messages) // 2
            first = store_batch(messages=messages[:middle], registry=registry, at=at)
            return first + store_batch(messages=messages[middle:], registry=registry, at=at)
        return _quarantine_refused(messages[0], registry=registry, error=error)
    return kept.outcome


def keep(*, messages: Sequence[Message], registry: Registry, heard: Heard | None = None) -> Kept:
    """Write the batch's rows inside the caller's transaction; the faults are the caller's to keep."""
    batch = sort_messages(messages=messages, registry=registry, heard=heard)
    readings = _write(READINGS, batch.readings, batch=batch)
    temperatures = _write(TEMPERATURES, batch.temperatures, batch=batch)
    telemetry = _write(TELEMETRY, batch.telemetry, batch=batch)
    _write_statuses(batch.statuses)
    written = (readings, temperatures, telemetry)
    outcome = BatchOutcome(
        records=batch.records,
        stored=sum(len(table.stored) for table in written) + len(batch.statuses),
        duplicates=sum(table.duplicates for table in written),
        quarantined=sum(len(faults) for faults in batch.faults.values()),
        ignored=batch.ignored,
        readings=[row.values for row in readings.stored],
        temperatures=[row.values for row in temperatures.stored],
    )
    return Kept(outcome, batch.faults, batch.utilities)


def note_imbalance(*, outcome: BatchOutcome, utilities: Collection[int], at: datetime) -> None:
    """Keep on record, for every utility concerned, that a batch does not balance; nothing where it does.

    In the caller's transaction: the alarm that stands on it outlives every process.
    """
    if not outcome.unaccounted:
        return
    with across_utilities("a batch is of many utilities"):
        UnbalancedBatch.objects.bulk_create(
            UnbalancedBatch(
                utility_id=utility_id,
                at=at,
                records=outcome.records,
                stored=outcome.stored,
                duplicates=outcome.duplicates,
                quarantined=outcome.quarantined,
            )
            for utility_id in utilities
        )


def described(faults: Sequence[Fault]) -> tuple[str, str]:
    """The reason that stands for a message's faults, and all their sentences."""
    lines = [fault.detail for fault in faults[:MAX_FAULTS_SHOWN]]
    if len(faults) > MAX_FAULTS_SHOWN:
        lines.append(f"And {len(faults) - MAX_FAULTS_SHOWN} more.")
    return faults[0].reason.value, "\n".join(lines)


def _write(table: Table, rows: Sequence[Row], *, batch: Sorted) -> Written:
    written = write_rows(table, rows)
    for row, stored in written.contradictions:
        values = ", ".join(f"{name} {value}" for name, value in stored.items())
        measured_at = row.values[table.key_size - 1].isoformat()
        detail = f"Another value is stored for device {row.values[0]} at {measured_at}: {values}."
        batch.faults[row.message].append(Fault(Reason.CONFLICT, detail))
    for row in written.vanished:
        measured_at = row.values[table.key_size - 1].isoformat()
        detail = (
            f"The database took the value of device {row.values[0]} at {measured_at}, and does not have it."
        )
        batch.faults[row.message].append(Fault(Reason.VANISHED, detail))
    return written


def _write_statuses(rows: Sequence[Row]) -> None:
    if not rows:
        return
    # One row a device: a statement may not update the same row twice.
    latest = {row.values[0]: row.values for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(STATUS, [list(column) for column in zip(*latest.values(), strict=True)])


def _last(messages: Sequence[Message]) -> datetime:
    """When the newest of the messages came."""
    return max((one.received_at for one in messages), default=datetime.min.replace(tzinfo=UTC))


def _is_behind(messages: Sequence[Message], *, at: datetime) -> bool:
    """Whether validation may have passed these arrivals while they waited in memory for the database."""
    return bool(messages) and at - min(one.received_at for one in messages) > OVERLAP / 2


def _quarantine(messages: Sequence[Message], kept: Kept) -> None:
    """Keep the faulty messages whole; the same message twice is one row."""
    # One row a message, as above; how often it came is added up.
    rows: dict[tuple[str, str], list[Any]] = {}
    for n, faults in kept.faults.items():
        topic, payload, received_at = messages[n]
        sha256 = hashlib.sha256(payload).hexdigest()
        row = [kept.utilities.get(n), topic, payload, sha256, received_at, 0, *described(faults)]
        rows.setdefault((topic, sha256), row)[TIMES] += 1
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(QUARANTINE, [list(column) for column in zip(*rows.values(), strict=True)])


def _quarantine_refused(message: Message, *, registry: Registry, error: Exception) -> BatchOutcome:
    batch = sort_messages(messages=[message], registry=registry)
    refusal = Fault(Reason.IMPLAUSIBLE, f"The database refused it: {str(error).splitlines()[0]}")
    faults = [refusal] * max(batch.records, 1)
    outcome = BatchOutcome(len(faults), 0, 0, len(faults), 0, [], [])
    with transaction.atomic():
        _quarantine([message], Kept(outcome, {0: faults}, batch.utilities))
    return outcome
