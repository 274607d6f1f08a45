"""Many rows and few take different ways into a table and end the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Household
from metering.models import Reading
from metering.operations.batch import BatchOutcome, store_batch
from metering.operations.sorting import Message, Row, sort_messages
from metering.operations.tables import MANY, READINGS, write_rows
from metering.queries.registry import Registry
from tests.metering.factories import NOON, a_message, a_meter, native

pytestmark = pytest.mark.parametrize("number", [MANY - 1, MANY + 50])


def readings(household: Household, number: int) -> list[Message]:
    """A meter's backlog, each with something beside the canonical fields."""
    meter = a_meter(household=household)
    return [
        a_message(
            device=meter,
            payload=native(
                measured_at=NOON - timedelta(minutes=n), energy_kwh=n + 0.125, vendor={"n": "\t\\N"}
            ),
        )
        for n in range(number)
    ]


def counts(outcome: BatchOutcome) -> tuple[int, int, int]:
    """Stored, repeated, quarantined."""
    return outcome.stored, outcome.duplicates, outcome.quarantined


def test_rows_are_stored_as_they_were_said(household: Household, number: int) -> None:
    outcome = store_batch(messages=readings(household, number), registry=Registry())

    assert counts(outcome) == (number, 0, 0)
    stored = list(Reading.objects.order_by("-measured_at"))
    assert [row.energy_wh for row in stored] == [1000 * n + 125 for n in range(number)]
    assert {row.received_at for row in stored} == {NOON}
    assert [row.raw for row in stored] == [{"vendor": {"n": "\t\\N"}}] * number
    assert {row.power_w for row in stored} == {None}


def test_repeated_at_once_and_again_in_the_same_transaction_they_are_stored_once(
    household: Household, number: int
) -> None:
    said, registry = readings(household, number), Registry()
    with transaction.atomic():
        first = store_batch(messages=[*said, *said[:3]], registry=registry)
        again = store_batch(messages=said, registry=registry)

    assert (counts(first), counts(again)) == ((number, 3, 0), (0, number, 0))
    assert Reading.objects.count() == number


def test_the_first_of_two_that_contradict_each_other_stays(household: Household, number: int) -> None:
    said = readings(household, number)
    liar = said[0]._replace(payload=said[0].payload.replace(b"0.125", b"7.125"))

    outcome = store_batch(messages=[*said, liar], registry=Registry())

    assert counts(outcome) == (number, 0, 1)
    assert list(Reading.objects.order_by("-measured_at").values_list("energy_wh", flat=True)[:1]) == [125]


def test_refused_by_the_database_nothing_stays_behind(household: Household, number: int) -> None:
    batch = sort_messages(messages=readings(household, number), registry=Registry())
    place = list(READINGS.columns).index("energy_wh")
    nothing = [*batch.readings[0].values]
    nothing[place] = None
    with pytest.raises(IntegrityError), transaction.atomic():
        write_rows(READINGS, [Row(0, tuple(nothing)), *batch.readings])
    assert Reading.objects.count() == 0

    assert len(write_rows(READINGS, batch.readings).stored) == number
    assert Reading.objects.count() == number
