"""Storing readings, from the broker's bytes to the commit, beside the bare insertion of the same rows."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

import pytest
from django.db import connection, transaction

from accounts.scope import across_utilities, utility_scope
from metering.models import Reading
from metering.operations.batch import store_batch
from metering.operations.sorting import Message, sort_messages
from metering.operations.tables import READINGS
from metering.queries.registry import Registry
from tests.bench.conftest import Measured
from tests.factories import a_household, a_utility
from tests.metering.factories import NOON, a_message, a_meter, native

METERS: Final = 100
INSTANTS: Final = 200
BATCH: Final = 1000
UTILITY: Final = "bench-heat"


def _batches(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    return (messages[start : start + BATCH] for start in range(0, len(messages), BATCH))


def _a_night() -> list[Message]:
    """The readings of many meters, interleaved as a broker would deliver them."""
    meters = [a_meter(household=a_household()) for _ in range(METERS)]
    return [
        a_message(
            device=meter,
            payload=native(
                measured_at=NOON - timedelta(minutes=5 * instant),
                energy_kwh=6884.0 - instant / 100,
                volume_m3=645.319,
                power_kw=0.111,
                supply_c=51.7,
                return_c=27.6,
            ),
            utility=UTILITY,
        )
        for instant in range(INSTANTS)
        for meter in meters
    ]


def _columns(messages: Sequence[Message], registry: Registry) -> list[list[Any]]:
    rows = sort_messages(messages=messages, registry=registry).readings
    return [list(column) for column in zip(*(row.values for row in rows), strict=True)]


@pytest.mark.django_db(transaction=True)
def bench_store_batch(measured: Callable[[Measured], None]) -> None:
    with utility_scope(a_utility(slug=UTILITY)):
        messages = _a_night()
    registry = Registry()
    rows = [sort_messages(messages=batch, registry=registry).readings for batch in _batches(messages)]
    columns = [
        [list(column) for column in zip(*(row.values for row in batch), strict=True)] for batch in rows
    ]

    began = time.perf_counter()
    for batch in columns:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(READINGS.insert, [*batch, BATCH])
    bare_s = time.perf_counter() - began
    with across_utilities("the measurement counts and begins anew"), connection.cursor() as cursor:
        assert Reading.objects.count() == len(messages)
        cursor.execute("TRUNCATE metering_reading")

    began = time.perf_counter()
    stored = sum(store_batch(messages=batch, registry=registry).stored for batch in _batches(messages))
    ours_s = time.perf_counter() - began
    assert stored == len(messages)

    measured(
        Measured(
            what="store_batch: decoded, checked, stored, committed",
            ours=stored / ours_s,
            beside="the bare INSERT of the same rows",
            theirs=stored / bare_s,
            unit="readings/s",
        )
    )
