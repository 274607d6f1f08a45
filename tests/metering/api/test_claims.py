"""`POST /households/claim`, as an app sends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Contract, Household, Membership, User, Utility
from accounts.queries.claims import claim_code
from accounts.scope import utility_scope
from config.api import throttle
from metering.operations import claims
from tests.factories import a_household, a_user, a_utility
from tests.metering.factories import a_meter

CLAIM = "/api/v1/households/claim"


@pytest.fixture
def person(scoped: Utility, api: APIClient) -> User:  # noqa: ARG001 - the claims are made in it
    user = a_user()
    api.force_login(user)
    return user


def numbers(household: Household, *, serial: str) -> dict[str, str]:
    return {"customer_number": household.customer_number, "meter_serial": serial}


def test_who_reads_both_numbers_is_let_in(api: APIClient, person: User, household: Household) -> None:
    a_meter(household=household, serial="67000118")

    answer = api.post(CLAIM, numbers(household, serial=" 67000118 "), format="json")

    assert answer.status_code == 201
    assert (answer.json()["id"], answer.json()["role"]) == (household.pk, "owner")
    assert [home["id"] for home in api.get("/api/v1/households").json()] == [household.pk]
    assert Membership.objects.get(user=person).household == household


def test_who_has_the_bill_is_let_in(api: APIClient, person: User, household: Household) -> None:
    today = timezone.now().date()
    contract = Contract.objects.create(
        household=household, customer_name="Li Na", starts_on=today - timedelta(days=90)
    )

    assert api.post(CLAIM, {"code": claim_code(contract.pk)}, format="json").status_code == 201
    assert Membership.objects.get(user=person).starts_on == contract.starts_on


def test_a_meter_that_hangs_elsewhere_opens_nothing(
    api: APIClient, person: User, household: Household
) -> None:
    a_meter(household=a_household(), serial="1")
    gone = timezone.now() - timedelta(days=1)
    a_meter(household=household, serial="2", ends_at=gone)
    answers = [api.post(CLAIM, numbers(household, serial=serial), format="json") for serial in "123"]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert {answer.json()["type"].rsplit("/")[-1] for answer in answers} == {"claim_refused"}
    assert not Membership.objects.filter(user=person).exists()


def test_the_same_numbers_at_two_utilities_open_neither(
    api: APIClient, person: User, household: Household
) -> None:
    a_meter(household=household, serial="42")
    with utility_scope(a_utility()):
        a_meter(household=a_household(customer_number=household.customer_number), serial="42")

    assert api.post(CLAIM, numbers(household, serial="42"), format="json").status_code == 404
    assert not Membership.objects.filter(user=person).exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "non_field_errors"),
        ({"customer_number": "1"}, "meter_serial"),
        ({"meter_serial": "1"}, "customer_number"),
        ({"code": ""}, "code"),
    ],
)
def test_half_a_claim_is_told_what_is_missing(
    api: APIClient, person: User, body: dict[str, str], field: str
) -> None:
    del person
    answer = api.post(CLAIM, body, format="json")

    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_guessing_is_stopped_and_told_how_long(api: APIClient, person: User) -> None:
    guess = {"code": "3F-8K2QZ-71MNP"}
    for _try in range(claims.OF_A_PERSON.burst):
        assert api.post(CLAIM, guess, format="json").status_code == 404

    stopped = api.post(CLAIM, guess, format="json")

    assert stopped.status_code == 429
    assert 0 < int(stopped["Retry-After"]) <= 3600 / claims.OF_A_PERSON.burst
    assert not Membership.objects.filter(user=person).exists()


def test_many_accounts_do_not_guess_at_one_home(api: APIClient, household: Household) -> None:
    answers = []
    for _try in range(claims.OF_A_NUMBER.burst + 1):
        api.force_login(a_user())
        answers.append(api.post(CLAIM, numbers(household, serial="9"), format="json").status_code)

    assert answers == [404] * claims.OF_A_NUMBER.burst + [429]


def test_uncounted_tries_are_not_let_through(
    api: APIClient, person: User, household: Household, settings: Settings
) -> None:
    a_meter(household=household, serial="5")
    settings.VALKEY_URL = "redis://127.0.0.1:1/0"
    throttle._valkey.cache_clear()
    try:
        answer = api.post(CLAIM, numbers(household, serial="5"), format="json")
    finally:
        throttle._valkey.cache_clear()

    assert answer.status_code == 503
    assert not Membership.objects.filter(user=person).exists()


def test_a_stranger_cannot_claim(api: APIClient) -> None:
    assert api.post(CLAIM, {"code": "3F-8K2QZ-71MNP"}, format="json").status_code == 401
