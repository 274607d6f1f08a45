"""The desk's quarantine: a clerk sees why, registers, releases or discards, through the real pages."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffDuty
from accounts.models import Household, Utility
from accounts.scope import utility_scope
from metering.enums import QuarantineState
from metering.models import Device, QuarantinedMessage, Reading
from metering.operations.batch import store_batch
from metering.operations.sorting import Message
from metering.queries.registry import Registry
from tests.factories import a_clerk, a_utility
from tests.metering.factories import NOON, a_device, a_message, native

LIST = "admin:metering_quarantinedmessage_changelist"


def keep(message: Message) -> QuarantinedMessage:
    """Let ingestion quarantine a message."""
    store_batch(messages=[message], registry=Registry())
    return QuarantinedMessage.objects.latest("pk")


def page(kept: QuarantinedMessage, action: str = "change") -> str:
    """The address of a message's page, or of one of its actions."""
    return reverse(f"admin:metering_quarantinedmessage_{action}", args=[kept.pk])


@pytest.fixture
def engineer(client: Client, scoped: Utility) -> Client:  # noqa: ARG001 - the clerk belongs to it
    """The browser of a network engineer of the utility in scope."""
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    return client


def test_a_message_is_shown_with_its_reason_and_its_payload(engineer: Client) -> None:
    kept = keep(a_message(device="nobody", payload=native(energy_kwh=6884)))
    listed = engineer.get(reverse(LIST))
    assert "No device &#x27;nobody&#x27; is registered." in listed.content.decode()
    shown = engineer.get(page(kept)).content.decode()
    assert "&quot;energy_kwh&quot;: 6884" in shown


def test_bytes_that_are_no_json_are_shown_as_such(engineer: Client) -> None:
    kept = keep(a_message(device="nobody", payload=b"\xff<script>"))
    assert "\\xff&lt;script&gt;" in engineer.get(page(kept)).content.decode()


def test_registering_the_meter_hangs_it_up_and_stores_what_waited(
    engineer: Client, household: Household
) -> None:
    kept = keep(a_message(device="meter-7", payload=native()))
    dialog = engineer.get(page(kept, "register")).content.decode()
    assert "meter-7" in dialog
    home = {"household": "C999999", "_form_submitted": "1"}
    assert "No home has this customer number." in engineer.post(page(kept, "register"), home).content.decode()
    home["household"] = household.customer_number
    answer = engineer.post(page(kept, "register"), home)
    assert answer["HX-Redirect"] == page(kept)
    kept.refresh_from_db()
    assert kept.state == QuarantineState.RELEASED
    assert Reading.objects.get().device == Device.objects.get(identity="meter-7")
    # Nothing is left to do.
    assert page(kept, "register") not in engineer.get(page(kept)).content.decode()


def test_a_registration_that_cannot_be_says_why(engineer: Client) -> None:
    kept = keep(a_message(device=a_device(), payload=b"{"))
    engineer.post(page(kept, "register"), {"_form_submitted": "1"})
    assert "would not release this message" in engineer.get(page(kept)).content.decode()
    assert QuarantinedMessage.objects.get().state == QuarantineState.WAITING


def test_releasing_again_from_the_page_and_from_the_list(engineer: Client) -> None:
    first = keep(a_message(device="meter-7", payload=native()))
    second = keep(a_message(device="meter-7", payload=native(measured_at=NOON - timedelta(hours=1))))
    engineer.post(page(first, "release_again"), {"_form_submitted": "1"})
    assert QuarantinedMessage.objects.filter(state=QuarantineState.WAITING).count() == 2
    a_device(identity="meter-7")
    engineer.post(page(first, "release_again"), {"_form_submitted": "1"})
    engineer.post(reverse(LIST), {"action": "release_selected", "_selected_action": [second.pk]})
    assert QuarantinedMessage.objects.filter(state=QuarantineState.RELEASED).count() == 2
    assert Reading.objects.count() == 2


def test_discarding_asks_why(engineer: Client) -> None:
    kept = keep(a_message(device="nobody", payload=native()))
    engineer.post(page(kept, "discard"), {"_form_submitted": "1", "decision": ""})
    kept.refresh_from_db()
    assert kept.state == QuarantineState.WAITING
    engineer.post(page(kept, "discard"), {"_form_submitted": "1", "decision": "A device on a desk."})
    kept.refresh_from_db()
    assert (kept.state, kept.decision) == (QuarantineState.DISCARDED, "A device on a desk.")


@pytest.mark.usefixtures("scoped")
def test_an_auditor_sees_and_decides_nothing(client: Client) -> None:
    kept = keep(a_message(device="nobody", payload=native()))
    client.force_login(a_clerk(duty=StaffDuty.AUDITOR))
    assert client.get(page(kept)).status_code == HTTPStatus.OK
    for action in ("register", "release_again", "discard"):
        answer = client.post(page(kept, action), {"_form_submitted": "1", "decision": "no"})
        assert answer.status_code == HTTPStatus.FORBIDDEN
    kept.refresh_from_db()
    assert kept.state == QuarantineState.WAITING


def test_another_utilitys_messages_are_not_there(engineer: Client) -> None:
    with utility_scope(a_utility()):
        kept = keep(a_message(device="nobody", payload=native()))
    assert engineer.get(page(kept)).status_code == HTTPStatus.FOUND
    for action in ("register", "release_again", "discard"):
        answer = engineer.post(page(kept, action), {"_form_submitted": "1", "decision": "Mine now."})
        assert answer.status_code == HTTPStatus.NOT_FOUND
    kept.refresh_from_db()
    assert kept.state == QuarantineState.WAITING


def test_an_installation_that_ends_before_it_starts_is_refused_in_words(
    engineer: Client, household: Household
) -> None:
    device, address = a_device(), reverse("admin:metering_installation_add")
    form: dict[str, Any] = {"device": device.pk, "household": household.pk}
    form |= {"starts_at_0": "2026-01-05", "starts_at_1": "06:00"}
    answer = engineer.post(address, {**form, "ends_at_0": "2026-01-04", "ends_at_1": "06:00"})
    assert "A period must end after it starts." in answer.content.decode()
    assert device.installations.count() == 0
    assert engineer.post(address, form).status_code == HTTPStatus.FOUND
    assert device.installations.count() == 1


@pytest.mark.parametrize(
    "name", ["device", "installation", "connectivity", "telemetrytag", "taglimits", "tagpath"]
)
def test_the_lists_can_be_opened(engineer: Client, name: str) -> None:
    assert engineer.get(reverse(f"admin:metering_{name}_changelist")).status_code == HTTPStatus.OK
