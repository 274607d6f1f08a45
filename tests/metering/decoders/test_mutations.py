"""A short slice of the mutations; `make prove` runs the full size."""

from __future__ import annotations

import random

import pytest

from accounts.models import Household
from metering.models import QuarantinedMessage, Reading
from metering.operations.batch import store_batch
from metering.queries.registry import Registry
from tests.metering.decoders.mutations import RECEIVED, mutated, run, seeds, serials
from tests.metering.factories import a_gateway, a_message, a_meter

SLICE = 4_000
STORED = 300


@pytest.mark.parametrize("seed", [1, 20_260_105])
def test_no_mutation_crashes_or_is_read_as_what_it_does_not_say(seed: int) -> None:
    ends = run(seed, SLICE)
    assert ends.total() == SLICE
    assert {end.partition(":")[0] for end in ends if end.endswith("read")} == {name for name, _ in seeds()}


def test_every_mutation_is_stored_or_quarantined(household: Household) -> None:
    gateway, chance, corpus = a_gateway(), random.Random(3), seeds()  # noqa: S311 - repeatable
    for serial in serials():
        a_meter(household=household, serial=serial, gateway=gateway)
    payloads = [mutated(corpus[n % len(corpus)][1], chance) for n in range(STORED)]
    messages = [a_message(device=gateway, payload=payload, received_at=RECEIVED) for payload in payloads]
    outcome = store_batch(messages=messages, registry=Registry())
    assert outcome.records == outcome.stored + outcome.duplicates + outcome.quarantined
    assert outcome.stored == Reading.objects.count() > 0
    kept = {bytes(row.payload) for row in QuarantinedMessage.objects.all()}
    assert kept
    assert kept <= set(payloads)
