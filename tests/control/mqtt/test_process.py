"""The control process against the real broker, round by round."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import Household, Substation, Utility
from control.enums import Cause, Mode, TargetState
from control.models import Target, TargetTransition
from control.mqtt.link import ControlLink
from control.mqtt.process import ControlProcess
from control.operations.stations import set_mode
from control.operations.tick import tick
from control.weather import ClimateModel
from metering.models import Device, QuarantinedMessage
from tests.comfort.factories import a_vote
from tests.control.factories import a_control, some_rooms, states_of
from tests.control.mqtt.stations import Station, a_broker, a_station
from tests.factories import a_substation
from tests.metering.factories import NOON, a_controller
from tests.metering.mqtt.processes import until

pytestmark = pytest.mark.usefixtures("scoped")
_numbers = count(1)


@pytest.fixture
def substation() -> Substation:
    """An active station with twenty homes."""
    substation = a_substation()
    a_control(substation=substation)
    some_rooms(substation=substation, temperature_c=20.5, homes=20)
    return substation


@pytest.fixture
def controller(substation: Substation) -> Device:
    """The device that steers it."""
    return a_controller(substation=substation)


@pytest.fixture
def station(controller: Device, scoped: Utility) -> Iterator[Station]:
    """The device on the broker."""
    with a_station(utility=scoped.slug, device=controller.identity) as station:
        yield station


@contextmanager
def control(*, name: str = "") -> Iterator[ControlProcess]:
    """A control process that is connected, moved by hand; ``name`` is its session at the broker."""
    link = ControlLink(client_id=name or f"test-control-{next(_numbers)}")
    process = ControlProcess(link=link, weather=ClimateModel(), tick_every=timedelta(minutes=15))
    link.open()
    try:
        until(lambda: link.is_ready, "the process listens")
        yield process
    finally:
        link.close()


def _answered(process: ControlProcess, station: Station, *, at_s: int) -> None:
    """Answer the next target, and let the process hear it."""
    station.answer(station.next_target())
    _hear(process, at_s=at_s)


def _hear(process: ControlProcess, *, at_s: int) -> None:
    until(process.link.wake.is_set, "the answer arrives")
    process.link.wake.clear()
    process.step(NOON + timedelta(seconds=at_s))


def _command(target: Target) -> str:
    return str(target.command)


def test_a_target_is_published_retained_and_its_answer_recorded(
    substation: Substation, station: Station
) -> None:
    with control() as process:
        process.link.wake.clear()
        process.step(NOON)
        heard = station.next_target()
        station.answer(heard)
        _hear(process, at_s=2)

    target = substation.targets.get()
    assert heard.body["command"] == _command(target)
    assert heard.body["secondary_supply_c"] == target.secondary_supply_c
    assert heard.body["expires_at"] == "2026-01-05T04:30:00.000Z"
    assert heard.body["reason"] == target.reason
    assert states_of(target) == [TargetState.ISSUED, TargetState.PUBLISHED, TargetState.APPLIED]


def test_a_station_that_comes_later_finds_its_target(
    substation: Substation, controller: Device, scoped: Utility
) -> None:
    with control() as process:
        process.step(NOON)

    with a_station(utility=scoped.slug, device=controller.identity) as late:
        heard = late.next_target()

    assert heard.retained
    assert heard.body["command"] == _command(substation.targets.get())


def test_a_vote_brings_a_new_target_at_once(substation: Substation, station: Station) -> None:
    with control() as process:
        process.link.wake.clear()
        process.step(NOON)
        before = station.next_target()
        process.step(NOON + timedelta(seconds=1))
        assert station.hears_nothing()
        a_vote(household=Household.objects.all()[0], given_at=NOON + timedelta(seconds=2))

        process.step(NOON + timedelta(seconds=3))

        after = station.next_target()
        station.answer(after)
        _hear(process, at_s=4)

    assert after.body["secondary_supply_c"] > before.body["secondary_supply_c"]
    assert after.body["reason"].startswith("comfort: ")
    newest = substation.targets.order_by("-issued_at")[0]
    assert (newest.cause, states_of(newest)[-1]) == (Cause.COMFORT, TargetState.APPLIED)


def test_what_was_decided_before_a_crash_is_sent_after_it(substation: Substation, station: Station) -> None:
    # The process died between the commit and the publish.
    with control() as process:
        process.step(NOON)
        station.next_target()
    a_vote(household=Household.objects.all()[0], given_at=NOON)
    assert tick(now=NOON + timedelta(seconds=1)).issued == 1
    pending = substation.targets.order_by("-issued_at")[0]

    with control() as restarted:
        restarted.step(NOON + timedelta(seconds=5))

    assert station.next_target().body["command"] == _command(pending)
    assert states_of(pending) == [TargetState.ISSUED, TargetState.PUBLISHED]


def test_an_answer_given_while_the_process_was_away_waits_for_it(
    substation: Substation, station: Station
) -> None:
    with control(name="test-control-away") as process:
        process.step(NOON)
        heard = station.next_target()
    station.answer(heard)

    with control(name="test-control-away") as restarted:
        until(lambda: _stored(restarted, substation), "the answer is stored")

    assert states_of(substation.targets.get())[-1] == TargetState.APPLIED


def test_an_answer_that_was_not_stored_comes_again(substation: Substation, station: Station) -> None:
    with control(name="test-control-again") as process:
        process.step(NOON)
        station.answer(station.next_target())
        until(lambda: bool(process.link.received()), "the answer arrives, and is lost with the process")

    with control(name="test-control-again") as restarted:
        until(lambda: _stored(restarted, substation), "the answer is stored")

    assert states_of(substation.targets.get())[-1] == TargetState.APPLIED


def _stored(process: ControlProcess, substation: Substation) -> bool:
    process.step(NOON + timedelta(seconds=5))
    answers = TargetTransition.objects.filter(
        target__substation=substation, state__in=[TargetState.APPLIED, TargetState.REJECTED]
    )
    return answers.exists()


def test_rubbish_and_strangers_are_quarantined_and_hold_nothing_up(
    substation: Substation, station: Station, scoped: Utility
) -> None:
    stranger_device = a_controller(substation=a_substation())
    with (
        control() as process,
        a_station(utility=scoped.slug, device=stranger_device.identity) as stranger,
    ):
        process.step(NOON)
        heard = station.next_target()
        station.say(b"\xff{")
        stranger.answer(heard, state="rejected")
        station.answer(heard)
        until(lambda: _stored(process, substation), "the good answer is stored")
        until(lambda: _waiting(process) == 2, "both others are kept")

    assert states_of(substation.targets.get())[-1] == TargetState.APPLIED
    assert {kept.utility_id for kept in QuarantinedMessage.objects.all()} == {scoped.pk}


def _waiting(process: ControlProcess) -> int:
    process.step(NOON + timedelta(seconds=6))
    return QuarantinedMessage.objects.count()


def test_a_station_that_only_watches_hears_nothing(substation: Substation, station: Station) -> None:
    set_mode(controls=[substation.control], mode=Mode.SHADOW)
    with control() as process:
        process.step(NOON)

        assert station.hears_nothing()

    assert states_of(substation.targets.get()) == [TargetState.SHADOWED]


def test_a_broker_that_lost_its_memory_is_told_again(
    substation: Substation, controller: Device, scoped: Utility, tmp_path: Path, settings: Settings
) -> None:
    with a_broker(tmp_path, known={}) as addresses:
        settings.MQTT_URL = addresses["MQTT_URL"]
        link = ControlLink(client_id="test-control-restart")
        process = ControlProcess(link=link, weather=ClimateModel(), tick_every=timedelta(minutes=15))
        link.open()
        until(lambda: link.is_ready, "the process listens")
        process.step(NOON)
    assert states_of(substation.targets.get()) == [TargetState.ISSUED, TargetState.PUBLISHED]
    until(lambda: not link.is_ready, "the process notices")

    try:
        with a_broker(tmp_path, known=addresses):
            until(lambda: link.is_ready, "the process is back")
            process.step(NOON + timedelta(seconds=2))
            with a_station(utility=scoped.slug, device=controller.identity) as station:
                heard = station.next_target()
    finally:
        link.close()

    assert heard.retained
    assert heard.body["command"] == _command(substation.targets.get())


def test_without_a_broker_targets_wait(substation: Substation, controller: Device) -> None:
    process = ControlProcess(
        link=ControlLink(client_id="test-control-alone"),
        weather=ClimateModel(),
        tick_every=timedelta(minutes=15),
    )

    process.step(NOON)

    assert controller.pk == substation.targets.get().controller_id
    assert states_of(substation.targets.get()) == [TargetState.ISSUED]
