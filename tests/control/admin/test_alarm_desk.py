"""Alarms at the desk."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import Utility
from control.enums import AlarmKind, Severity
from control.models import Alarm, AlarmRule
from tests.factories import a_clerk, a_substation

LIST = "/admin/control/alarm/"


@pytest.fixture
def desk(scoped: Utility, client: Client) -> Client:
    """A network engineer."""
    assert scoped.pk
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    return client


def an_alarm(*, severity: Severity = Severity.CRITICAL, is_over: bool = False) -> Alarm:
    """One alarm at a station of its own."""
    now = timezone.now()
    return Alarm.objects.create(
        kind=AlarmKind.NO_FLOW,
        substation=a_substation(),
        severity=severity,
        began_at=now,
        raised_at=now,
        cleared_at=now if is_over else None,
        value=12.0,
        limit=50.0,
    )


def test_the_list_shows_what_stands_and_on_demand_what_is_over(desk: Client) -> None:
    standing, over = an_alarm(), an_alarm(is_over=True)

    now = desk.get(LIST).content.decode()
    everything = desk.get(LIST, {"standing": "all"}).content.decode()

    assert "It is cold outdoors and only 12.0 l/h flow." in now
    assert str(standing.substation) in now
    row = f"/admin/control/alarm/{over.pk}/change/"
    assert (row in now, row in everything) == (False, True)


def test_an_alarm_is_acknowledged_with_a_note(desk: Client) -> None:
    alarm, other = an_alarm(), an_alarm()

    address = reverse("admin:control_alarm_acknowledge", args=[alarm.pk])
    desk.post(address, {"_form_submitted": "1", "note": "On my way."})
    desk.post(LIST, {"action": "acknowledge_selected", "_selected_action": [other.pk]})
    desk.post(
        reverse("admin:control_alarm_write", args=[alarm.pk]), {"_form_submitted": "1", "note": "Pump dry."}
    )

    shown = desk.get(reverse("admin:control_alarm_change", args=[alarm.pk])).content.decode()
    assert "On my way." in shown
    assert "Pump dry." in shown
    assert not Alarm.objects.filter(acknowledged_at=None).exists()
    assert desk.get(LIST, {"standing": "open"}).content.decode().count("/change/") == 0


def test_an_auditor_acknowledges_nothing(client: Client, desk: Client) -> None:
    alarm = an_alarm()
    client.force_login(a_clerk(duty=StaffDuty.AUDITOR))

    address = reverse("admin:control_alarm_acknowledge", args=[alarm.pk])
    desk.post(address, {"_form_submitted": "1"})
    desk.post(LIST, {"action": "acknowledge_selected", "_selected_action": [alarm.pk]})

    assert Alarm.objects.get().acknowledged_at is None


def test_a_new_rule_begins_with_the_defaults(desk: Client) -> None:
    form = desk.get("/admin/control/alarmrule/add/", {"kind": "leak"}).content.decode()
    assert 'value="40"' in form

    desk.post(
        "/admin/control/alarmrule/add/",
        {
            "kind": "leak",
            "is_enabled": "on",
            "severity": "major",
            "threshold": "60",
            "hysteresis": "20",
            "on_delay": "00:05:00",
            "off_delay": "00:05:00",
            "escalate_after": "01:00:00",
        },
    )
    assert AlarmRule.objects.get().threshold == 60


def test_the_first_page_counts_what_nobody_has_acknowledged(desk: Client) -> None:
    an_alarm()
    an_alarm(severity=Severity.MINOR)

    shown = desk.get("/admin/").content.decode()

    assert "Critical 1 · Minor 1" in shown
