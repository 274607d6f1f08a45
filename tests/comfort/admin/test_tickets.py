"""The queue of cold homes at the desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import User, Utility
from comfort.enums import Fault, TicketState
from comfort.models import ColdTicket, TicketEntry
from tests.comfort.factories import a_cold_spell
from tests.factories import a_clerk, a_household


@pytest.fixture
def clerk(scoped: Utility) -> User:
    """Somebody of the service desk."""
    assert scoped.pk
    return a_clerk(duty=StaffDuty.SERVICE)


@pytest.fixture
def desk(clerk: User, client: Client) -> Client:
    """Their browser."""
    client.force_login(clerk)
    return client


@pytest.fixture
def ticket(scoped: Utility) -> ColdTicket:
    """A home under the minimum for five hours."""
    assert scoped.pk
    return a_cold_spell(household=a_household(), starts_at=timezone.now() - timedelta(hours=5.5)).ticket


def the_dialog(desk: Client, ticket: ColdTicket, name: str, **said: object) -> None:
    """Fill in one of the page's dialogs."""
    address = reverse(f"admin:comfort_coldticket_{name}", args=[ticket.pk])
    desk.post(address, {"_form_submitted": "1", **said})


def test_the_queue_says_how_cold_and_for_how_long(desk: Client, ticket: ColdTicket) -> None:
    shown = desk.get(reverse("admin:comfort_coldticket_changelist")).content.decode()

    assert str(ticket.household) in shown
    assert "17.1" in shown
    assert "for 5 hours" in shown


def test_the_page_shows_the_evidence(desk: Client, ticket: ColdTicket) -> None:
    shown = desk.get(reverse("admin:comfort_coldticket_change", args=[ticket.pk])).content.decode()

    assert "Living room: 17.1 °C … 17.3 °C, 17.2 °C" in shown
    assert "outdoors: -8.5 °C" in shown


def test_a_ticket_is_taken_waits_and_is_closed(desk: Client, clerk: User, ticket: ColdTicket) -> None:
    the_dialog(desk, ticket, "take", assignee=clerk.pk)
    assert ColdTicket.objects.get().assignee == clerk
    the_dialog(desk, ticket, "wait", note="The fitter comes at two.")
    assert ColdTicket.objects.get().state == TicketState.WAITING
    the_dialog(desk, ticket, "write", note="Third floor, riser 2.")
    the_dialog(desk, ticket, "close", fault=Fault.HOME, note="The valve was shut.")

    ticket.refresh_from_db()
    assert (ticket.state, ticket.fault) == (TicketState.CLOSED, Fault.HOME)
    assert list(TicketEntry.objects.order_by("pk").values_list("author", flat=True)) == [
        None,
        *[clerk.pk] * 4,
    ]


def test_a_step_that_cannot_be_taken_says_why(desk: Client, ticket: ColdTicket) -> None:
    the_dialog(desk, ticket, "close", fault=Fault.SUPPLY)

    shown = desk.get(reverse("admin:comfort_coldticket_change", args=[ticket.pk])).content.decode()
    assert ("still under the minimum" in shown) is True
    assert ColdTicket.objects.get().state == TicketState.NEW


def test_many_are_taken_at_once(desk: Client, clerk: User, ticket: ColdTicket) -> None:
    other = a_cold_spell(household=a_household()).ticket
    chosen = {"action": "take_selected", "_selected_action": [ticket.pk, other.pk]}

    desk.post(reverse("admin:comfort_coldticket_changelist"), chosen)

    assert set(ColdTicket.objects.values_list("assignee", "state")) == {(clerk.pk, TicketState.IN_HAND)}


def test_who_may_only_look_changes_nothing(client: Client, ticket: ColdTicket) -> None:
    auditor = a_clerk(duty=StaffDuty.AUDITOR)
    client.force_login(auditor)

    the_dialog(client, ticket, "take", assignee=auditor.pk)
    the_dialog(client, ticket, "close", fault=Fault.HOME)

    assert client.get(reverse("admin:comfort_coldticket_change", args=[ticket.pk])).status_code == 200
    assert ColdTicket.objects.get().state == TicketState.NEW
    assert TicketEntry.objects.count() == 1
