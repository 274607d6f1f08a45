"""What beat asks of the desk: every utility in its own scope and season."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.scope import across_utilities, utility_scope
from billing.operations.tariffs import enter_season
from comfort.models import ColdSpell
from config.desk.tasks import watch_rooms_task
from metering.models import RoomTemperature
from tests.factories import a_household, a_utility
from tests.metering.factories import a_room_sensor

pytestmark = pytest.mark.django_db


def test_homes_are_watched_in_the_heating_season_of_their_utility() -> None:
    now = timezone.now()
    today = now.date()
    seasons = {
        "all-year": None,
        "heating": (today - timedelta(days=9), today + timedelta(days=9)),
        "summer": (today + timedelta(days=90), today + timedelta(days=99)),
    }
    for slug, season in seasons.items():
        with utility_scope(a_utility(slug=slug)):
            if season is not None:
                enter_season(starts_on=season[0], ends_on=season[1])
            sensor = a_room_sensor(household=a_household())
            for quarter in range(9):
                at = now - timedelta(minutes=15 * quarter)
                RoomTemperature.objects.create(
                    device=sensor, measured_at=at, temperature_c=16.0, received_at=at
                )

    watch_rooms_task()

    with across_utilities("the test counts them all"):
        cold = ColdSpell.objects.order_by("utility__slug").values_list("utility__slug", flat=True)
        assert list(cold) == ["all-year", "heating"]
