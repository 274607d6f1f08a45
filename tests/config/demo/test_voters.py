from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accounts.models import Household, Membership, Utility
from comfort.models import Feedback
from config.demo import voters
from tests.factories import a_household, a_resident
from tests.metering.factories import a_room_sensor, a_room_temperature

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
# So long that everybody has something to say.
A_DAY = 24 * 60.0


def a_measured_home(*, temperature_c: float) -> Household:
    home = a_household()
    a_room_temperature(device=a_room_sensor(household=home), temperature_c=temperature_c, measured_at=NOW)
    return home


def test_the_cold_speak_through_a_resident_of_their_own_home(scoped: Utility) -> None:
    lived_in, empty = (a_measured_home(temperature_c=6.0) for _ in range(2))
    owner = a_resident(household=lived_in)
    assert voters.cast(scoped, at=NOW, minutes=A_DAY) == 2
    votes = {vote.household_id: vote for vote in Feedback.objects.all()}
    assert votes[lived_in.pk].user == owner
    assert Membership.objects.filter(household=empty, user=votes[empty.pk].user).exists()
    assert not votes[empty.pk].user.has_usable_password()
    assert {vote.sensation for vote in votes.values()} == {-2}


@pytest.mark.usefixtures("household")
def test_a_home_without_a_sensor_is_silent(scoped: Utility) -> None:
    assert voters.cast(scoped, at=NOW, minutes=A_DAY) == 0
    assert not Feedback.objects.exists()
