"""One round of control: from what is stored to a target with its reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Household, Substation, Utility
from accounts.scope import across_utilities, utility_scope
from control.enums import Cause, Mode, TargetState
from control.models import RegulatorState, SubstationControl, Target, TargetTransition
from control.operations.stations import set_mode
from control.operations.tick import TickResult, tick
from tests.comfort.factories import a_vote
from tests.control.factories import a_control, a_forecast, some_rooms, states_of
from tests.factories import a_building, a_household, a_substation, a_utility
from tests.metering.factories import NOON, a_controller, a_telemetry_value

pytestmark = pytest.mark.usefixtures("scoped")


@pytest.fixture
def substation() -> Substation:
    """An active station with a controller, twenty homes on target, and a freezing day."""
    substation = a_substation()
    a_control(substation=substation)
    a_controller(substation=substation)
    a_forecast(substation=substation)
    some_rooms(substation=substation, temperature_c=20.5, homes=20)
    return substation


def _newest(substation: Substation) -> Target:
    return substation.targets.order_by("-issued_at")[0]


def test_the_first_target_says_what_made_it(substation: Substation) -> None:
    assert tick(now=NOON) == TickResult(stations=1, issued=1, blind=0)

    target = substation.targets.get()
    assert target.secondary_supply_c == 50.35
    assert (target.cause, target.reason) == (Cause.START, "start: curve 50.35, rooms +0.00, votes +0.00")
    assert (target.issued_at, target.expires_at) == (NOON, NOON + timedelta(minutes=30))
    assert target.controller == substation.installations.get().device
    assert (target.terms["outdoor_c"], target.terms["rooms"], target.terms["homes"]) == (0, 20, 20)
    assert target.terms["clips"] == []
    assert states_of(target) == [TargetState.ISSUED]


def test_nothing_new_is_said_while_nothing_changes(substation: Substation) -> None:
    tick(now=NOON)

    for seconds in (10, 60, 890):
        assert tick(now=NOON + timedelta(seconds=seconds)).issued == 0

    assert substation.targets.count() == 1


def test_a_target_is_renewed_half_way_to_its_end(substation: Substation) -> None:
    tick(now=NOON)

    tick(now=NOON + timedelta(minutes=15))

    renewed = _newest(substation)
    assert (renewed.cause, renewed.secondary_supply_c) == (Cause.REFRESH, 50.35)
    assert renewed.expires_at == NOON + timedelta(minutes=45)


def test_one_vote_in_twenty_homes_is_answered_by_a_new_target_that_names_it(substation: Substation) -> None:
    tick(now=NOON)
    vote = a_vote(
        household=Household.objects.all()[0], given_at=NOON + timedelta(seconds=5), room_temperature_c=20.5
    )

    tick(now=NOON + timedelta(seconds=6))

    target = _newest(substation)
    assert target.cause == Cause.COMFORT
    assert target.secondary_supply_c > 50.35
    assert target.secondary_supply_c == pytest.approx(50.35 + target.terms["comfort_k"], abs=0.01)
    assert target.terms["newest_vote"] == vote.pk
    assert (target.terms["voters"], target.terms["homes"]) == (1, 20)
    # The rooms are to be warmer too, by less than moves the water before the vote itself does.
    assert target.terms["clips"] == ["deadband"]
    assert target.reason.startswith("comfort: curve 50.35, rooms +0.27, votes +0.08")


def test_a_vote_is_answered_once(substation: Substation) -> None:
    tick(now=NOON)
    a_vote(household=Household.objects.all()[0], given_at=NOON)
    tick(now=NOON + timedelta(seconds=5))

    assert tick(now=NOON + timedelta(seconds=10)).issued == 0
    assert substation.targets.count() == 2


def test_taking_a_vote_back_brings_the_old_target_back(substation: Substation) -> None:
    tick(now=NOON)
    home = Household.objects.all()[0]
    a_vote(household=home, given_at=NOON)
    tick(now=NOON + timedelta(seconds=5))
    a_vote(household=home, sensation=0, given_at=NOON + timedelta(minutes=1), room_temperature_c=22)

    tick(now=NOON + timedelta(seconds=65))

    assert _newest(substation).secondary_supply_c == 50.35
    assert _newest(substation).cause == Cause.COMFORT


def test_a_vote_that_fades_lets_the_water_go_back_and_says_so(substation: Substation) -> None:
    a_vote(household=Household.objects.all()[0], given_at=NOON - timedelta(days=21), room_temperature_c=20.5)
    a_vote(household=Household.objects.all()[1], given_at=NOON, room_temperature_c=20.5)
    tick(now=NOON)
    before = _newest(substation).secondary_supply_c
    two_days = NOON + timedelta(days=2)
    a_forecast(substation=substation, around=two_days + timedelta(days=1))
    RegulatorState.objects.update(at=two_days)
    Target.objects.bulk_create(
        [
            Target(
                substation=substation,
                controller=substation.installations.get().device,
                issued_at=two_days,
                expires_at=two_days + timedelta(minutes=30),
                secondary_supply_c=before,
                cause=Cause.REFRESH,
                reason="refresh",
                terms={},
            )
        ]
    )

    tick(now=two_days + timedelta(seconds=10))

    assert _newest(substation).cause == Cause.COMFORT
    assert before - 0.05 < _newest(substation).secondary_supply_c < before


def test_a_change_of_the_weather_is_a_new_target(substation: Substation) -> None:
    tick(now=NOON)
    later = NOON + timedelta(minutes=29)
    a_telemetry_value(
        device=substation.installations.get().device, tag="outdoor_c", value=-20, measured_at=later
    )

    tick(now=later)

    target = _newest(substation)
    assert target.cause == Cause.WEATHER
    # The forecast is moved by 5 K at most, and a fifth of that is believed in half an hour.
    assert target.terms["outdoor_c"] == pytest.approx(-1.07, abs=0.01)
    assert target.terms["clips"] == []
    assert target.secondary_supply_c == pytest.approx(51.48, abs=0.01)


def test_a_station_that_only_watches_is_decided_but_not_sent(substation: Substation) -> None:
    set_mode(controls=[substation.control], mode=Mode.SHADOW)

    tick(now=NOON)

    assert states_of(substation.targets.get()) == [TargetState.SHADOWED]


def test_a_station_that_is_let_loose_gets_its_first_target_at_once(substation: Substation) -> None:
    set_mode(controls=[substation.control], mode=Mode.SHADOW)
    tick(now=NOON)
    set_mode(controls=[substation.control], mode=Mode.ACTIVE)

    tick(now=NOON + timedelta(seconds=10))

    assert (_newest(substation).cause, states_of(_newest(substation))) == (Cause.START, [TargetState.ISSUED])


def test_a_station_on_hold_is_left_alone(substation: Substation) -> None:
    set_mode(controls=[substation.control], mode=Mode.HOLD)

    assert tick(now=NOON) == TickResult(stations=0, issued=0, blind=0)
    assert not Target.objects.exists()


def test_a_station_without_a_controller_has_nobody_to_send_to() -> None:
    substation = a_substation()
    a_control(substation=substation)
    a_forecast(substation=substation)

    tick(now=NOON)
    tick(now=NOON + timedelta(seconds=10))

    assert states_of(substation.targets.get()) == [TargetState.SHADOWED]


def test_a_controller_that_is_hung_up_is_told_at_once() -> None:
    substation = a_substation()
    a_control(substation=substation)
    a_forecast(substation=substation)
    tick(now=NOON)
    controller = a_controller(substation=substation)

    tick(now=NOON + timedelta(seconds=10))

    assert _newest(substation).controller == controller
    assert states_of(_newest(substation)) == [TargetState.ISSUED]


def test_a_station_without_weather_gets_no_target_and_keeps_its_memory() -> None:
    substation = a_substation()
    a_control(substation=substation)

    assert tick(now=NOON) == TickResult(stations=1, issued=0, blind=1)

    assert not RegulatorState.objects.exists()


def test_sensors_and_signals_too_old_are_not_believed(substation: Substation) -> None:
    late = NOON + timedelta(hours=2, seconds=1)
    device = substation.installations.get().device
    a_telemetry_value(device=device, tag="outdoor_c", value=-20, measured_at=late - timedelta(minutes=31))

    tick(now=late)

    terms = substation.targets.get().terms
    assert (terms["outdoor_c"], terms["rooms"], terms["room_c"]) == (0, 0, None)
    assert terms["clips"] == ["few_rooms"]


def test_a_target_that_ran_out_unreplaced_is_written_down_as_such(substation: Substation) -> None:
    tick(now=NOON)
    first = substation.targets.get()

    tick(now=NOON + timedelta(hours=1))
    tick(now=NOON + timedelta(hours=1, seconds=10))

    assert states_of(first) == [TargetState.ISSUED, TargetState.EXPIRED]
    assert first.transitions.get(state=TargetState.EXPIRED).at == NOON + timedelta(minutes=30)
    assert _newest(substation).cause == Cause.START


def test_a_target_that_was_replaced_in_time_does_not_run_out(substation: Substation) -> None:
    tick(now=NOON)
    first = substation.targets.get()
    tick(now=NOON + timedelta(minutes=15))

    tick(now=NOON + timedelta(minutes=31))

    assert states_of(first) == [TargetState.ISSUED]


def test_all_utilities_are_served_in_one_round_and_keep_what_is_theirs(
    substation: Substation, scoped: Utility
) -> None:
    other = a_utility()
    with utility_scope(other):
        theirs = a_substation()
        a_control(substation=theirs)
        a_forecast(substation=theirs, outdoor_c=-9)

    with across_utilities("a test"):
        assert tick(now=NOON).issued == 2

    assert substation.targets.get().utility_id == scoped.pk
    with utility_scope(other):
        assert Target.objects.get().utility_id == other.pk
        assert TargetTransition.objects.get().utility_id == other.pk
        assert RegulatorState.objects.get().utility_id == other.pk


def test_a_round_takes_as_many_statements_for_three_stations_as_for_one(
    substation: Substation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _n in range(2):
        another = a_substation()
        a_control(substation=another)
        a_controller(substation=another)
        a_forecast(substation=another)
        a_vote(household=a_household(building=a_building(substation=another)))

    with django_assert_max_num_queries(25):
        assert tick(now=NOON).issued == 3

    assert substation.targets.count() == 1


def test_a_curve_that_does_not_rise_is_no_curve(substation: Substation) -> None:
    with pytest.raises(DatabaseError, match="curve_rises"), transaction.atomic():
        SubstationControl.objects.update(design_supply_c=20)

    assert SubstationControl.objects.get().design_supply_c == 60
    assert substation.control.pk


def test_the_database_lets_nobody_rewrite_a_target_or_its_fate(substation: Substation) -> None:
    tick(now=NOON)

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Target.objects.update(secondary_supply_c=70)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        TargetTransition.objects.all().delete()

    assert substation.targets.get().secondary_supply_c == 50.35
