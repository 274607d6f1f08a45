"""A bill on the page, and the way to paying it."""

from datetime import date
from http import HTTPStatus

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.enums import MembershipRole
from accounts.models import Contract, User, Utility
from accounts.period import Period
from accounts.queries.access import Access
from billing.models import Invoice, PaymentAttempt
from config.page.panels.cost import heat_cost_minor
from tests.billing.factories import JANUARY, a_bill, a_customer, a_tariff
from tests.factories import a_household, a_resident


@pytest.fixture
def contract(scoped: Utility) -> Contract:  # noqa: ARG001 - made inside the scope
    """A home of 100 m² under Beijing's tariff, 1,000 kWh in January."""
    a_tariff()
    return a_customer()


@pytest.fixture
def invoice(contract: Contract) -> Invoice:
    """Its bill for January."""
    return Invoice.objects.get(pk=a_bill(contract=contract))


@pytest.fixture
def payer(client: Client, contract: Contract) -> User:
    """Who lives there, signed in."""
    resident = a_resident(household=contract.household)
    client.force_login(resident)
    return resident


@pytest.mark.usefixtures("payer")
def test_the_bill_to_pay_leads_the_page(client: Client, invoice: Invoice) -> None:
    page = client.get(f"/homes/{invoice.household_id}/").content.decode()

    assert f"¥{invoice.total_minor / 100:,.2f}" in page
    assert "Past due" in page
    assert f'action="/homes/{invoice.household_id}/bills/{invoice.pk}/pay"' in page
    assert "January 2026" in page


@pytest.mark.usefixtures("payer")
def test_a_bill_shows_how_every_line_adds_up(client: Client, invoice: Invoice) -> None:
    page = client.get(f"/homes/{invoice.household_id}/bills/{invoice.pk}/").content.decode()

    for line in invoice.lines.all():
        assert line.description in page
        assert line.formula in page


@pytest.mark.usefixtures("payer")
def test_someone_elses_bill_is_not_found(client: Client, contract: Contract) -> None:
    foreign = a_bill(contract=a_customer())

    for path in (f"/homes/{contract.household_id}/bills/{foreign}/", f"/bills/{foreign}"):
        assert client.get(path).status_code == HTTPStatus.NOT_FOUND
    paid = client.post(f"/homes/{contract.household_id}/bills/{foreign}/pay")
    assert paid.status_code == HTTPStatus.NOT_FOUND
    assert PaymentAttempt.objects.count() == 0


@pytest.mark.usefixtures("payer")
def test_the_address_without_a_home_leads_to_the_bill(client: Client, invoice: Invoice) -> None:
    answer = client.get(f"/bills/{invoice.pk}")

    assert answer.headers["Location"] == f"/homes/{invoice.household_id}/bills/{invoice.pk}/"


@pytest.mark.django_db(transaction=True)
def test_without_a_provider_the_bill_says_so_and_nothing_is_charged(
    client: Client, settings: Settings, invoice: Invoice, payer: User
) -> None:
    settings.STRIPE_SECRET_KEY = ""
    settings.STRIPE_API_BASE = ""

    answer = client.post(f"/homes/{invoice.household_id}/bills/{invoice.pk}/pay")

    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "Nothing was charged." in answer.content.decode()
    assert not PaymentAttempt.objects.filter(started_by=payer, state="paid").exists()


@pytest.mark.usefixtures("payer")
def test_an_unknown_payment_is_not_found(client: Client) -> None:
    assert client.get("/pay/return?sid=cs_test_unknown").status_code == HTTPStatus.NOT_FOUND


def test_a_former_customers_bill_is_not_shown_to_who_came_after(
    client: Client, contract: Contract, invoice: Invoice
) -> None:
    contract.ends_on = invoice.period_end
    contract.save()
    newcomer = a_resident(household=contract.household, starts_on=invoice.period_end)
    client.force_login(newcomer)

    page = client.get(f"/homes/{invoice.household_id}/").content.decode()

    assert "No bill has been issued yet." in page
    assert client.get(f"/bills/{invoice.pk}").status_code == HTTPStatus.NOT_FOUND


def test_a_home_without_bills_owes_nothing(client: Client, contract: Contract) -> None:
    household = a_household(building=contract.household.building)
    client.force_login(a_resident(household=household))

    assert "Nothing to pay." in client.get(f"/homes/{household.pk}/").content.decode()


def test_metered_heat_is_told_in_money_as_a_bill_would(contract: Contract) -> None:
    owner = Access(contract.household, contract.utility, MembershipRole.OWNER, contract.starts_on)

    # 1,000 kWh x 0.16 and 9 % tax.
    assert heat_cost_minor(owner, JANUARY) == 17_440


def test_no_cost_is_guessed(contract: Contract) -> None:
    owner = Access(contract.household, contract.utility, MembershipRole.OWNER, contract.starts_on)
    caretaker = Access(contract.household, contract.utility, MembershipRole.CARETAKER, contract.starts_on)
    unread = Period(date(2026, 2, 2), date(2026, 3, 1))
    before_the_contract = Period(date(2025, 1, 1), date(2025, 2, 1))

    assert heat_cost_minor(caretaker, JANUARY) is None
    assert heat_cost_minor(owner, unread) is None
    assert heat_cost_minor(owner, before_the_contract) is None
