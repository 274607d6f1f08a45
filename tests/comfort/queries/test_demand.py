"""The demand of every station, from the votes in the database."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Building, Utility
from accounts.scope import across_utilities, utility_scope
from comfort.queries.demand import comfort_demand, home_effect, newest_vote_id
from tests.comfort.factories import a_vote
from tests.factories import a_building, a_household, a_substation, a_utility
from tests.metering.factories import NOON

pytestmark = pytest.mark.usefixtures("scoped")


@pytest.fixture
def building() -> Building:
    """A building of twenty homes, the only one on its station."""
    building = a_building()
    for _n in range(20):
        a_household(building=building)
    return building


def test_a_station_nobody_voted_in_asks_for_nothing(building: Building) -> None:
    demand = comfort_demand(NOON)

    assert demand.substation_ids.tolist() == [building.substation_id]
    assert demand.shift_k.tolist() == [0]
    assert demand.homes.tolist() == [20]
    assert demand.votes.tolist() == [0]
    assert demand.newest_vote.tolist() == [0]


def test_one_clear_vote_in_twenty_homes_moves_the_station_a_little(building: Building) -> None:
    vote = a_vote(household=building.households.all()[0])

    demand = comfort_demand(NOON)

    assert demand.shift_k[0] == pytest.approx(0.0443, abs=1e-4)
    assert demand.votes.tolist() == [1]
    assert demand.newest_vote.tolist() == [vote.pk]


def test_a_vote_counts_at_its_own_station_only(building: Building) -> None:
    a_vote(household=a_household(building=a_building(substation=a_substation())))

    demand = comfort_demand(NOON)

    assert demand.shift_k[demand.substation_ids == building.substation_id].tolist() == [0]
    assert (demand.shift_k > 0).sum() == 1


def test_a_vote_of_the_future_or_long_forgotten_does_not_count(building: Building) -> None:
    home = building.households.all()[0]
    a_vote(household=home, given_at=NOON + timedelta(seconds=1))
    a_vote(household=home, given_at=NOON - timedelta(days=63))

    assert comfort_demand(NOON).votes.tolist() == [0]


def test_a_home_s_second_vote_is_no_second_voice(building: Building) -> None:
    home = building.households.all()[0]
    a_vote(household=home, given_at=NOON - timedelta(hours=1))
    before = comfort_demand(NOON)
    a_vote(household=home)

    after = comfort_demand(NOON)

    assert (before.votes.tolist(), after.votes.tolist()) == ([1], [1])
    assert after.voters.tolist() == [1]
    assert after.shift_k[0] == pytest.approx(before.shift_k[0], rel=0.01)


def test_a_vote_is_taken_back_by_the_vote_comfortable(building: Building) -> None:
    home = building.households.all()[0]
    a_vote(household=home, given_at=NOON - timedelta(minutes=5))
    a_vote(household=home, sensation=0, room_temperature_c=22)

    assert comfort_demand(NOON).shift_k.tolist() == [0]


@pytest.mark.parametrize("homes", [1, 3])
def test_the_demand_takes_three_statements_however_many_vote(
    homes: int, building: Building, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for home in building.households.all()[:homes]:
        a_vote(household=home)

    with django_assert_num_queries(3):
        comfort_demand(NOON)


def test_the_wall_keeps_the_votes_of_other_utilities_out(building: Building) -> None:
    vote = a_vote(household=building.households.all()[0])
    with utility_scope(a_utility()):
        assert comfort_demand(NOON).substation_ids.tolist() == []
        assert newest_vote_id() == 0
    with across_utilities("a test"):
        assert comfort_demand(NOON).newest_vote.tolist() == [vote.pk]


def test_a_home_s_effect_is_its_own_part_of_the_whole(building: Building, scoped: Utility) -> None:
    mine, other = building.households.all()[:2]
    a_vote(household=mine)
    a_vote(household=other, sensation=2, room_temperature_c=23)

    effect = home_effect(mine, NOON)

    assert scoped.pk == mine.utility_id
    assert effect.home_k == pytest.approx(0.4655, abs=1e-4)
    assert effect.building_alone_k == pytest.approx(0.4655 / 11, abs=1e-4)
    assert effect.building_k == pytest.approx(0, abs=1e-9)
    assert effect.station_alone_k == pytest.approx(0.4655 / 11, abs=1e-4)
    assert (effect.building_voters, effect.building_homes) == (2, 20)
    assert (effect.station_voters, effect.station_homes) == (2, 20)


def test_the_effects_of_two_buildings_are_told_apart(building: Building) -> None:
    neighbour = a_household(building=a_building(substation=building.substation))
    a_vote(household=building.households.all()[0])

    effect = home_effect(neighbour, NOON)

    assert (effect.home_k, effect.building_k, effect.building_homes) == (0, 0, 1)
    assert effect.station_k > 0
    assert np.isclose(effect.station_alone_k, 0)
