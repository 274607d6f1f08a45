"""The same migrations and the same reading path on TimescaleDB: hypertables, compression, retention."""

from typing import Any, Final

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper

from config.settings import engine

pytestmark = pytest.mark.timescale

HYPERTABLES: Final = ("metering_reading", "metering_roomtemperature", "metering_telemetryvalue")


def _rows(connection: BaseDatabaseWrapper, query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def test_the_engine_is_found_by_asking_the_server(timescale: BaseDatabaseWrapper) -> None:
    assert timescale.settings_dict["ENGINE"] == engine.TIMESCALE


def test_what_was_measured_lives_in_compressed_hypertables(timescale: BaseDatabaseWrapper) -> None:
    found = _rows(
        timescale,
        "SELECT hypertable_name, compression_enabled FROM timescaledb_information.hypertables ORDER BY 1",
    )

    assert found == [(table, True) for table in HYPERTABLES]


def test_every_hypertable_is_compressed_and_pruned_by_policy(timescale: BaseDatabaseWrapper) -> None:
    jobs = _rows(
        timescale,
        "SELECT hypertable_name, proc_name FROM timescaledb_information.jobs"
        " WHERE hypertable_name IS NOT NULL ORDER BY 1, 2",
    )

    policies = ("policy_compression", "policy_retention")
    assert jobs == [(table, policy) for table in HYPERTABLES for policy in policies]


def test_a_reading_keeps_its_natural_key(timescale: BaseDatabaseWrapper) -> None:
    key = _rows(
        timescale,
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'metering_reading'::regclass AND contype = 'p'",
    )

    assert key == [("PRIMARY KEY (device_id, measured_at)",)]
