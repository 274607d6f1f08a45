"""The desk's exceptions: a clerk sees what is wrong and decides, through the real pages."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffDuty
from accounts.models import Household, User
from metering.admin.exception_forms import ExchangeForm
from metering.admin.exceptions import ReadingFlagAdmin
from metering.admin.plot import plot
from metering.enums import Decision, Finding
from metering.models import Device, Installation, MeterExchange, Reading, ReadingEdit, ReadingFlag
from metering.operations.validation import validate_readings
from metering.queries.exceptions import exceptions
from tests.factories import a_clerk
from tests.metering.factories import a_meter
from tests.metering.operations.test_validation import HOUR, LATER, MIDNIGHT, arrive, billed_wh, standing

LIST = "admin:metering_readingflag_changelist"
TOLD = {"reason": "Read on the phone", "_form_submitted": "1"}


@pytest.fixture
def meter(household: Household) -> Device:
    """A home's heat meter."""
    return a_meter(household=household, serial="58496405")


@pytest.fixture
def engineer(client: Client, meter: Device) -> Client:
    """The browser of a network engineer of the utility in scope."""
    del meter  # its utility is theirs
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    return client


def page(action: str = "change") -> str:
    """The address of the first exception in the queue, or of one of its actions."""
    return reverse(f"admin:metering_readingflag_{action}", args=[exceptions()[0].pk])


def told(response: Any) -> str:  # noqa: ANN401 - the test client's own answer
    """What the clerk is told."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def replaced(meter: Device) -> None:
    """Somebody put another meter in its place and told nobody."""
    arrive(meter, {hour: 5000 + 2 * hour for hour in range(24)} | {hour: 3 * hour for hour in range(24, 48)})
    validate_readings(at=LATER)


def test_an_empty_queue_says_so(engineer: Client) -> None:
    shown = engineer.get(reverse(LIST))
    assert shown.status_code == 200
    assert "58496405" not in shown.content.decode()


def test_the_queue_shows_one_line_an_exception_and_what_it_holds_up(engineer: Client, meter: Device) -> None:
    replaced(meter)
    assert ReadingFlag.objects.count() == 24
    shown = engineer.get(reverse(LIST)).content.decode()
    assert shown.count("58496405") >= 1
    assert "the bill: no register since can be used" in shown
    (head,) = exceptions()
    assert f"/readingflag/{head.pk}/change/" in shown
    assert len(set(re.findall(r"/readingflag/(\d+)/change/", shown))) == 1


def test_an_exception_is_seen_with_its_neighbourhood(engineer: Client, meter: Device) -> None:
    replaced(meter)
    shown = engineer.get(page()).content.decode()
    assert "24 readings of meter 58496405" in shown
    assert "They hold up the bill" in shown
    assert "<polyline" in shown
    assert shown.count("<ellipse") == 24
    assert "5,046.0" in shown  # the last good register in the table, with its neighbours


def test_a_reason_is_asked_for(engineer: Client, meter: Device) -> None:
    replaced(meter)
    answer = engineer.post(page("reject"), {"reason": "", "_form_submitted": "1"})
    assert "This field is required." in answer.content.decode()
    assert not ReadingEdit.objects.exists()


def test_rejecting_is_recorded_with_the_clerk(engineer: Client, meter: Device) -> None:
    replaced(meter)
    answer = engineer.post(page("reject"), TOLD)
    assert answer["HX-Redirect"] == reverse(LIST)
    assert ReadingEdit.objects.filter(reason="Read on the phone", decision=Decision.REJECTED).count() == 24
    assert ReadingEdit.objects.earliest("pk").made_by == User.objects.get(is_staff=True)
    assert not exceptions().exists()
    assert (
        "Read on the phone" in engineer.get(reverse("admin:metering_readingedit_changelist")).content.decode()
    )


def test_what_cannot_be_accepted_says_why(engineer: Client, meter: Device) -> None:
    replaced(meter)
    answer = engineer.post(page("accept"), TOLD)
    assert answer["HX-Redirect"] == page()
    assert "does not fall" in told(answer)
    assert not ReadingEdit.objects.exists()


def test_a_roll_over_is_declared(engineer: Client, meter: Device) -> None:
    arrive(meter, {hour: float((49_990 + 5 * hour) % 50_000) for hour in range(30)})
    validate_readings(at=LATER)
    engineer.post(page("declare_rollover"), {**TOLD, "modulus_kwh": "50000"})
    assert standing() == [(2, Finding.ROLLOVER)]


def test_an_exchange_is_previewed_then_recorded(
    engineer: Client, meter: Device, household: Household
) -> None:
    replaced(meter)
    before = billed_wh(household)
    # Half past twelve at night, local time, of the second day.
    slip = {**TOLD, "exchanged_at": "2026-01-05T23:30", "final_kwh": "5047", "serial": "61000001"}
    slip["initial_kwh"] = "70"
    shown = engineer.post(page("declare_exchange"), slip).content.decode()
    assert "The old meter is billed 1.0 kWh more" in shown
    assert "one 71.0 kWh since" in shown
    assert "24 readings go over to the new meter, 0 stay behind" in shown
    assert not MeterExchange.objects.exists()
    assert not Device.objects.filter(serial="61000001").exists()
    answer = engineer.post(page("declare_exchange"), {**slip, "seen": "on"})
    assert answer["HX-Redirect"] == reverse(LIST)
    recorded = MeterExchange.objects.get()
    assert (recorded.final_wh, recorded.initial_wh) == (5_047_000, 70_000)
    assert recorded.exchanged_at == MIDNIGHT + 23 * HOUR + timedelta(minutes=30)
    assert Installation.objects.get(ends_at=None).device.serial == "61000001"
    assert not exceptions().exists()
    # 47 kWh of the old one, 2 of the new one by midnight: nothing lost, nothing invented.
    assert (before, billed_wh(household)) == (46_000, 49_000)
    listed = engineer.get(reverse("admin:metering_meterexchange_changelist")).content.decode()
    assert "61000001" in listed


def test_a_wrong_slip_says_what_is_wrong(engineer: Client, meter: Device) -> None:
    replaced(meter)
    slip = {**TOLD, "exchanged_at": "2026-01-05T23:30", "final_kwh": "4000", "serial": "61000001"}
    shown = engineer.post(page("declare_exchange"), {**slip, "initial_kwh": "70", "seen": "on"})
    assert "is below its reading of" in shown.content.decode()
    assert not Device.objects.filter(serial="61000001").exists()


def test_an_exchange_that_became_impossible_since_it_was_tried_is_refused_and_nothing_is_kept(
    engineer: Client, meter: Device
) -> None:
    replaced(meter)
    slip = {**TOLD, "exchanged_at": "2026-01-05T23:30", "final_kwh": "5047", "serial": "61000001"}
    request = engineer.get(page()).wsgi_request
    form = ExchangeForm(
        data={**slip, "initial_kwh": "70", "seen": "on"}, request=request, object_id=exceptions()[0].pk
    )
    assert form.is_valid()
    exchanged_at = MIDNIGHT + 23 * HOUR + timedelta(minutes=30)
    Reading.objects.create(
        device=meter, measured_at=exchanged_at, energy_wh=5_046_500, received_at=exchanged_at
    )
    record: Any = ReadingFlagAdmin.declare_exchange
    answer = record.__wrapped__(ReadingFlagAdmin(ReadingFlag, site), request, form, exceptions()[0].pk)
    assert answer["HX-Redirect"] == page()
    assert "Another register of meter 58496405 is stored" in " ".join(map(str, get_messages(request)))
    assert not MeterExchange.objects.exists()
    assert not Device.objects.filter(serial="61000001").exists()


def test_who_may_not_record_exchanges_is_refused(client: Client, meter: Device) -> None:
    replaced(meter)
    clerk = a_clerk(duty=StaffDuty.BILLING)
    client.force_login(clerk)
    # To decide about a finding is not to take a meter down.
    for codename, status in (("change_readingflag", 403), ("add_meterexchange", 200)):
        assert client.post(page("declare_exchange"), TOLD).status_code == 403
        clerk.user_permissions.add(Permission.objects.get(codename=codename))
        assert client.post(page("declare_exchange"), TOLD).status_code == status


def test_several_are_decided_at_once_with_one_reason(engineer: Client, meter: Device) -> None:
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(40)} | {10: 0.0})
    Reading.objects.filter(measured_at=MIDNIGHT + 20 * HOUR).update(quality="suspect")
    validate_readings(at=LATER)
    chosen = [one.pk for one in exceptions()]
    assert len(chosen) == 2
    asked = {"action": "estimate_selected", "_selected_action": chosen}
    assert "Say why" in told(engineer.post(reverse(LIST), {**asked, "reason": ""}, follow=False))
    engineer.post(reverse(LIST), {**asked, "reason": "Known radio trouble"})
    assert ReadingEdit.objects.filter(decision=Decision.ESTIMATED, reason="Known radio trouble").count() == 2
    assert not exceptions().exists()


def test_a_decision_is_taken_back_from_the_list_of_edits(engineer: Client, meter: Device) -> None:
    replaced(meter)
    engineer.post(page("reject"), TOLD)
    edit = ReadingEdit.objects.earliest("pk")
    assert engineer.get(reverse("admin:metering_readingedit_change", args=[edit.pk])).status_code == 200
    engineer.post(reverse("admin:metering_readingedit_take_back", args=[edit.pk]), TOLD)
    assert ReadingEdit.objects.filter(decision=Decision.UNDONE, version=2).count() == 24
    assert [one.finding for one in exceptions()] == [Finding.LEVEL]
    again = engineer.post(reverse("admin:metering_readingedit_take_back", args=[edit.pk]), TOLD)
    assert "not the newest" in told(again)


def test_who_only_looks_decides_nothing(client: Client, meter: Device) -> None:
    replaced(meter)
    client.force_login(a_clerk(duty=StaffDuty.AUDITOR))
    assert client.get(page()).status_code == 200
    assert client.post(page("reject"), TOLD).status_code == 403
    assert not ReadingEdit.objects.exists()


def test_the_plot_draws_what_is_used_as_a_line_and_the_rest_as_dots() -> None:
    drawn = plot([(MIDNIGHT, 0, True), (MIDNIGHT + HOUR, 500, False), (MIDNIGHT + 2 * HOUR, 1000, True)])
    assert drawn.line == "8.0,232.0 992.0,8.0"
    assert [(dot.x, dot.y) for dot in drawn.dots] == [(500.0, 120.0)]
    assert (drawn.low_kwh, drawn.high_kwh) == (0.0, 1.0)
    assert plot([]).line == ""
