"""What the season will cost, on the page and over HTTP."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.enums import MembershipRole
from accounts.models import Contract
from billing.models import DegreeDays
from billing.operations.tariffs import activate_version, enter_season
from tests.billing.factories import a_meter, a_plan, a_version
from tests.factories import a_contract, a_household, a_resident

pytestmark = pytest.mark.usefixtures("scoped")


@pytest.fixture
def contract() -> Contract:
    """A season that began sixty days ago, three years of the same cold, 1,000 kWh so far."""
    today = timezone.localdate()
    start = today - timedelta(days=60)
    enter_season(starts_on=start, ends_on=today + timedelta(days=60))
    activate_version(version=a_version(plan=a_plan(), starts_on=start))
    contract = a_contract(household=a_household(floor_area_m2=Decimal(100)), starts_on=start)
    a_meter(contract=contract, registers_wh={start: 0, today - timedelta(days=1): 1_000_000})
    for months in range(40):
        year, month = divmod(today.year * 12 + today.month - 2 - months, 12)
        DegreeDays.objects.create(month=date(year, month + 1, 1), kelvin_days=600)
    return contract


def test_a_sentence_bars_and_a_table(client: Client, contract: Contract) -> None:
    client.force_login(a_resident(household=contract.household, starts_on=contract.starts_on))
    page = client.get(f"/homes/{contract.household_id}/season").content.decode()

    assert "The whole season will come to" in page
    assert "Rooms one degree cooler for the rest of it would save about ¥" in page
    assert page.count("<rect") == 4
    assert "1,000 kWh" in page


def test_the_home_leads_there_and_it_is_told_in_chinese(client: Client, contract: Contract) -> None:
    client.force_login(a_resident(household=contract.household, starts_on=contract.starts_on))

    address = f"/homes/{contract.household_id}/season"
    assert address in client.get(f"/homes/{contract.household_id}/").content.decode()
    assert "本采暖季的费用" in client.get(address, headers={"Accept-Language": "zh-hans"}).content.decode()


def test_without_a_season_it_says_so(client: Client) -> None:
    household = a_household()
    client.force_login(a_resident(household=household))

    assert "No heating season runs today." in client.get(f"/homes/{household.pk}/season").content.decode()


def test_the_same_over_http(api: APIClient, contract: Contract) -> None:
    api.force_login(a_resident(household=contract.household, starts_on=contract.starts_on))
    answer = api.get(f"/api/v1/households/{contract.household_id}/season-forecast").json()

    assert (answer["so_far_wh"], answer["cap"], answer["cap_percent"]) == (1_000_000, None, None)
    assert Decimal(answer["mild"]["amount"]) <= Decimal(answer["cold"]["amount"])
    assert Decimal(answer["one_degree_less_saves"]["amount"]) > 0


def test_a_home_without_a_season_answers_why_and_a_caretaker_is_refused(api: APIClient) -> None:
    household = a_household()
    api.force_login(a_resident(household=household))
    answer = api.get(f"/api/v1/households/{household.pk}/season-forecast")
    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "no_forecast")
    api.force_login(a_resident(household=household, role=MembershipRole.CARETAKER))
    assert api.get(f"/api/v1/households/{household.pk}/season-forecast").status_code == 403
