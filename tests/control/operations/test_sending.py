"""Targets on their way, and the stations' answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest

from accounts.models import Substation, Utility
from control.acks import AckMessage
from control.enums import Mode, TargetState
from control.models import Target, TargetTransition
from control.operations.sending import mark_published, record_acks
from control.queries.outbox import pending_targets
from metering import topics
from metering.enums import Reason
from metering.models import Device, QuarantinedMessage
from tests.control.factories import a_control, a_target, states_of
from tests.factories import a_substation
from tests.metering.factories import NOON, a_controller

pytestmark = pytest.mark.usefixtures("scoped")


@pytest.fixture
def substation() -> Substation:
    """An active station."""
    substation = a_substation()
    a_control(substation=substation)
    return substation


@pytest.fixture
def controller(substation: Substation) -> Device:
    """The station's controller."""
    return a_controller(substation=substation)


def an_ack(*, utility: Utility, device: str, received_at: datetime = NOON, **body: Any) -> AckMessage:  # noqa: ANN401 - JSON
    """An answer as a station would write it."""
    topic = topics.up(utility=utility.slug, device=device, channel="ack")
    whole = {"state": "applied", "at": "2026-01-05T04:00:02Z", **body}
    return AckMessage(topic, orjson.dumps(whole), received_at)


def test_a_target_is_pending_until_the_broker_has_it(
    substation: Substation, controller: Device, scoped: Utility
) -> None:
    target = a_target(substation=substation, controller=controller)

    (outgoing,) = pending_targets(NOON)
    assert (outgoing.utility, outgoing.device) == (scoped.slug, controller.identity)
    assert outgoing.message() == {
        "command": str(target.command),
        "issued_at": "2026-01-05T04:00:00.000Z",
        "expires_at": "2026-01-05T04:30:00.000Z",
        "secondary_supply_c": 46.5,
        "reason": "start: curve 46.50",
    }

    mark_published(commands=[target.command], now=NOON)
    mark_published(commands=[target.command], now=NOON + timedelta(seconds=1))

    assert pending_targets(NOON) == []
    assert states_of(target) == [TargetState.ISSUED, TargetState.PUBLISHED]


def test_only_the_newest_target_of_a_station_is_sent(substation: Substation, controller: Device) -> None:
    a_target(substation=substation, controller=controller)
    newest = a_target(substation=substation, controller=controller, issued_at=NOON + timedelta(seconds=1))

    assert [outgoing.command for outgoing in pending_targets(NOON)] == [newest.command]


def test_a_target_that_ran_out_or_was_only_watched_is_not_sent(
    substation: Substation, controller: Device
) -> None:
    a_target(substation=substation, controller=controller)
    assert pending_targets(NOON + timedelta(minutes=30)) == []

    later = NOON + timedelta(minutes=31)
    a_target(substation=substation, controller=controller, issued_at=later, states=(TargetState.SHADOWED,))
    assert pending_targets(later) == []


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.HOLD])
def test_what_was_decided_before_a_hold_is_not_sent_after_it(
    substation: Substation, controller: Device, mode: Mode
) -> None:
    a_target(substation=substation, controller=controller)
    substation.control.mode = mode
    substation.control.save()

    assert pending_targets(NOON) == []


def test_an_answer_is_recorded_once_and_the_first_one_stands(
    substation: Substation, controller: Device, scoped: Utility
) -> None:
    target = a_target(substation=substation, controller=controller)
    command, device = str(target.command), controller.identity
    received_at = NOON + timedelta(seconds=3)
    applied = an_ack(utility=scoped, device=device, command=command, received_at=received_at)
    rejected = an_ack(utility=scoped, device=device, command=command, state="rejected")

    assert record_acks(messages=[applied, applied]) == 0
    assert record_acks(messages=[rejected, applied]) == 0

    assert states_of(target) == [TargetState.ISSUED, TargetState.APPLIED]
    assert target.transitions.get(state=TargetState.APPLIED).at == NOON + timedelta(seconds=2)
    assert not QuarantinedMessage.objects.exists()


def test_a_refusal_keeps_the_station_s_own_words(
    substation: Substation, controller: Device, scoped: Utility
) -> None:
    target = a_target(substation=substation, controller=controller)
    words = "local mode\x00" + "!" * 300
    ack = an_ack(
        utility=scoped,
        device=controller.identity,
        command=str(target.command),
        state="rejected",
        reason=words,
    )

    record_acks(messages=[ack])

    transition = target.transitions.get(state=TargetState.REJECTED)
    assert transition.detail == ("local mode" + "!" * 300)[:200]


@pytest.mark.parametrize("at", ["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"])
def test_a_station_s_wrong_clock_does_not_bend_the_story(
    substation: Substation, controller: Device, scoped: Utility, at: str
) -> None:
    target = a_target(substation=substation, controller=controller)
    received_at = NOON + timedelta(seconds=3)
    ack = an_ack(
        utility=scoped,
        device=controller.identity,
        command=str(target.command),
        at=at,
        received_at=received_at,
    )

    record_acks(messages=[ack])

    assert NOON <= target.transitions.get(state=TargetState.APPLIED).at <= received_at


def test_a_device_cannot_answer_for_another_station(
    substation: Substation, controller: Device, scoped: Utility
) -> None:
    target = a_target(substation=substation, controller=controller)
    stranger = a_controller(substation=a_substation())
    ack = an_ack(utility=scoped, device=stranger.identity, command=str(target.command))

    assert record_acks(messages=[ack]) == 1

    assert states_of(target) == [TargetState.ISSUED]
    kept = QuarantinedMessage.objects.get()
    assert (kept.topic, bytes(kept.payload), kept.reason) == (ack.topic, ack.payload, Reason.IMPLAUSIBLE)
    assert "was not sent to" in kept.detail


def test_an_answer_to_no_command_of_ours_is_kept(controller: Device, scoped: Utility) -> None:
    ack = an_ack(utility=scoped, device=controller.identity, command=str(uuid4()))

    assert record_acks(messages=[ack, ack]) == 2

    assert "No target has the command" in QuarantinedMessage.objects.get().detail
    assert not TargetTransition.objects.exists()


def test_a_good_answer_is_not_held_up_by_a_bad_one(
    substation: Substation, controller: Device, scoped: Utility
) -> None:
    target = a_target(substation=substation, controller=controller)
    good = an_ack(utility=scoped, device=controller.identity, command=str(target.command))

    assert record_acks(messages=[AckMessage(good.topic, b"\x00not json", NOON), good]) == 1

    assert states_of(target) == [TargetState.ISSUED, TargetState.APPLIED]
    assert QuarantinedMessage.objects.get().reason == Reason.MALFORMED
    assert Target.objects.count() == 1
