"""The counters balance, and say so aloud where they do not."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import REGISTRY

from metering.mqtt.ingestor import count
from metering.operations.batch import BatchOutcome


def unaccounted() -> float:
    """The counter that an alarm watches."""
    return REGISTRY.get_sample_value("hearthline_ingest_unaccounted_total") or 0.0


def outcome(*, records: int) -> BatchOutcome:
    """Ten records that ended somewhere, of so many."""
    return BatchOutcome(
        records=records, stored=6, duplicates=3, quarantined=1, ignored=2, readings=[], temperatures=[]
    )


def test_a_batch_that_balances_raises_nothing(caplog: pytest.LogCaptureFixture) -> None:
    before = unaccounted()
    count(outcome(records=10))
    assert unaccounted() == before
    assert not caplog.records


@pytest.mark.parametrize("records", [8, 12])
def test_a_record_that_ended_as_nothing_or_twice_raises_the_alarm(
    caplog: pytest.LogCaptureFixture, records: int
) -> None:
    before = unaccounted()
    count(outcome(records=records))
    assert unaccounted() == before + 2
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
