from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from accounts.models import Household, User
from accounts.scope import utility_scope
from tests.factories import a_household, a_membership, a_resident, a_utility
from tests.metering.factories import a_meter, a_reading, a_room_sensor, a_room_temperature


def test_a_home_shows_its_freshest_values_and_their_age(
    api: APIClient, resident: User, household: Household
) -> None:
    api.force_login(resident)
    meter, sensor = a_meter(household=household), a_room_sensor(household=household)
    now = timezone.now()
    a_reading(device=meter, measured_at=now - timedelta(minutes=2))
    a_room_temperature(device=sensor, measured_at=now - timedelta(seconds=30))
    answer = api.get(f"/api/v1/households/{household.pk}")
    assert answer.status_code == 200
    home = answer.json()
    assert (home["id"], home["name"], home["role"]) == (household.pk, str(household), "owner")
    (meter_now,) = home["meters"]
    assert (meter_now["device"], meter_now["energy_wh"], meter_now["supply_c"]) == (meter.pk, 6_884_000, 51.7)
    assert 120 <= meter_now["age_seconds"] < 150
    (room_now,) = home["rooms"]
    assert (room_now["device"], room_now["temperature_c"]) == (sensor.pk, 21.4)
    assert 30 <= room_now["age_seconds"] < 60


def test_a_home_nobody_has_measured_has_no_values(
    api: APIClient, resident: User, household: Household
) -> None:
    api.force_login(resident)
    home = api.get(f"/api/v1/households/{household.pk}").json()
    assert (home["meters"], home["rooms"]) == ([], [])


def test_homes_of_two_utilities_stand_in_one_list(
    api: APIClient, resident: User, household: Household
) -> None:
    a_reading(device=a_meter(household=household), energy_wh=1)
    with utility_scope(a_utility(name="Another")):
        elsewhere = a_household()
        a_membership(user=resident, household=elsewhere)
        a_reading(device=a_meter(household=elsewhere), energy_wh=2)
    api.force_login(resident)
    homes = api.get("/api/v1/households").json()
    found = {home["id"]: home["meters"][0]["energy_wh"] for home in homes}
    assert found == {household.pk: 1, elsewhere.pk: 2}


def test_a_strangers_home_is_not_there(api: APIClient, resident: User) -> None:
    api.force_login(resident)
    neighbour = a_household()
    a_resident(household=neighbour)
    answer = api.get(f"/api/v1/households/{neighbour.pk}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert api.get(f"/api/v1/households/{neighbour.pk}/consumption").status_code == 404


def test_nobody_is_asked_to_sign_in_first(api: APIClient, household: Household) -> None:
    assert api.get("/api/v1/households").status_code == 401
    assert api.get(f"/api/v1/households/{household.pk}").status_code == 401


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_questions_for_one_home_and_for_three(
    api: APIClient,
    resident: User,
    household: Household,
    count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    homes = [household, *(a_household(building=household.building) for _ in range(count - 1))]
    for home in homes:
        if home != household:
            a_membership(user=resident, household=home)
        a_reading(device=a_meter(household=home))
        a_room_temperature(device=a_room_sensor(household=home))
    api.force_login(resident)
    with django_assert_max_num_queries(7):  # session, person, homes, three for their values, and one to spare
        answer = api.get("/api/v1/households")
    assert len(answer.json()) == count
