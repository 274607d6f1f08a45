"""Automatic payment on the page: agreed to in words, switched off with one button."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import MembershipRole
from accounts.models import User
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, PaymentMandate
from tests.factories import a_resident

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_resident_switches_it_on_and_off(
    client: Client, bill: Invoice, payer: User, online: FakeStripe
) -> None:
    client.force_login(payer)
    page = reverse("page:autopay", args=[bill.household_id])
    before = client.get(page).content.decode()
    leads_to = client.post(page)["Location"]
    session = leads_to.rpartition("/")[2]
    online.order("save_card", session=session)
    on = client.get(page, {"sid": session}).content.decode()
    client.post(page, {"off": "1"})
    off = client.get(page).content.decode()

    assert "I allow Beijing Demo Heat to charge my saved card" in before
    assert leads_to.startswith(online.base_url)
    assert "visa 4242" in on
    assert "Agree and save a card" in off
    assert PaymentMandate.objects.get().state == "ended"


@pytest.mark.usefixtures("online")
def test_a_caretaker_agrees_to_nothing(client: Client, bill: Invoice) -> None:
    client.force_login(a_resident(household=bill.household, role=MembershipRole.CARETAKER))

    answer = client.post(reverse("page:autopay", args=[bill.household_id]))

    assert answer.status_code == 403
    assert not PaymentMandate.objects.exists()
