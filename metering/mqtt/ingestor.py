"""The loop: take what has arrived, store it, acknowledge it, tell the phones."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from django.db import Error, InterfaceError, OperationalError, connection

from metering.enums import GapState
from metering.live import LiveUpdate, publish
from metering.mqtt import metrics
from metering.mqtt.receiver import Delivery, Receiver
from metering.operations.batch import BatchOutcome, store_batch
from metering.operations.sorting import Heard, Message, hear_messages
from metering.queries.balance import unbalanced_batches
from metering.queries.gaps import gap_counts
from metering.queries.registry import Registry

logger = logging.getLogger(__name__)

BATCH: Final = 1000
# What is being stored, what is being decoded, and as much again arriving. (The embedded broker sends 100
# at most.)
WINDOW: Final = 4 * BATCH
PATIENCE_S: Final = 0.5
FIRST_PAUSE_S: Final = 0.2
LONGEST_PAUSE_S: Final = 5.0
# How old the registry's memory may be: a device that was moved or removed is noticed after this long.
MEMORY_S: Final = 5.0
# Gaps are looked for every hour; how many there are need not be asked more often than this.
GAPS_S: Final = 60.0


class _Taken(NamedTuple):
    """A batch that was decoded and is to be stored."""

    deliveries: list[Delivery]
    messages: list[Message]
    heard: Heard


class Ingestor:
    """Stores what a receiver delivers until it is told to stop."""

    def __init__(self, receiver: Receiver) -> None:
        """Take from ``receiver``; it is started and stopped with the loop."""
        self._receiver = receiver
        self._registry = Registry()
        self._remembered_s = time.monotonic()
        self._counted_s = time.monotonic() - 2 * GAPS_S
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End after the batch in hand; safe to call from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until `stop`. What was not stored by then stays with the broker."""
        self._receiver.start()
        try:
            with ThreadPoolExecutor(max_workers=1, thread_name_prefix="decode") as decoding:
                ahead = decoding.submit(self._take)
                while not self._stopping.is_set():
                    taken = ahead.result()
                    # The next batch is decoded while the database has this one to do.
                    ahead = decoding.submit(self._take)
                    self._watch_gaps()
                    if taken.deliveries:
                        self._serve(taken)
        finally:
            self._receiver.stop()

    def _take(self) -> _Taken:
        deliveries = self._receiver.take(at_most=BATCH, patience_s=PATIENCE_S)
        messages = [one.message for one in deliveries]
        with metrics.DECODE_SECONDS.time():
            return _Taken(deliveries, messages, hear_messages(messages=messages, zone=self._registry.zone))

    def _serve(self, taken: _Taken) -> None:
        self._refresh()
        with metrics.BATCH_SECONDS.time():
            outcome = self._store(taken)
        if outcome is None:
            return
        # Before the phones are told: what is stored is stored, and a slow Valkey must not hold up the broker.
        self._receiver.acknowledge(taken.deliveries)
        metrics.LAG.set((datetime.now(UTC) - taken.messages[0].received_at).total_seconds())
        count(outcome)
        self._tell(outcome)

    def _refresh(self) -> None:
        now_s = time.monotonic()
        if now_s - self._remembered_s > MEMORY_S:
            self._registry.forget()
            self._remembered_s = now_s

    def _watch_gaps(self) -> None:
        if time.monotonic() - self._counted_s > GAPS_S:
            self._counted_s = time.monotonic()
            count_gaps()

    def _store(self, taken: _Taken) -> BatchOutcome | None:
        """Store the batch, however long the database is away; None when told to stop meanwhile."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return store_batch(
                    messages=taken.messages,
                    registry=self._registry,
                    heard=taken.heard,
                    at=datetime.now(UTC),
                )
            except (OperationalError, InterfaceError) as error:
                logger.warning("the database is away, %d messages wait: %s", len(taken.messages), error)
            # Nothing was acknowledged, so the broker's window fills and it stops sending.
            metrics.RETRIES.inc()
            connection.close()
            if self._stopping.wait(pause_s):
                return None
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _tell(self, outcome: BatchOutcome) -> None:
        try:
            # After the commit, so that a lookup never delays the acknowledgement.
            self._registry.learn_homes({row[0] for row in (*outcome.readings, *outcome.temperatures)})
        except Error as error:
            # All is stored; a phone that misses this update shows the next one.
            logger.warning("live updates skipped: %s", error)
            connection.close()
            return
        updates = [*_meter_updates(outcome.readings, self._registry)]
        updates += _room_updates(outcome.temperatures, self._registry)
        if updates:
            publish(updates)


def count_gaps() -> None:
    """Show the gaps in readings by state, and the batches amiss; stale while the database is away."""
    try:
        counts = gap_counts()
        metrics.UNBALANCED.set(unbalanced_batches())
    except (OperationalError, InterfaceError) as error:
        logger.warning("gaps not counted: %s", error)
        connection.close()
        return
    for state in (GapState.OPEN, GapState.ASKED, GapState.GIVEN_UP):
        metrics.GAPS.labels(state.value).set(counts[state])


def count(outcome: BatchOutcome) -> None:
    """Add a batch to the counters, and raise the alarm if it does not balance."""
    if outcome.unaccounted:
        metrics.UNACCOUNTED.inc(abs(outcome.unaccounted))
        logger.error("%d of %d records ended as nothing", outcome.unaccounted, outcome.records)
    metrics.RECORDS.inc(outcome.records)
    metrics.OUTCOMES.labels("stored").inc(outcome.stored)
    metrics.OUTCOMES.labels("duplicate").inc(outcome.duplicates)
    metrics.OUTCOMES.labels("quarantined").inc(outcome.quarantined)
    metrics.IGNORED.inc(outcome.ignored)
    metrics.LAST_COMMIT.set_to_current_time()


def _newest(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    """One row a device, the newest: a phone has no use for the rest of a backlog."""
    newest: dict[int, tuple[Any, ...]] = {}
    for row in rows:
        known = newest.get(row[0])
        if known is None or known[1] < row[1]:
            newest[row[0]] = row
    return newest.values()


def _meter_updates(rows: Iterable[tuple[Any, ...]], registry: Registry) -> Iterator[LiveUpdate]:
    names = ("energy_wh", "volume_l", "power_w", "flow_l_h", "supply_c", "return_c")
    for device_id, measured_at, _utility, *values in _newest(rows):
        household_id = registry.home_at(device_id, measured_at)
        if household_id is not None:
            yield LiveUpdate(
                household_id=household_id,
                kind="meter",
                device_id=device_id,
                measured_at=measured_at,
                values=dict(zip(names, values, strict=False)),
            )


def _room_updates(rows: Iterable[tuple[Any, ...]], registry: Registry) -> Iterator[LiveUpdate]:
    for device_id, measured_at, _utility, temperature_c, humidity_pct, _received_at in _newest(rows):
        household_id = registry.home_at(device_id, measured_at)
        if household_id is not None:
            yield LiveUpdate(
                household_id=household_id,
                kind="room",
                device_id=device_id,
                measured_at=measured_at,
                values={"temperature_c": temperature_c, "humidity_pct": humidity_pct},
            )
