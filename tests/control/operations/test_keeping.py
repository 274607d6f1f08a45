"""A held station keeps its supply for as long as the hold lasts, and frost alone moves it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.models import Substation, Utility
from control.enums import Cause, Mode, TargetState
from control.models import Target
from control.operations.holds import hold_station, release_station
from control.operations.keeping import keep_held
from control.operations.sending import mark_published
from control.operations.tick import tick
from control.queries.outbox import pending_targets
from metering.models import Device
from tests.control.factories import a_control, a_forecast, a_target, states_of
from tests.factories import a_clerk, a_substation
from tests.metering.factories import NOON, a_controller, a_telemetry_value

MINUTE = timedelta(minutes=1)
REACHED = (TargetState.ISSUED, TargetState.PUBLISHED, TargetState.APPLIED)


@pytest.fixture
def substation(scoped: Utility) -> Substation:
    """An active station on a freezing day."""
    assert scoped.pk
    substation = a_substation()
    a_control(substation=substation)
    a_forecast(substation=substation)
    return substation


@pytest.fixture
def controller(substation: Substation) -> Device:
    """The station's controller."""
    return a_controller(substation=substation)


def _hold(substation: Substation) -> None:
    hold_station(
        substation_id=substation.pk,
        reason="Pump 2 is being changed.",
        until=NOON + timedelta(hours=3),
        by=a_clerk(),
        at=NOON + MINUTE,
    )


def _newest(substation: Substation) -> Target:
    return substation.targets.order_by("-issued_at")[0]


def test_a_hold_keeps_the_supply_until_its_end(substation: Substation, controller: Device) -> None:
    a_target(substation=substation, controller=controller, states=REACHED)
    _hold(substation)

    for minutes in range(2, 170):
        now = NOON + minutes * MINUTE
        tick(now=now)
        mark_published(commands=[told.command for told in pending_targets(now)], now=now)
        assert _newest(substation).expires_at > now
        assert _newest(substation).secondary_supply_c == 46.5

    kept = _newest(substation)
    assert (kept.cause, kept.reason) == (Cause.HOLD, "hold: 46.50 kept")
    assert states_of(kept) == [TargetState.ISSUED, TargetState.PUBLISHED]
    assert substation.targets.count() == 12


def test_released_it_is_steered_from_where_it_stands(substation: Substation, controller: Device) -> None:
    a_target(substation=substation, controller=controller, states=REACHED)
    _hold(substation)
    keep_held(now=NOON + 20 * MINUTE)
    release_station(substation_id=substation.pk, by=a_clerk(), at=NOON + 21 * MINUTE)

    tick(now=NOON + 21 * MINUTE)

    assert _newest(substation).cause == Cause.WEATHER


def test_a_target_that_is_far_from_its_end_is_not_renewed(substation: Substation, controller: Device) -> None:
    a_target(substation=substation, controller=controller, states=REACHED)
    _hold(substation)

    assert keep_held(now=NOON + 14 * MINUTE) == 0
    assert keep_held(now=NOON + 15 * MINUTE) == 1
    assert keep_held(now=NOON + 16 * MINUTE) == 0


@pytest.mark.parametrize(
    "states",
    [
        (TargetState.ISSUED,),
        (TargetState.SHADOWED,),
        (TargetState.ISSUED, TargetState.PUBLISHED, TargetState.REJECTED),
    ],
)
def test_what_the_station_does_not_have_is_not_kept(
    substation: Substation, controller: Device, states: tuple[TargetState, ...]
) -> None:
    a_target(substation=substation, controller=controller, states=states)
    _hold(substation)

    assert keep_held(now=NOON + 20 * MINUTE) == 0


def test_what_ran_out_is_not_brought_back(substation: Substation, controller: Device) -> None:
    a_target(substation=substation, controller=controller, states=REACHED)
    _hold(substation)

    assert keep_held(now=NOON + 31 * MINUTE) == 0


def test_a_station_that_only_watched_before_is_sent_nothing(
    substation: Substation, controller: Device
) -> None:
    a_target(substation=substation, controller=controller, states=REACHED)
    substation.control.mode = Mode.SHADOW
    substation.control.save()
    _hold(substation)

    assert keep_held(now=NOON + 20 * MINUTE) == 0


def test_a_return_near_freezing_lifts_what_is_kept_to_the_curve(
    substation: Substation, controller: Device
) -> None:
    now = NOON + 20 * MINUTE
    a_target(substation=substation, controller=controller, states=REACHED, supply_c=30.0)
    a_telemetry_value(device=controller, tag="secondary_return_c", value=12.0, measured_at=now)
    _hold(substation)

    assert keep_held(now=now) == 1

    kept = _newest(substation)
    assert kept.secondary_supply_c == pytest.approx(50.35, abs=0.1)
    assert (kept.terms["clips"], kept.reason) == (
        ["frost"],
        f"hold: {kept.secondary_supply_c:.2f} kept; frost",
    )
