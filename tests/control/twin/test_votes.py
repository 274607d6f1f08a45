from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from control.twin import votes
from control.twin.noise import keys
from tests.control.twin.layouts import MIDWINTER

HOMES = keys(list(range(1, 20_001)))


def shares(room_c: float) -> dict[int, float]:
    said = votes.sensations(HOMES, room_c=np.full(len(HOMES), room_c), at=MIDWINTER, seed=1)
    return {value: float((said == value).mean()) for value in (votes.TOO_COLD, votes.FINE, votes.TOO_WARM)}


def test_at_the_centre_most_are_content_and_the_others_split_evenly() -> None:
    found = shares(votes.CENTRE_C)
    assert found[votes.FINE] > 0.7
    assert found[votes.TOO_COLD] == pytest.approx(found[votes.TOO_WARM], abs=0.02)


def test_the_colder_the_room_the_more_say_so() -> None:
    cold = [shares(room_c)[votes.TOO_COLD] for room_c in (26.0, 22.0, 19.0, 16.0)]
    assert cold == sorted(cold)
    # The point where the fit puts one in two.
    assert shares(votes.CENTRE_C - votes.HALF_WIDTH_K)[votes.TOO_COLD] == pytest.approx(0.5, abs=0.02)


def test_a_home_speaks_up_about_twice_a_day() -> None:
    minutes = [MIDWINTER + timedelta(minutes=n) for n in range(0, 24 * 60, 10)]
    spoken = sum(votes.speak_up(HOMES[:2000], at=at, minutes=10, seed=1).sum() for at in minutes)
    assert spoken / 2000 == pytest.approx(votes.VOTES_A_DAY, rel=0.05)
