"""A clerk estimates a silent meter's register: sees what it means, records it, takes it back."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffDuty
from accounts.models import Household, User
from metering.models import Device, RegisterEstimate
from tests.factories import a_clerk
from tests.metering.factories import a_meter
from tests.metering.operations.test_validation import HOUR, MIDNIGHT, arrive

TOLD = {
    "estimated_at": "2026-01-07T00:00",
    "energy_kwh": "",
    "reason": "The battery is empty",
    "_form_submitted": "1",
}
LIST = "admin:metering_registerestimate_changelist"


@pytest.fixture
def meter(household: Household) -> Device:
    """A home's heat meter, silent since the midnight of 6 January."""
    silent = a_meter(household=household, serial="58496405")
    arrive(silent, {hour: 5000 + 2 * hour for hour in range(25)})
    return silent


@pytest.fixture
def engineer(client: Client, meter: Device) -> Client:
    """The browser of a network engineer of the utility in scope."""
    del meter  # its utility is theirs
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    return client


def page(meter: Device) -> str:
    return reverse("admin:metering_device_estimate_register", args=[meter.pk])


def test_an_estimate_is_tried_then_recorded(engineer: Client, meter: Device) -> None:
    shown = engineer.post(page(meter), TOLD).content.decode()
    assert "The register would stand at 5,096.000 kWh, 48.000 kWh above its last reading" in shown
    assert "48.0 kWh a day, where the meter counted 48.0 kWh a day" in shown
    assert not RegisterEstimate.objects.exists()
    answer = engineer.post(page(meter), {**TOLD, "seen": "on"})
    assert answer["HX-Redirect"] == reverse(LIST)
    made = RegisterEstimate.objects.get()
    assert (made.device, made.estimated_at, made.energy_wh) == (meter, MIDNIGHT + 48 * HOUR, 5_096_000)
    assert made.made_by == User.objects.get(is_staff=True)
    listed = engineer.get(reverse(LIST)).content.decode()
    assert "The battery is empty" in listed


def test_what_cannot_be_says_why(engineer: Client, meter: Device) -> None:
    shown = engineer.post(page(meter), {**TOLD, "energy_kwh": "5000", "seen": "on"}).content.decode()
    assert "The register would fall: before it stands at 5,048.000 kWh." in shown
    shown = engineer.post(page(meter), {**TOLD, "estimated_at": "tomorrow"}).content.decode()
    assert "Enter a valid date/time." in shown
    shown = engineer.post(page(meter), {**TOLD, "estimated_at": "2026-01-05T12:00"}).content.decode()
    assert "A reading at or after that time can be used, so there is nothing to estimate." in shown
    assert not RegisterEstimate.objects.exists()


def test_an_estimate_is_taken_back(engineer: Client, meter: Device) -> None:
    engineer.post(page(meter), {**TOLD, "seen": "on"})
    made = RegisterEstimate.objects.get()
    answer = engineer.get(reverse("admin:metering_registerestimate_withdraw", args=[made.pk]))
    assert answer.headers["Location"] == reverse(LIST)
    assert [str(one) for one in get_messages(answer.wsgi_request)][-1] == "The estimate is taken back."
    made.refresh_from_db()
    assert made.withdrawn_by == User.objects.get(is_staff=True)


def test_who_only_looks_estimates_nothing(client: Client, meter: Device) -> None:
    client.force_login(a_clerk(duty=StaffDuty.AUDITOR))
    assert client.post(page(meter), {**TOLD, "seen": "on"}).status_code == 403
    assert not RegisterEstimate.objects.exists()
    assert client.get(reverse(LIST)).status_code == 200
