"""A day's round of the valves: from meters and rooms to a position, sent and confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Building, Household, Substation, Utility
from accounts.scope import utility_scope
from control.acks import AckMessage
from control.enums import Cause, Mode, TargetState
from control.models import SubstationControl, ValveControl, ValveTarget
from control.operations.balancing import BalanceResult, balance_valves, set_valve_mode, take_over_valve
from control.operations.expiry import expire_targets
from control.operations.sending import mark_published, record_acks
from control.queries.outbox import pending_targets, standing_targets
from metering import topics
from metering.enums import DeviceKind
from metering.models import Device, QuarantinedMessage
from tests.control.factories import a_control, a_target
from tests.factories import a_building, a_household, a_substation, a_utility
from tests.metering.factories import (
    NOON,
    a_device,
    a_reading,
    a_room_sensor,
    a_room_temperature,
    an_installation,
)

pytestmark = pytest.mark.usefixtures("scoped")
DAY = timedelta(days=1)


@pytest.fixture
def substation(scoped: Utility) -> Substation:
    """An active station with four buildings, the first of which gets twice the water of the others."""
    assert scoped.pk
    substation = a_substation()
    a_control(substation=substation)
    for cooling_k in (10, 20, 20, 20):
        _a_measured_valve(building=a_building(substation=substation), cooling_k=cooling_k)
    return substation


def _a_measured_valve(
    *, cooling_k: float, building: Building | None = None, household: Household | None = None
) -> ValveControl:
    meter, valve = a_device(), a_device(kind=DeviceKind.VALVE)
    for device in (meter, valve):
        an_installation(device=device, building=building, household=household)
    for hours in (1, 6, 20):
        a_reading(device=meter, measured_at=NOON - timedelta(hours=hours), cooling_k=cooling_k)
    return take_over_valve(building=building, household=household, mode=Mode.ACTIVE, position_pct=95)


def _told(place: Building | Household) -> ValveTarget:
    return place.valve.targets.order_by("-issued_at")[0]


def _buildings(substation: Substation) -> list[Building]:
    return list(substation.buildings.order_by("pk"))


def _answer(target: ValveTarget, utility: Utility, *, state: str = "applied") -> AckMessage:
    topic = topics.up(utility=utility.slug, device=_device(target).identity, channel="ack")
    body = {"command": str(target.command), "state": state, "at": target.issued_at.isoformat()}
    return AckMessage(topic, orjson.dumps(body), target.issued_at)


def _device(target: ValveTarget) -> Device:
    assert target.controller is not None
    return target.controller


def test_the_building_with_too_much_water_gives_way_and_is_told_why(substation: Substation) -> None:
    assert balance_valves(now=NOON) == BalanceResult(valves=4, moving=1)

    first, *others = _buildings(substation)
    target = _told(first)
    assert target.valve_pct < 95
    assert target.cause == Cause.BALANCE
    assert target.reason == f"balance: 95.0 to {target.valve_pct:.1f} %"
    assert (target.terms["cooling_k"], target.terms["usual_cooling_k"]) == (10, 20)
    assert (target.terms["flow_by_water"], target.terms["room_c"], target.terms["clips"]) == (0.8, None, [])
    assert target.expires_at == NOON + timedelta(hours=36)
    assert [_told(other).cause for other in others] == [Cause.REFRESH] * 3
    assert [_told(other).valve_pct for other in others] == [95] * 3


def test_each_valve_is_looked_at_once_a_day(substation: Substation) -> None:
    balance_valves(now=NOON)

    assert balance_valves(now=NOON + timedelta(hours=22)) == BalanceResult(valves=0, moving=0)
    assert balance_valves(now=NOON + timedelta(hours=23)).valves == 4
    assert ValveTarget.objects.count() == 8
    assert substation.targets.count() == 0


def test_a_target_travels_like_a_station_s(substation: Substation, scoped: Utility) -> None:
    balance_valves(now=NOON)
    target = _told(_buildings(substation)[0])

    outgoing = {each.command: each for each in pending_targets(NOON)}[target.command]
    assert (outgoing.utility, outgoing.device) == (scoped.slug, _device(target).identity)
    assert outgoing.message() == {
        "command": str(target.command),
        "issued_at": "2026-01-05T04:00:00.000Z",
        "expires_at": "2026-01-06T16:00:00.000Z",
        "valve_pct": target.valve_pct,
        "reason": target.reason,
    }

    mark_published(commands=[each.command for each in pending_targets(NOON)], now=NOON)
    assert pending_targets(NOON) == []
    assert len(standing_targets(NOON)) == 4


def test_the_next_round_begins_where_the_valve_says_it_stands(
    substation: Substation, scoped: Utility
) -> None:
    balance_valves(now=NOON)
    first, second, *_rest = _buildings(substation)

    record_acks(messages=[_answer(_told(first), scoped), _answer(_told(second), scoped, state="rejected")])

    first.valve.refresh_from_db()
    second.valve.refresh_from_db()
    assert first.valve.position_pct == _told(first).valve_pct
    assert second.valve.position_pct == 95
    assert [step.state for step in _told(first).transitions.order_by("pk")] == ["issued", "applied"]


def test_a_valve_that_does_not_answer_is_told_the_same_again(substation: Substation) -> None:
    balance_valves(now=NOON)
    first = _told(_buildings(substation)[0])
    for building in _buildings(substation):
        meter = building.installations.get(device__kind=DeviceKind.HEAT_METER).device
        cooling = 10 if building == _buildings(substation)[0] else 20
        a_reading(device=meter, measured_at=NOON + timedelta(hours=20), cooling_k=cooling)

    balance_valves(now=NOON + DAY)

    assert _told(_buildings(substation)[0]).valve_pct == first.valve_pct


def test_an_answer_to_an_old_command_does_not_move_the_position(
    substation: Substation, scoped: Utility
) -> None:
    balance_valves(now=NOON)
    building = _buildings(substation)[0]
    old = _told(building)
    balance_valves(now=NOON + DAY)

    record_acks(messages=[_answer(old, scoped)])

    building.valve.refresh_from_db()
    assert building.valve.position_pct == 95


def test_nobody_answers_for_another_s_valve(substation: Substation, scoped: Utility) -> None:
    balance_valves(now=NOON)
    first, second, *_rest = _buildings(substation)
    stranger = topics.up(utility=scoped.slug, device=_device(_told(second)).identity, channel="ack")

    assert record_acks(messages=[replace(_answer(_told(first), scoped), topic=stranger)]) == 1

    first.valve.refresh_from_db()
    assert first.valve.position_pct == 95
    assert QuarantinedMessage.objects.count() == 1


def test_a_shadow_station_a_shadow_valve_and_one_without_a_device_are_only_watched(
    substation: Substation,
) -> None:
    shadow, bare, *_rest = _buildings(substation)
    set_valve_mode(valves=[shadow.valve], mode=Mode.SHADOW)
    bare.installations.filter(device__kind=DeviceKind.VALVE).update(ends_at=NOON - DAY)

    balance_valves(now=NOON)

    for building in (shadow, bare):
        assert [step.state for step in _told(building).transitions.all()] == [TargetState.SHADOWED]
    assert len(pending_targets(NOON)) == 2

    SubstationControl.objects.update(mode=Mode.SHADOW)
    balance_valves(now=NOON + DAY)
    assert [step.state for step in _told(_buildings(substation)[3]).transitions.all()] == [
        TargetState.SHADOWED
    ]


def test_a_held_valve_and_the_valves_of_a_held_station_are_left_alone(substation: Substation) -> None:
    set_valve_mode(valves=[_buildings(substation)[0].valve], mode=Mode.HOLD)
    assert balance_valves(now=NOON).valves == 3

    SubstationControl.objects.update(mode=Mode.HOLD)
    assert balance_valves(now=NOON + DAY).valves == 0


def test_while_the_supply_is_on_the_move_the_valves_stay(substation: Substation) -> None:
    a_target(substation=substation, controller=None, issued_at=NOON - timedelta(hours=5), supply_c=40)
    a_target(substation=substation, controller=None, issued_at=NOON - timedelta(hours=1), supply_c=46.5)

    assert balance_valves(now=NOON) == BalanceResult(valves=4, moving=0)
    assert _told(_buildings(substation)[0]).terms["clips"] == ["unsettled"]


def test_flats_are_balanced_among_those_of_their_building_by_their_own_rooms(substation: Substation) -> None:
    building = a_building(substation=substation)
    homes = [a_household(building=building) for _flat in range(4)]
    for home in homes:
        _a_measured_valve(household=home, cooling_k=8)
    sensor = a_room_sensor(household=homes[0])
    a_room_temperature(device=sensor, temperature_c=23.5)

    balance_valves(now=NOON)

    warm = _told(homes[0])
    assert (warm.terms["usual_cooling_k"], warm.terms["room_c"], warm.terms["rooms"]) == (8, 23.5, 1)
    assert warm.valve_pct < 95
    assert [_told(home).valve_pct for home in homes[1:]] == [95] * 3


@pytest.mark.usefixtures("substation")
def test_the_round_takes_as_many_statements_for_one_valve_as_for_four(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    valves = list(ValveControl.objects.order_by("pk"))
    set_valve_mode(valves=valves[1:], mode=Mode.HOLD)
    with django_assert_num_queries(9):
        assert balance_valves(now=NOON).valves == 1
    set_valve_mode(valves=valves, mode=Mode.ACTIVE)
    with django_assert_num_queries(9):
        assert balance_valves(now=NOON + DAY).valves == 4


@pytest.mark.usefixtures("substation")
def test_a_target_that_ran_out_is_written_down_and_none_is_ever_changed() -> None:
    balance_valves(now=NOON)

    assert expire_targets(now=NOON + timedelta(hours=37)) == 4
    assert expire_targets(now=NOON + timedelta(hours=38)) == 0
    with pytest.raises(DatabaseError), transaction.atomic():
        ValveTarget.objects.update(valve_pct=0)


def test_another_utility_s_valves_are_none_of_ours(substation: Substation) -> None:
    with utility_scope(a_utility()):
        assert balance_valves(now=NOON) == BalanceResult(valves=0, moving=0)
    assert ValveTarget.objects.filter(valve__building__substation=substation).count() == 0


def test_a_valve_sits_before_one_place_and_its_limits_are_limits() -> None:
    building = a_building()
    with pytest.raises(ValidationError, match="one building or before one flat"):
        take_over_valve()
    with pytest.raises(ValidationError, match="under the highest"):
        take_over_valve(building=building, least_pct=80, most_pct=40)
    assert ValveControl.objects.count() == 0
