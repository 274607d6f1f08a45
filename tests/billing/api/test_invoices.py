"""The invoices of a home over HTTP: for those who live there and see money, and nobody else."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.enums import MembershipRole
from accounts.models import Contract, User
from accounts.period import Period
from accounts.scope import utility_scope
from billing.verify_proof import faults
from tests import factories
from tests.billing.factories import a_bill, a_customer, a_draft, a_meter, a_tariff


@pytest.fixture
def contract(scoped: object) -> Contract:  # noqa: ARG001 - it is made inside the scope
    """A home of 100 m² that used 1,000 kWh in January, and its tariff."""
    a_tariff()
    return a_customer()


@pytest.fixture
def owner(contract: Contract, api: APIClient) -> User:
    """Its owner, signed in."""
    user = factories.a_resident(household=contract.household)
    api.force_login(user)
    return user


def _yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest.mark.usefixtures("owner")
def test_the_list_shows_issued_invoices_and_what_is_owed(api: APIClient, contract: Contract) -> None:
    invoice_id = a_bill(contract=contract)
    answer = api.get(f"/api/v1/households/{contract.household_id}/invoices")

    assert answer.status_code == 200
    assert answer.json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "id": invoice_id,
                "number": "2026-000001",
                "kind": "period",
                "period_start": "2026-01-01",
                "period_end": "2026-02-01",
                "issued_at": "2026-02-01T01:00:00Z",
                "due_on": "2026-03-03",
                "net": _yuan("470.00"),
                "tax": _yuan("42.30"),
                "total": _yuan("512.30"),
                "owed": _yuan("512.30"),
                "standing": "overdue",
            }
        ],
    }


@pytest.mark.usefixtures("owner")
def test_one_invoice_shows_its_lines_and_everything_printed(api: APIClient, contract: Contract) -> None:
    answer = api.get(f"/api/v1/invoices/{a_bill(contract=contract)}").json()

    assert answer["particulars"] == {
        "seller": {"name": "Beijing Demo Heat"},
        "customer": {"name": "Li Na", "number": contract.household.customer_number},
        "home": {
            "address": contract.household.building.address,
            "building": contract.household.building.name,
            "flat": contract.household.label,
            "floor_area_m2": "100.00",
        },
        "tariffs": [{"name": "Two-part heat tariff", "text": "Price decree of 2025"}],
    }
    assert answer["lines"][1] == {
        "position": 2,
        "kind": "energy",
        "description": "Metered heat",
        "period_start": "2026-01-01",
        "period_end": "2026-02-01",
        "quantity": "1000",
        "unit": "kWh",
        "unit_price": "0.16",
        "formula": "1000 kWh × 0.16 CNY/kWh = 160.00 CNY",
        "quality": "measured",
        "tax_rate": "0.09",
        "net": _yuan("160.00"),
        "tax": _yuan("14.40"),
    }


@pytest.mark.usefixtures("owner")
def test_the_proof_names_registers_and_computes_every_line_again(api: APIClient, contract: Contract) -> None:
    answer = api.get(f"/api/v1/invoices/{a_bill(contract=contract)}/proof").json()

    assert (answer["number"], answer["holds"], answer["faults"]) == ("2026-000001", True, [])
    assert faults(answer["proof"]) == []
    area, energy = (line["trace"] for line in answer["proof"]["lines"])
    assert area["shares"] == [{"days": 31, "of": 120}]
    (meter,) = energy["metered"]["meters"]
    assert (meter["opening"], meter["closing"]) == (
        {"at": "2025-12-31T16:00:00Z", "energy_wh": 2_000_000, "quality": "measured"},
        {"at": "2026-01-31T16:00:00Z", "energy_wh": 3_000_000, "quality": "measured"},
    )


@pytest.mark.usefixtures("owner")
def test_pages_lead_on_until_the_last(api: APIClient, contract: Contract) -> None:
    a_meter_reads_daily(contract)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(4)]
    invoices = [a_bill(contract=contract, period=Period(day, day + timedelta(days=1))) for day in days[:3]]
    address = f"/api/v1/households/{contract.household_id}/invoices?page_size=2"
    first = api.get(address).json()
    second = api.get(first["next"]).json()

    seen = [row["id"] for row in first["results"] + second["results"]]
    assert seen == invoices[::-1]
    assert second["next"] is None


def a_meter_reads_daily(contract: Contract) -> None:
    """A second meter; the first one's registers are far apart and would only be estimates."""
    days = [date(2025, 12, 31) + timedelta(days=n) for n in range(6)]
    a_meter(contract=contract, registers_wh={day: 1_000 * n for n, day in enumerate(days)})


def _addresses(contract: Contract, invoice_id: int) -> list[str]:
    return [
        f"/api/v1/households/{contract.household_id}/invoices",
        f"/api/v1/invoices/{invoice_id}",
        f"/api/v1/invoices/{invoice_id}/proof",
    ]


def test_strangers_are_asked_to_sign_in(api: APIClient, contract: Contract) -> None:
    for address in _addresses(contract, a_bill(contract=contract)):
        assert api.get(address).status_code == 401


def test_a_neighbour_sees_no_such_invoice(api: APIClient, contract: Contract) -> None:
    neighbour = factories.a_resident(household=factories.a_household())
    api.force_login(neighbour)
    for address in _addresses(contract, a_bill(contract=contract)):
        assert api.get(address).status_code == 404


def test_a_resident_of_another_utility_sees_no_such_invoice(api: APIClient, contract: Contract) -> None:
    with utility_scope(factories.a_utility()):
        api.force_login(factories.a_resident(household=factories.a_household()))
    for address in _addresses(contract, a_bill(contract=contract)):
        assert api.get(address).status_code == 404


def test_a_caretaker_sees_no_money(api: APIClient, contract: Contract) -> None:
    caretaker = factories.a_resident(household=contract.household, role=MembershipRole.CARETAKER)
    api.force_login(caretaker)
    for address in _addresses(contract, a_bill(contract=contract)):
        answer = api.get(address)
        assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")


@pytest.mark.usefixtures("owner")
def test_a_draft_is_nobodys_business_yet(api: APIClient, contract: Contract) -> None:
    draft = a_draft(contract=contract)
    listed, one, proof = (api.get(address) for address in _addresses(contract, draft))

    assert listed.json()["results"] == []
    assert (one.status_code, proof.status_code) == (404, 404)


def test_who_moves_in_does_not_see_the_bills_of_who_moved_out(api: APIClient, contract: Contract) -> None:
    invoice_id = a_bill(contract=contract)
    Contract.objects.filter(pk=contract.pk).update(ends_on=date(2026, 2, 1))
    api.force_login(factories.a_resident(household=contract.household, starts_on=date(2026, 2, 1)))
    listed, one, proof = (api.get(address) for address in _addresses(contract, invoice_id))

    assert listed.json()["results"] == []
    assert (one.status_code, proof.status_code) == (404, 404)


def test_who_signed_up_late_sees_the_earlier_bills_of_a_contract_that_goes_on(
    api: APIClient, contract: Contract
) -> None:
    invoice_id = a_bill(contract=contract)
    api.force_login(factories.a_resident(household=contract.household, starts_on=date(2026, 2, 20)))

    assert api.get(f"/api/v1/invoices/{invoice_id}").status_code == 200


@pytest.mark.usefixtures("owner")
def test_three_invoices_take_as_many_statements_as_one(api: APIClient, contract: Contract) -> None:
    a_meter_reads_daily(contract)
    counts = []
    for day in range(1, 4):
        start = date(2026, 1, day)
        a_bill(contract=contract, period=Period(start, start + timedelta(days=1)))
        with CaptureQueriesContext(connection) as queries:
            answer = api.get(f"/api/v1/households/{contract.household_id}/invoices")
        assert len(answer.json()["results"]) == day
        counts.append(len(queries))

    assert counts[0] == counts[2]
