"""Customer 360: one search, one page, each button an operation in the clerk's name."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import ContactNote, Contract, Household, Membership, NoticeSettings, User, Utility
from accounts.scope import utility_scope
from billing.models import Invoice
from billing.references import payment_reference
from config.desk.customers.search import find_homes
from tests.billing.factories import a_bill, a_customer, a_tariff
from tests.comfort.factories import a_cold_spell, a_vote
from tests.factories import a_clerk, a_contract, a_household, a_resident, a_user, a_utility
from tests.metering.factories import a_meter, a_reading

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client: Client, scoped: Utility) -> Client:
    """A clerk's browser."""
    assert scoped.pk
    client.force_login(a_clerk())
    return client


@pytest.fixture
def billed(scoped: Utility) -> Contract:
    """A home with a bill."""
    assert scoped.pk
    a_tariff()
    contract = a_customer()
    a_bill(contract=contract)
    return contract


def found(said: str) -> list[str]:
    """The customer numbers that the words find."""
    return [row.household.customer_number for row in find_homes(said, on=timezone.now().date())]


def page(desk: Client, household: Household) -> str:
    """The home's page."""
    answer = desk.get(f"/admin/customers/{household.pk}/")
    assert answer.status_code == HTTPStatus.OK
    return answer.content.decode()


@pytest.mark.usefixtures("scoped")
def test_whatever_a_caller_says_finds_the_home(billed: Contract) -> None:
    home = billed.household
    resident = a_resident(household=home)
    NoticeSettings.objects.create(user=resident, phone="+8613800138000")
    other = a_contract(household=a_household(), customer_name="Zhang Wei").household
    bill = Invoice.objects.get()
    meter = home.installations.get().device

    for said in (
        home.customer_number,
        home.customer_number.lower(),
        f"{home.building.address} {home.label}",
        meter.serial,
        resident.email,
        "13800138000",
        "+86 138 0013 8000",
        str(bill.number),
        payment_reference(str(bill.number)),
        f"please, {payment_reference(str(bill.number)).replace(' ', '')}",
        f"https://heat.example/homes/{home.pk}/bills/{bill.pk}/",
        f"https://heat.example/bills/{bill.pk}",
    ):
        assert found(said) == [home.customer_number], said
    assert found("zhang WEI") == [other.customer_number]
    assert found(f"zhang {home.customer_number}") == []
    assert found("   ") == []


def test_a_search_stays_behind_the_wall_and_costs_the_same_for_many(scoped: Utility) -> None:
    with utility_scope(a_utility()):
        a_contract(household=a_household(), customer_name="Liu Foreign")
    own = a_contract(household=a_household(), customer_name="Liu Own")
    assert scoped.pk
    with CaptureQueriesContext(connection) as one:
        assert found("liu") == [own.household.customer_number]

    for _ in range(3):
        a_contract(household=a_household(), customer_name="Liu Next")
    with CaptureQueriesContext(connection) as four:
        assert len(found("liu")) == 4
    assert len(four) == len(one) == 3


def test_one_find_opens_at_once_and_none_says_what_to_do(desk: Client, household: Household) -> None:
    assert desk.get("/admin/customers/", {"q": household.customer_number}).headers["Location"] == (
        f"/admin/customers/{household.pk}/"
    )
    said = desk.get("/admin/customers/", {"q": "nobody\x00 at all"}).content.decode()
    assert "No home of this utility fits" in said
    assert "Several words narrow it down" in desk.get("/admin/customers/").content.decode()


def test_the_page_shows_the_home_from_every_side(desk: Client, billed: Contract) -> None:
    home = billed.household
    resident = a_resident(household=home)
    a_vote(household=home, user=resident)
    a_cold_spell(household=home)
    meter = a_meter(household=home)
    a_reading(device=meter, measured_at=timezone.now() - timedelta(hours=1))

    shown = page(desk, home)

    for sign in (
        home.customer_number,
        billed.customer_name,
        resident.email,
        meter.serial,
        str(Invoice.objects.get().number),
        "past due",
        "Last reading",
        "Opened",
    ):
        assert sign in shown, sign


def test_an_empty_home_says_so_everywhere(desk: Client, household: Household) -> None:
    shown = page(desk, household)

    for sign in (
        "Nobody has a contract for this home today.",
        "There has never been a contract",
        "Nobody has an account for this home.",
        "No meter reading has arrived",
        "Nothing has ever hung",
        "Nobody here has voted yet.",
        "No bill has been issued",
        "Nothing has been paid yet.",
        "Nothing has been written down yet.",
    ):
        assert sign in shown, sign


def test_the_pages_statements_do_not_grow_with_its_rows(desk: Client, household: Household) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as heard:
            page(desk, household)
        return len(heard)

    author = a_user()
    for _ in range(2):
        a_resident(household=household)
        ContactNote.objects.create(household=household, at=timezone.now(), author=author, text="x")
        a_meter(household=household)
    few = statements()
    for _ in range(4):
        a_resident(household=household)
        ContactNote.objects.create(household=household, at=timezone.now(), author=author, text="x")
        a_meter(household=household)

    assert statements() == few


def test_a_note_is_kept_with_who_wrote_it(desk: Client, household: Household) -> None:
    path = f"/admin/customers/{household.pk}/"

    desk.post(path, {"do": "note", "text": "Rang about the bill"})
    refused = desk.post(path, {"do": "note", "text": "  "})

    note = ContactNote.objects.get()
    assert (note.text, note.author.name) == ("Rang about the bill", "Wang Wei")
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Rang about the bill" in page(desk, household)


def test_somebody_is_let_in_and_out_again(desk: Client, household: Household) -> None:
    path, person = f"/admin/customers/{household.pk}/", a_user()
    asked = {"do": "admit", "email": person.email.upper(), "role": "caretaker", "starts_on": "2026-01-01"}

    assert desk.post(path, asked).status_code == HTTPStatus.FOUND
    membership = Membership.objects.get(user=person)
    twice = desk.post(path, asked)
    unknown = desk.post(path, {**asked, "email": "nobody@example.com"})
    desk.post(path, {"do": "end", "membership": membership.pk, "ends_on": "2026-02-01"})

    assert "already let in" in twice.content.decode()
    assert "Nobody has an account with this address" in unknown.content.decode()
    membership.refresh_from_db()
    assert str(membership.ends_on) == "2026-02-01"
    assert membership.role == "caretaker"


@pytest.mark.parametrize("do", ["note", "admit", "end", "look", "", "unheard"])
def test_an_auditor_reads_the_page_and_does_nothing_on_it(
    client: Client, household: Household, do: str
) -> None:
    a_resident(household=household)
    client.force_login(a_clerk(duty=StaffDuty.AUDITOR))

    assert '<button name="do"' not in page(client, household)
    answer = client.post(f"/admin/customers/{household.pk}/", {"do": do, "text": "x"})

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert not ContactNote.objects.exists()


def test_anothers_customer_is_not_found(desk: Client) -> None:
    with utility_scope(a_utility()):
        foreign = a_household()

    assert desk.get(f"/admin/customers/{foreign.pk}/").status_code == HTTPStatus.NOT_FOUND
    assert desk.post(f"/admin/customers/{foreign.pk}/", {"do": "note"}).status_code == HTTPStatus.NOT_FOUND


def test_a_resident_has_no_search(client: Client, resident: User) -> None:
    client.force_login(resident)

    assert client.get("/admin/customers/").headers["Location"].startswith("/admin/login/")
