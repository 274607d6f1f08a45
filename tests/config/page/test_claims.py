"""The form with which a person without a home says which is theirs."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Household, Membership, User
from accounts.queries.claims import claim_code
from metering.operations.claims import OF_A_PERSON
from tests.billing.factories import a_bill, a_customer, a_tariff
from tests.factories import a_resident, a_user
from tests.metering.factories import a_meter


@pytest.fixture
def newcomer(household: Household, client: Client) -> User:
    user = a_user(email="new@example.com")
    a_meter(household=household, serial="67000118")
    client.force_login(user)
    return user


def test_the_numbers_lead_into_the_home(client: Client, household: Household, newcomer: User) -> None:
    said = {"customer_number": household.customer_number, "meter_serial": "67000118"}

    answer = client.post("/homes/claim", said, follow=True)

    assert answer.redirect_chain == [(f"/homes/{household.pk}/", HTTPStatus.FOUND)]
    assert "This home is now yours to see." in answer.content.decode()
    assert Membership.objects.get(user=newcomer).household == household


@pytest.mark.usefixtures("newcomer")
def test_a_typo_keeps_what_was_typed_and_says_what_to_do(client: Client) -> None:
    answer = client.post("/homes/claim", {"customer_number": "NR-7", "meter_serial": "67"})
    page = answer.content.decode()

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="NR-7"' in page
    assert "These details open no home" in page


@pytest.mark.usefixtures("newcomer")
def test_half_a_claim_is_asked_for_the_rest(client: Client) -> None:
    answer = client.post("/homes/claim", {"customer_number": "NR-7"})

    assert "or the customer number and the meter&#x27;s serial number" in answer.content.decode()


@pytest.mark.usefixtures("newcomer")
def test_guessing_is_told_to_wait(client: Client) -> None:
    for _try in range(OF_A_PERSON.burst):
        client.post("/homes/claim", {"code": "1-11111-11111"})

    answer = client.post("/homes/claim", {"code": "1-11111-11111"})

    assert "Please try again in 6 minutes" in answer.content.decode()


@pytest.mark.usefixtures("scoped")
def test_the_bill_shows_the_code_while_its_contract_runs(client: Client) -> None:
    a_tariff()
    contract = a_customer()
    invoice_id = a_bill(contract=contract)
    client.force_login(a_resident(household=contract.household))
    address = f"/homes/{contract.household_id}/bills/{invoice_id}/"

    assert claim_code(contract.pk) in client.get(address).content.decode()

    contract.ends_on = timezone.now().date() - timedelta(days=1)
    contract.save()
    assert claim_code(contract.pk) not in client.get(address).content.decode()
