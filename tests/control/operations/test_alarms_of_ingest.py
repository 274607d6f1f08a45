"""Ingest that lost something is an alarm like any other: found, on record, told, over in a week."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Utility
from accounts.scope import utility_scope
from control.alarm_words import sentence
from control.models import Alarm
from control.operations.alarms import watch_plant
from metering.operations.batch import BatchOutcome, note_imbalance
from tests.factories import a_utility
from tests.metering.factories import NOON

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_a_batch_that_does_not_balance_is_an_alarm_of_every_utility_in_it_for_a_week(scoped: Utility) -> None:
    other, innocent = a_utility(), a_utility()
    amiss = BatchOutcome(
        records=10, stored=6, duplicates=1, quarantined=1, ignored=0, readings=[], temperatures=[]
    )
    note_imbalance(outcome=amiss, utilities=[scoped.pk, other.pk], at=NOON)

    for utility, alarms in ((scoped, 1), (other, 1), (innocent, 0)):
        with utility_scope(utility):
            watch_plant(at=NOON + MINUTE)
            assert Alarm.objects.count() == alarms
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.severity, alarm.where, alarm.value) == ("unaccounted", "major", scoped, 2)
    assert "within a week: 2.0." in sentence(alarm)

    watch_plant(at=NOON + timedelta(days=7) - MINUTE)
    alarm.refresh_from_db()
    assert alarm.cleared_at is None
    for late in (timedelta(0), timedelta(minutes=6)):
        watch_plant(at=NOON + timedelta(days=7) + late)
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
