"""A short slice of the storm that `make prove` runs in full: whatever happens to money, all books agree."""

from __future__ import annotations

import os

import pytest
from pytest_django import Settings

from tests.billing.storm.storm import run

SEED = int(os.environ.get("SEED", "20261122"))
SHORT = 600


@pytest.mark.django_db(transaction=True)
def test_after_any_storm_ledger_provider_and_bills_agree(settings: Settings) -> None:
    settings.TASK_APP = "tests.billing.storm.world.QUEUE"

    outcome = run(seed=SEED, operations=SHORT)

    assert outcome.faults == []
    assert outcome.operations == SHORT
    # The storm was one: workers died in the middle of things.
    assert outcome.crashes > SHORT // 50
