"""An app that catches up loses nothing, however late somebody commits, and forgets what is gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client

from accounts.enums import MembershipRole
from accounts.models import HomeChange, Household, User
from accounts.queries import changes
from accounts.scope import utility_scope
from comfort.models import Room
from tests.billing import factories as billing
from tests.billing.paying import pay_at_the_counter
from tests.comfort.factories import a_cold_spell, a_room, a_vote
from tests.factories import a_household, a_resident, a_utility

KINDS = ("rooms", "votes", "cold_tickets", "invoices")


def _sync(client: Client, household: Household, cursor: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/v1/households/{household.pk}/sync", {"cursor": cursor})
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def _ids(told: dict[str, Any]) -> dict[str, list[int]]:
    return {kind: [one["id"] for one in told[kind]] for kind in KINDS if told[kind]}


@pytest.fixture
def mine(client: Client, resident: User) -> Client:
    """The resident's app."""
    client.force_login(resident)
    return client


def test_the_first_time_everything_comes(mine: Client, resident: User, household: Household) -> None:
    a_room(household=household, name="Bedroom")
    vote = a_vote(household=household, user=resident)
    spell = a_cold_spell(household=household)
    rooms = Room.objects.filter(household=household).order_by("position", "pk")

    told = _sync(mine, household)

    assert _ids(told) == {
        "rooms": [one.pk for one in rooms],
        "votes": [vote.pk],
        "cold_tickets": [spell.ticket_id],
    }
    assert (told["gone"], told["more"]) == ([], False)


@pytest.mark.parametrize("cursor", ["x", "1-2-3", "99999999999999999999-0-x", "-1-0-0", "1-0-" + "0" * 16])
def test_an_unknown_cursor_asks_to_begin_anew(mine: Client, household: Household, cursor: str) -> None:
    answer = mine.get(f"/api/v1/households/{household.pk}/sync", {"cursor": cursor})

    assert answer.status_code == 410
    assert answer.json()["type"].endswith("cursor_unknown")


@pytest.mark.django_db
def test_a_caretaker_sees_no_bills_and_cannot_go_on_from_an_owners_cursor(client: Client) -> None:
    with utility_scope(a_utility()):
        billing.a_tariff()
        contract = billing.a_customer()
        invoice_id, home = billing.a_bill(contract=contract), contract.household
        a_room(household=home)
        client.force_login(a_resident(household=home))
        owner = _sync(client, home)
        client.force_login(a_resident(household=home, role=MembershipRole.CARETAKER))
        caretaker = _sync(client, home)
    answer = client.get(f"/api/v1/households/{home.pk}/sync", {"cursor": owner["cursor"]})

    assert _ids(owner)["invoices"] == [invoice_id]
    assert _ids(caretaker).keys() == {"rooms"}
    assert answer.status_code == 410


# --- real transactions --------------------------------------------------------------------------------


@pytest.fixture
def home(transactional_db: None) -> Household:  # noqa: ARG001 - it is the database
    """A committed home with a room, its utility in no scope."""
    with utility_scope(a_utility()):
        household = a_household()
        Room.objects.create(household=household, name="Bedroom")
        return household


@pytest.fixture
def app(client: Client, home: Household) -> Client:
    """The app of somebody who lives there."""
    with utility_scope(home.utility_id):
        client.force_login(a_resident(household=home))
    return client


def test_only_what_changed_comes_and_what_was_deleted_is_gone(app: Client, home: Household) -> None:
    first = _sync(app, home)
    with utility_scope(home.utility_id):
        room = Room.objects.get()
        room.name = "Study"
        room.save()
        changed = _sync(app, home, first["cursor"])
        gone_id = room.pk
        room.delete()
    gone = _sync(app, home, changed["cursor"])

    assert [one["name"] for one in changed["rooms"]] == ["Study"]
    assert (_ids(gone), gone["gone"]) == ({}, [{"kind": "room", "id": gone_id}])
    assert _sync(app, home)["gone"] == []


def test_what_commits_after_one_asked_is_not_lost(app: Client, home: Household) -> None:
    """A clock, or the highest number seen, would lose the room of the transaction that began first."""
    begun, go_on = Event(), Event()

    def slowly() -> None:
        try:
            with utility_scope(home.utility_id), transaction.atomic():
                Room.objects.create(household=home, name="Late")
                begun.set()
                go_on.wait(30)
        finally:
            connections.close_all()

    cursor = _sync(app, home)["cursor"]
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(slowly)
        assert begun.wait(30)
        with utility_scope(home.utility_id):
            Room.objects.create(household=home, name="Early")
        between = _sync(app, home, cursor)
        go_on.set()
        late.result(30)
    after = _sync(app, home, between["cursor"])

    assert "Early" in [one["name"] for one in between["rooms"]]
    assert "Late" not in [one["name"] for one in between["rooms"]]
    assert "Late" in [one["name"] for one in after["rooms"]]


def test_many_changes_come_in_pages(app: Client, home: Household, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "PAGE", 3)
    with utility_scope(home.utility_id):
        for number in range(7):
            Room.objects.create(household=home, name=f"Room {number}")
        expected = set(Room.objects.values_list("pk", flat=True))

    seen, cursor, more = set[int](), "", True
    while more:
        told = _sync(app, home, cursor)
        seen |= {one["id"] for one in told["rooms"]}
        cursor, more = told["cursor"], told["more"]

    assert seen == expected


@pytest.mark.django_db(transaction=True)
def test_a_bill_that_is_paid_comes_again(client: Client) -> None:
    with utility_scope(a_utility()):
        billing.a_tariff()
        contract = billing.a_customer()
        invoice_id, home = billing.a_bill(contract=contract), contract.household
        client.force_login(a_resident(household=home))
        first = _sync(client, home)
        invoice = contract.invoices.get(pk=invoice_id)
        pay_at_the_counter(invoice, invoice.total_minor)
        paid = _sync(client, home, first["cursor"])

    assert [one["id"] for one in first["invoices"]] == [invoice_id]
    assert [(one["id"], one["standing"]) for one in paid["invoices"]] == [(invoice_id, "paid")]


def test_a_thing_has_one_row_however_often_it_changes(home: Household) -> None:
    with utility_scope(home.utility_id):
        for name in ("A", "B", "C"):
            Room.objects.update(name=name)

        assert HomeChange.objects.filter(household=home).count() == 1
