"""What beat asks of the desk: every utility in its own scope and season."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.period import Period, end_of
from accounts.scope import across_utilities, utility_scope
from billing.models import Invoice
from billing.operations.tariffs import enter_season
from comfort.models import ColdSpell
from config.desk.tasks import prune_measurements_task, watch_rooms_task
from metering.models import Reading, RoomTemperature, StorageRules
from tests.billing.factories import a_meter as billed_meter
from tests.factories import a_contract, a_household, a_utility
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


def test_what_a_bill_stands_on_is_kept_and_the_rest_goes() -> None:
    today = timezone.now().date()
    long_ago = today - timedelta(days=1200)
    billed = Period(long_ago + timedelta(days=10), long_ago + timedelta(days=20))
    with utility_scope(a_utility()):
        contract = a_contract(household=a_household(), starts_on=long_ago)
        meter = billed_meter(
            contract=contract,
            registers_wh={long_ago + timedelta(days=n): 1000 * n for n in range(31)},
        )
        Invoice.objects.create(
            contract=contract,
            household=contract.household,
            period_start=billed.start,
            period_end=end_of(billed),
            drafted_at=timezone.now(),
            currency="CNY",
            net_minor=0,
            tax_minor=0,
            total_minor=0,
        )
        StorageRules.objects.create(readings_days=1098)

    prune_measurements_task()

    with across_utilities("a test"):
        kept = Reading.objects.filter(device=meter).order_by("measured_at")
        # Days 10 to 20 are billed; the last of all says where the register stood at the bound.
        assert list(kept.values_list("energy_wh", flat=True)) == [1000 * n for n in (*range(10, 21), 30)]
