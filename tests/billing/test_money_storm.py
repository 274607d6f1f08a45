"""A short slice of the storm that `make prove` runs in full: whatever happens to money, all books agree."""

from __future__ import annotations

import os

import pytest
from django.db.models import F
from pytest_django import Settings

from accounts.scope import across_utilities
from billing.models import NumberSequence
from tests.billing.storm.checker import faults
from tests.billing.storm.standing import wounds
from tests.billing.storm.steps import issue
from tests.billing.storm.storm import run
from tests.billing.storm.world import a_world

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
    assert {"lost", "duplicated", "delayed", "on time"} == outcome.webhooks.keys()
    assert outcome.steps.keys() >= {"charge_cards", "agree", "write_reminders"}


@pytest.mark.django_db(transaction=True)
def test_the_checkers_would_see_it(settings: Settings) -> None:
    settings.TASK_APP = "tests.billing.storm.world.QUEUE"
    world = a_world(seed=SEED, customers=2)
    issue(world)
    assert wounds(world) == faults(world) == []

    with across_utilities("a number is taken by nobody"):
        NumberSequence.objects.update(last_number=F("last_number") + 1)
    paid = {"object": "charge", "payment_intent": "pi_1", "paid": True}
    for charge in ("ch_1", "ch_2"):
        world.fake.book.add({**paid, "id": charge})
    world.outside_minor[world.customers[0].contract.pk] += 100

    seen, found = wounds(world), faults(world)
    assert [sentence.partition(":")[2] for sentence in seen[:1]] == [" 2 numbers taken, 1 used"]
    assert "pi_1 has 2 charges" in seen
    assert "payment pi_1 was charged 2 times" in found
    assert any(fault.startswith("customers: ") for fault in found)
