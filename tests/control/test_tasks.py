"""What beat asks of control: every utility has its turn, whatever ails another."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfoNotFoundError

import pytest
from django.utils import timezone

from accounts.models import Utility
from accounts.scope import utility_scope
from control.enums import Mode
from control.models import RolloutStage
from control.tasks import switch_due_task
from tests.control.factories import a_control
from tests.factories import a_substation, a_utility

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken() -> Utility:
    """The first in every round, whose days nobody can tell."""
    utility = a_utility()
    Utility.objects.filter(pk=utility.pk).update(time_zone="Nowhere/At_All")
    return utility


def test_a_station_is_taken_on_its_day_though_another_utility_cannot_say_which_day_it_is(
    broken: Utility,
) -> None:
    good = a_utility()
    now = timezone.now()
    with utility_scope(good):
        station = a_substation()
        control = a_control(substation=station, mode=Mode.SHADOW)
        today = good.local_date(now)
        RolloutStage.objects.create(
            substation=station, baseline_from=today - timedelta(days=90), starts_on=today
        )
    assert broken.pk < good.pk

    with pytest.raises(ZoneInfoNotFoundError):
        switch_due_task()

    with utility_scope(good):
        control.refresh_from_db()
        assert control.mode == Mode.ACTIVE
