"""Where the valves of a network are to stand, and the limits no input gets past."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from control.regulator.balancing import RANGEABILITY, Balanced, Branches, balanced, valve_codes
from control.regulator.types import Floats
from tests.control.factories import column

REST = 1.0


def some_branches(*, rows: int = 4, **figures: Any) -> Branches:  # noqa: ANN401 - any column
    """A network of half-open valves that all cool their water by 20 K and whose rooms nobody measures."""
    defaults = Branches(
        network=np.zeros(rows, dtype=np.int64),
        networks=1,
        position_pct=column(60, rows),
        least_pct=column(10, rows),
        most_pct=column(100, rows),
        rest=column(REST, rows),
        cooling_k=column(20, rows),
        room_c=column(np.nan, rows),
        target_c=column(20.5, rows),
        rooms=np.zeros(rows, dtype=np.int64),
        outdoor_c=column(-5, rows),
        steady=np.ones(rows, dtype=np.bool_),
    )
    return replace(defaults, **figures)


def _codes(decision: Balanced) -> list[list[str]]:
    return [valve_codes(clip) for clip in decision.clips.tolist()]


def test_a_network_in_balance_opens_until_one_valve_is_nearly_open() -> None:
    branches = some_branches()
    for _day in range(20):
        branches = replace(branches, position_pct=balanced(branches).position_pct)

    assert branches.position_pct.tolist() == [90, 90, 90, 90]


def test_the_branch_that_gets_too_much_gives_way() -> None:
    decision = balanced(some_branches(position_pct=column(95, 4), cooling_k=np.array([10.0, 20, 20, 20])))

    assert decision.position_pct[0] < 90
    assert decision.position_pct[1:].tolist() == [95, 95, 95]
    assert decision.terms["flow_by_water"].tolist() == [0.8, 1, 1, 1]
    assert decision.terms["usual_cooling_k"].tolist() == [20, 20, 20, 20]


def test_at_the_same_pressure_the_step_is_for_the_flow_that_is_wanted() -> None:
    decision = balanced(some_branches(position_pct=column(95, 4), cooling_k=np.array([18.0, 20, 20, 20])))

    def resistance(position: float) -> float:
        return float(RANGEABILITY ** (2 * (1 - position / 100))) + REST

    flow = np.sqrt(resistance(95) / resistance(decision.terms["wanted_pct"][0]))
    # Eight tenths of the way, since what is measured is noisy.
    assert 0.9 < flow < 0.93


def test_a_kelvin_too_cold_opens_by_fifteen_percent_of_flow_where_many_rooms_say_so() -> None:
    rooms = np.array([1000, 0, 0, 0])
    decision = balanced(some_branches(room_c=np.array([19.5, np.nan, np.nan, np.nan]), rooms=rooms))

    assert decision.terms["flow_wanted"] == pytest.approx([1.15, 1, 1, 1], abs=0.001)
    assert decision.position_pct[0] > 65


def test_one_room_says_a_quarter_of_what_many_do() -> None:
    alone: dict[str, Any] = {
        "cooling_k": column(np.nan, 4),
        "room_c": column(19.5, 4),
        "rooms": np.ones(4, dtype=np.int64),
    }

    assert balanced(some_branches(**alone)).terms["flow_wanted"] == pytest.approx(1.15**0.25)


def test_what_nobody_measures_stays_where_it_is_and_says_so() -> None:
    decision = balanced(some_branches(position_pct=column(90, 4), cooling_k=column(np.nan, 4)))

    assert decision.position_pct.tolist() == [90, 90, 90, 90]
    assert _codes(decision) == [["not_measured"]] * 4


def test_two_meters_are_no_measure_of_what_is_usual() -> None:
    decision = balanced(some_branches(cooling_k=np.array([10, 20, np.nan, np.nan])))

    assert _codes(decision)[0] == ["not_measured"]


def test_while_the_supply_is_on_the_move_nothing_moves() -> None:
    cooling = np.array([10.0, 20, 20, 20])
    decision = balanced(some_branches(cooling_k=cooling, steady=np.zeros(4, dtype=np.bool_)))

    assert decision.position_pct.tolist() == [60, 60, 60, 60]
    assert _codes(decision) == [["unsettled"]] * 4


def test_networks_have_nothing_to_do_with_each_other() -> None:
    both = some_branches(
        rows=6,
        position_pct=column(95, 6),
        network=np.array([0, 0, 0, 1, 1, 1]),
        networks=2,
        cooling_k=np.array([10.0, 10, 10, 30, 30, 30]),
    )

    assert balanced(both).position_pct.tolist() == [95] * 6


def test_no_valve_closes_further_than_fifteen_percent_in_frost() -> None:
    much_too_warm: dict[str, Any] = {"cooling_k": np.array([5.0, 20, 20, 20]), "position_pct": column(16, 4)}

    cold = balanced(some_branches(**much_too_warm))
    mild = balanced(some_branches(**much_too_warm, outdoor_c=column(10, 4)))
    nobody_knows = balanced(some_branches(**much_too_warm, outdoor_c=column(np.nan, 4)))

    assert cold.position_pct[0] >= 15
    assert mild.position_pct[0] < 15
    assert nobody_knows.position_pct[0] >= 15


def test_a_trim_moves_five_percent_at_most_and_a_coarse_step_twenty_five() -> None:
    weak: dict[str, Any] = {"position_pct": column(95, 4), "rest": column(10, 4)}
    fine = balanced(some_branches(**weak, cooling_k=np.array([18.0, 20, 20, 20])))
    coarse = balanced(some_branches(**weak, cooling_k=np.array([5.0, 20, 20, 20])))

    assert fine.position_pct[0] == 90
    assert _codes(fine)[0] == ["travel"]
    assert 70 <= coarse.position_pct[0] < 85


def test_two_percent_are_not_worth_a_movement() -> None:
    decision = balanced(some_branches(position_pct=column(95, 4), cooling_k=np.array([19.8, 20, 20, 20])))

    assert decision.position_pct.tolist() == [95] * 4
    assert _codes(decision)[0] == ["deadband"]


ANY = st.floats(allow_nan=True, allow_infinity=True, width=64)


@given(st.data())
def test_whatever_comes_in_every_position_lies_within_its_limits(data: st.DataObject) -> None:
    rows = 5

    def some(name: str) -> Floats:
        return data.draw(arrays.arrays(np.float64, rows, elements=ANY), label=name)

    floats = [
        field.name
        for field in fields(Branches)
        if field.name not in {"network", "networks", "rooms", "steady", "least_pct", "most_pct"}
    ]
    branches = some_branches(
        rows=rows,
        network=np.array([0, 0, 1, 1, 1]),
        **{name: some(name) for name in floats},
        rooms=data.draw(arrays.arrays(np.int64, rows, elements=st.integers(0, 10**6))),
    )
    branches = replace(branches, networks=2, steady=data.draw(arrays.arrays(np.bool_, rows)))
    decision = balanced(branches)
    start = decision.terms["before_pct"]

    assert ((decision.position_pct >= 10) & (decision.position_pct <= 100)).all()
    assert (np.abs(decision.position_pct - start) <= 25 + 1e-9).all()
    frost = ~(branches.outdoor_c >= 3)
    assert (decision.position_pct[frost] >= 15).all()
