"""The home beside homes alike, over HTTP."""

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.period import end_of
from tests import factories
from tests.billing.streets import compared, last_month

pytestmark = pytest.mark.usefixtures("scoped")


def test_twelve_months_the_last_of_them_compared(api: APIClient) -> None:
    now = timezone.now()
    street = compared(11, now=now)
    month = last_month(now).start
    api.force_login(factories.a_resident(household=street[0].household, starts_on=street[0].starts_on))
    months = api.get(f"/api/v1/households/{street[0].household_id}/similar-homes").json()["months"]

    assert len(months) == 12
    assert next(one for one in months if one["month"] == month.isoformat()) == {
        "month": month.isoformat(),
        "degree_days": "500.0",
        "own_wh_m2": 10_000,
        "own_wh_m2_per_degree_day": 20.0,
        "alike_wh_m2_per_degree_day": 21.0,
        "alike": {
            "homes": 11,
            "from_m2": 60,
            "below_m2": 80,
            "floor": "middle",
            "lower_wh_m2": 10_200,
            "median_wh_m2": 10_500,
            "upper_wh_m2": 10_800,
        },
    }


def test_who_came_later_sees_the_others_and_not_who_lived_there_before(api: APIClient) -> None:
    now = timezone.now()
    street = compared(11, now=now)
    month = last_month(now)
    api.force_login(factories.a_resident(household=street[0].household, starts_on=end_of(month)))
    months = api.get(f"/api/v1/households/{street[0].household_id}/similar-homes").json()["months"]

    (told,) = (one for one in months if one["month"] == month.start.isoformat())
    assert told["own_wh_m2"] is None
    assert told["alike"]["homes"] == 11


def test_neighbours_are_no_way_in(api: APIClient) -> None:
    street = compared(2, now=timezone.now())
    api.force_login(factories.a_resident(household=street[1].household))

    assert api.get(f"/api/v1/households/{street[0].household_id}/similar-homes").status_code == 404
