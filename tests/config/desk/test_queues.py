"""The desk's first page says what waits for somebody, since when, and leads to it."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import Household, Utility
from accounts.scope import utility_scope
from billing.enums import BankLineState
from billing.models import BankLine, BankStatement
from comfort.enums import TicketState
from comfort.models import ColdTicket
from metering.enums import Reason
from metering.models import QuarantinedMessage
from tests.factories import a_clerk, a_household, a_utility

pytestmark = pytest.mark.django_db


def a_message(*, utility: Utility, reason: Reason) -> None:
    """A message that waits."""
    QuarantinedMessage.objects.create(
        utility=utility,
        topic="heat/v1/x/up/y/reading",
        payload=reason.value.encode(),
        sha256=reason.value.rjust(64, "0"),
        received_at=timezone.now(),
        last_received_at=timezone.now(),
        reason=reason,
        detail="",
    )


def a_line(*, number: int, state: BankLineState = BankLineState.OPEN) -> None:
    """Money that came in."""
    statement = BankStatement.objects.create(
        file_name="may.xml", sha256="0" * 64, imported_at=timezone.now() - timedelta(days=3)
    )
    BankLine.objects.create(
        statement=statement,
        line_id=f"line-{number}",
        booked_on=timezone.now().date(),
        amount_minor=1_000,
        currency="CNY",
        state=state,
    )


def counts(client: Client) -> dict[str, int]:
    """What the first page says."""
    return {str(queue.title): queue.count for queue in client.get("/admin/").context["queues"]}


def test_each_queue_counts_what_waits_here_and_not_elsewhere(
    client: Client, scoped: Utility, household: Household
) -> None:
    client.force_login(a_clerk(duty=StaffDuty.ADMIN))
    assert set(counts(client).values()) == {0}
    a_message(utility=scoped, reason=Reason.UNKNOWN_METER)
    a_message(utility=scoped, reason=Reason.MALFORMED)
    a_line(number=1)
    a_line(number=2, state=BankLineState.IGNORED)
    ColdTicket.objects.create(household=household, opened_at=timezone.now(), state=TicketState.NEW)
    with utility_scope(a_utility()):
        a_line(number=3)
        ColdTicket.objects.create(household=a_household(), opened_at=timezone.now())

    assert counts(client) == {
        "Cold homes in nobody's hand": 1,
        "Unknown meters and devices": 1,
        "Exceptions that hold up a bill": 0,
        "Payments to match": 1,
        "Refunds that wait for a second person": 0,
    }


def test_each_queue_leads_to_its_list_and_says_for_how_long(client: Client, scoped: Utility) -> None:
    assert scoped.pk
    client.force_login(a_clerk(duty=StaffDuty.ADMIN))
    a_line(number=1)

    page = client.get("/admin/")

    for queue in page.context["queues"]:
        assert client.get(queue.link).status_code == HTTPStatus.OK, queue.link
    assert "3\xa0days" in page.content.decode()
