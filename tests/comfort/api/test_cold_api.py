"""`GET /households/{id}/cold`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Household, User
from comfort.operations.tickets import let_ticket_wait, note_ticket
from tests.comfort.factories import a_cold_spell
from tests.factories import SEASON_START, a_clerk

pytestmark = pytest.mark.django_db


def test_a_resident_sees_what_was_measured_and_done(
    api: APIClient, household: Household, resident: User
) -> None:
    spell = a_cold_spell(household=household, starts_at=timezone.now() - timedelta(hours=4))
    clerk, now = a_clerk(), timezone.now()
    note_ticket(ticket_id=spell.ticket_id, by=clerk, at=now, note="Has not paid.")
    let_ticket_wait(ticket_id=spell.ticket_id, by=clerk, at=now, note="The fitter comes at two.")
    api.force_login(resident)

    body = api.get(f"/api/v1/households/{household.pk}/cold").json()

    (ticket,) = body["tickets"]
    assert (ticket["state"], ticket["fault"]) == ("waiting", "unknown")
    assert (ticket["spells"][0]["lowest_c"], ticket["spells"][0]["ends_at"]) == (17.1, None)
    assert ticket["spells"][0]["evidence"]["plant"]["outdoor_c"]["value"] == -8.5
    assert [(entry["kind"], entry["note"]) for entry in ticket["entries"]] == [
        ("cold", ""),
        ("note", ""),
        ("waits", "The fitter comes at two."),
    ]


def test_what_was_before_somebody_moved_in_is_not_told(
    api: APIClient, household: Household, resident: User
) -> None:
    before = timezone.now().replace(year=SEASON_START.year, month=SEASON_START.month, day=1)
    a_cold_spell(household=household, starts_at=before - timedelta(days=3), ends_at=before)
    api.force_login(resident)

    assert api.get(f"/api/v1/households/{household.pk}/cold").json() == {"tickets": []}
