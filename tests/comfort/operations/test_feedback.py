"""A vote and its evidence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from accounts.models import Household, User
from comfort.models import Feedback
from comfort.operations import give_feedback
from comfort.operations.feedback import FeedbackError, KeyReusedError
from tests.comfort.factories import a_room
from tests.factories import a_household
from tests.metering.factories import (
    NOON,
    a_controller,
    a_room_sensor,
    a_room_temperature,
    a_telemetry_value,
)


def _evidence(feedback: Feedback) -> tuple[float | None, float | None, float | None, float | None]:
    return (
        feedback.room_temperature_c,
        feedback.outdoor_c,
        feedback.supply_c,
        feedback.supply_target_c,
    )


def test_a_vote_carries_what_was_measured_when_it_was_given(household: Household, resident: User) -> None:
    sensor = a_room_sensor(household=household)
    room = a_room(household=household, sensor=sensor)
    seen_at = NOON - timedelta(minutes=4)
    a_room_temperature(device=sensor, measured_at=seen_at, temperature_c=19.7)
    controller = a_controller(substation=household.building.substation)
    for tag, value in (
        ("outdoor_c", -3.2),
        ("secondary_supply_c", 46.1),
        ("secondary_supply_target_c", 46.5),
        ("secondary_return_c", 34.0),
    ):
        a_telemetry_value(device=controller, tag=tag, value=value, measured_at=seen_at)

    feedback = give_feedback(
        household=household, user=resident, sensation=-2, room=room, comment="cold feet", at=NOON
    )

    assert _evidence(feedback) == (19.7, -3.2, 46.1, 46.5)
    assert (feedback.room_measured_at, feedback.given_at, feedback.comment) == (seen_at, NOON, "cold feet")


def test_old_values_are_no_evidence(household: Household, resident: User) -> None:
    sensor = a_room_sensor(household=household)
    a_room(household=household, sensor=sensor)
    too_old = NOON - timedelta(hours=2, seconds=1)
    a_room_temperature(device=sensor, measured_at=too_old)
    controller = a_controller(substation=household.building.substation)
    a_telemetry_value(device=controller, tag="outdoor_c", value=-3, measured_at=too_old)

    feedback = give_feedback(household=household, user=resident, sensation=-2, at=NOON)

    assert _evidence(feedback) == (None, None, None, None)
    assert feedback.room_measured_at is None


def test_a_vote_on_the_home_takes_its_first_room_that_is_measured(
    household: Household, resident: User
) -> None:
    bedroom, living = a_room_sensor(household=household), a_room_sensor(household=household)
    a_room(household=household, position=0)
    a_room(household=household, sensor=bedroom, position=2)
    a_room(household=household, sensor=living, position=1)
    a_room_temperature(device=bedroom, temperature_c=18)
    a_room_temperature(device=living, temperature_c=20)

    feedback = give_feedback(household=household, user=resident, sensation=-1, at=NOON)

    assert feedback.room_temperature_c == 20


@pytest.mark.parametrize("sensation", [-4, 4])
def test_a_sensation_outside_the_scale_is_refused(
    household: Household, resident: User, sensation: int
) -> None:
    with pytest.raises(FeedbackError, match="-3 to 3"):
        give_feedback(household=household, user=resident, sensation=sensation, at=NOON)

    assert not Feedback.objects.exists()


def test_a_room_of_another_home_is_refused(household: Household, resident: User) -> None:
    room = a_room(household=a_household())

    with pytest.raises(FeedbackError, match="is not in household"):
        give_feedback(household=household, user=resident, sensation=0, room=room, at=NOON)

    assert not Feedback.objects.exists()


def test_the_same_key_again_is_the_same_vote(household: Household, resident: User) -> None:
    first = give_feedback(household=household, user=resident, sensation=-2, key="tap-1", at=NOON)
    again = give_feedback(
        household=household, user=resident, sensation=-2, key="tap-1", at=NOON + timedelta(seconds=9)
    )

    assert again == first
    assert Feedback.objects.count() == 1


def test_the_same_key_for_another_vote_is_refused(household: Household, resident: User) -> None:
    give_feedback(household=household, user=resident, sensation=-2, key="tap-1", at=NOON)

    with pytest.raises(KeyReusedError):
        give_feedback(household=household, user=resident, sensation=2, key="tap-1", at=NOON)

    assert Feedback.objects.get().sensation == -2


def test_votes_without_a_key_are_votes_each(household: Household, resident: User) -> None:
    for _n in range(2):
        give_feedback(household=household, user=resident, sensation=1, at=NOON)

    assert Feedback.objects.count() == 2


def test_the_database_lets_nobody_rewrite_or_remove_a_vote(household: Household, resident: User) -> None:
    feedback = give_feedback(household=household, user=resident, sensation=-2, at=NOON)

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Feedback.objects.update(sensation=3)
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        feedback.delete()

    assert Feedback.objects.get().sensation == -2
