"""Why a bill is what it is, over HTTP."""

import pytest
from rest_framework.test import APIClient

from accounts.enums import MembershipRole
from accounts.models import Contract
from tests import factories
from tests.billing.years import FIRST, both_bills, two_winters


@pytest.fixture
def contract(scoped: object) -> Contract:  # noqa: ARG001 - it is made inside the scope
    """A home of two winters."""
    return two_winters()


def _sign_in(api: APIClient, contract: Contract, role: MembershipRole = MembershipRole.OWNER) -> None:
    resident = factories.a_resident(household=contract.household, role=role, starts_on=FIRST.start)
    api.force_login(resident)


def _yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def test_both_bills_and_the_causes_of_their_difference(api: APIClient, contract: Contract) -> None:
    before, now = both_bills(contract)
    _sign_in(api, contract)
    answer = api.get(f"/api/v1/invoices/{now}/explanation").json()

    assert answer["before"] == {
        "id": before,
        "number": "2025-000001",
        "period_start": "2025-01-01",
        "period_end": "2025-02-01",
        "days": 31,
        "total": _yuan("512.30"),
        "energy_wh": 1_000_000,
        "degree_days": "600.0",
        "floor_area_m2": "100.00",
    }
    assert (answer["now"]["id"], answer["now"]["total"]) == (now, _yuan("526.25"))
    assert (answer["difference"], answer["knows_weather"]) == (_yuan("13.95"), True)
    assert [cause["cause"] for cause in answer["causes"]] == [
        *("price", "weather", "base", "behaviour", "correction")
    ]
    assert [cause["amount"] for cause in answer["causes"]] == [
        *(_yuan(amount) for amount in ("0.00", "33.14", "0.00", "-19.19", "0.00"))
    ]
    assert answer["causes"][1]["lines"] == [{"kind": "energy", "amount": _yuan("33.14")}]


def test_a_first_bill_says_that_there_is_none_before(api: APIClient, contract: Contract) -> None:
    before, _now = both_bills(contract)
    _sign_in(api, contract)
    answer = api.get(f"/api/v1/invoices/{before}/explanation")

    assert (answer.status_code, answer.json()["type"].rpartition("/")[2]) == (409, "not_explained")


def test_neighbours_find_nothing_and_caretakers_are_refused(api: APIClient, contract: Contract) -> None:
    _before, now = both_bills(contract)
    assert api.get(f"/api/v1/invoices/{now}/explanation").status_code == 401
    api.force_login(factories.a_resident(household=factories.a_household()))
    assert api.get(f"/api/v1/invoices/{now}/explanation").status_code == 404
    _sign_in(api, contract, MembershipRole.CARETAKER)
    assert api.get(f"/api/v1/invoices/{now}/explanation").status_code == 403
