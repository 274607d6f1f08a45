"""The desk's pages on steered stations, targets, rooms and votes."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffDuty
from accounts.models import Substation, Utility
from comfort.models import Feedback
from control.enums import Mode, TargetState
from control.models import SubstationControl, Target, ValveControl
from control.operations.balancing import balance_valves, take_over_valve
from tests.comfort.factories import a_room, a_vote
from tests.control.factories import a_control, a_forecast, a_target
from tests.factories import a_building, a_clerk, a_household, a_substation
from tests.metering.factories import NOON, a_controller


@pytest.fixture
def desk(scoped: Utility, client: Client) -> Client:
    """A network engineer at the desk of the utility in scope."""
    assert scoped.pk
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    return client


@pytest.fixture
def substation(scoped: Utility) -> Substation:
    """A steered station."""
    assert scoped.pk
    substation = a_substation()
    a_control(substation=substation, mode=Mode.SHADOW)
    return substation


def test_every_list_opens(desk: Client, substation: Substation) -> None:
    controller = a_controller(substation=substation)
    a_target(substation=substation, controller=controller, states=(TargetState.ISSUED, TargetState.APPLIED))
    a_forecast(substation=substation)
    home = a_household()
    a_room(household=home)
    a_vote(household=home)

    for model in ("control_substationcontrol", "control_target", "control_outdoorforecast"):
        assert desk.get(reverse(f"admin:{model}_changelist")).status_code == 200
    for model in ("comfort_room", "comfort_feedback"):
        assert desk.get(reverse(f"admin:{model}_changelist")).status_code == 200


def test_valves_and_their_targets_are_shown_and_change_mode_together(
    desk: Client, substation: Substation
) -> None:
    valve = take_over_valve(building=a_building(substation=substation))
    balance_valves(now=NOON)

    changed = desk.post(
        reverse("admin:control_valvecontrol_changelist"),
        {"action": "activate", "_selected_action": [valve.pk]},
        follow=True,
    )

    assert "1 valve: Active." in changed.content.decode()
    assert ValveControl.objects.get().mode == Mode.ACTIVE
    assert desk.get(reverse("admin:control_valvecontrol_change", args=[valve.pk])).status_code == 200
    assert desk.get(reverse("admin:control_valvetarget_changelist")).status_code == 200
    page = desk.get(reverse("admin:control_valvetarget_change", args=[valve.targets.get().pk]))
    assert "not_measured" in page.content.decode()


def test_a_station_shows_its_curve(desk: Client, substation: Substation) -> None:
    page = desk.get(reverse("admin:control_substationcontrol_change", args=[substation.control.pk]))

    assert page.status_code == 200
    assert "50.4 °C" in page.content.decode()


def test_a_new_station_can_be_entered(desk: Client) -> None:
    assert desk.get(reverse("admin:control_substationcontrol_add")).status_code == 200


@pytest.mark.parametrize(("action", "mode"), [("activate", Mode.ACTIVE), ("watch", Mode.SHADOW)])
def test_an_action_changes_the_mode(desk: Client, substation: Substation, action: str, mode: Mode) -> None:
    other = a_substation()
    a_control(substation=other, mode=Mode.SHADOW)
    chosen = {"action": action, "_selected_action": [substation.control.pk]}

    desk.post(reverse("admin:control_substationcontrol_changelist"), chosen)

    assert SubstationControl.objects.get(substation=substation).mode == mode
    assert SubstationControl.objects.get(substation=other).mode == Mode.SHADOW


def test_a_clerk_who_may_only_look_cannot_change_a_mode(client: Client, substation: Substation) -> None:
    client.force_login(a_clerk(duty=StaffDuty.AUDITOR))

    client.post(
        reverse("admin:control_substationcontrol_changelist"),
        {"action": "activate", "_selected_action": [substation.control.pk]},
    )

    assert SubstationControl.objects.get().mode == Mode.SHADOW


def test_a_target_shows_its_terms_and_is_not_edited(desk: Client, substation: Substation) -> None:
    target = a_target(substation=substation, controller=None)
    address = reverse("admin:control_target_change", args=[target.pk])

    page = desk.get(address)

    assert page.status_code == 200
    assert "newest_vote" in page.content.decode()
    assert desk.post(address, {"secondary_supply_c": 70}).status_code == 403
    assert Target.objects.get().secondary_supply_c == 46.5


def test_votes_are_looked_at_only(desk: Client) -> None:
    vote = a_vote(household=a_household())

    assert desk.get(reverse("admin:comfort_feedback_change", args=[vote.pk])).status_code == 200
    assert desk.get(reverse("admin:comfort_feedback_add")).status_code == 403
    assert desk.post(reverse("admin:comfort_feedback_delete", args=[vote.pk])).status_code == 403
    assert Feedback.objects.get() == vote
