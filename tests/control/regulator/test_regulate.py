"""One tick, and the laws no input may break."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from control.regulator import curve, limits
from control.regulator.regulate import regulate
from control.regulator.types import Clip, Decision, Learned, Memory, Observed, Plant, codes
from tests.control.factories import a_memory, a_plant, an_observation, column, no_memory

CURVE_AT_FREEZING_POINT = 50.4


def _codes(decision: Decision) -> list[str]:
    return codes(int(decision.clips[0]))


def test_the_first_target_is_the_curve_s() -> None:
    decision = regulate(a_plant(), an_observation(), no_memory())

    assert decision.supply_c == pytest.approx([CURVE_AT_FREEZING_POINT], abs=0.05)
    assert _codes(decision) == []


def test_a_station_that_ran_by_itself_is_taken_over_from_where_its_water_is() -> None:
    decision = regulate(a_plant(), an_observation(supply_c=40), no_memory())

    assert decision.supply_c == pytest.approx([43])
    assert _codes(decision) == ["rate"]


def test_nobody_knows_the_outdoor_temperature_so_there_is_no_target() -> None:
    memory = a_memory(integral_k=1)

    decision = regulate(a_plant(), an_observation(outdoor_c=np.nan, hourly_c=np.nan), memory)

    assert decision.sighted.tolist() == [False]
    assert np.isnan(decision.supply_c).all()
    assert _codes(decision) == ["no_outdoor"]
    assert decision.memory.integral_k.tolist() == [1]


def test_cold_rooms_get_three_times_the_water_that_the_long_run_would_need() -> None:
    warm = regulate(a_plant(), an_observation(), no_memory())
    cold = regulate(a_plant(), an_observation(room_c=19.7), no_memory())

    assert cold.supply_c - warm.supply_c == pytest.approx(3 * (1 + curve.slope(a_plant())) * 0.8, rel=1e-6)


def test_two_rooms_are_too_few_to_follow() -> None:
    decision = regulate(a_plant(), an_observation(room_c=15, rooms=2), no_memory())

    assert decision.supply_c == pytest.approx([CURVE_AT_FREEZING_POINT], abs=0.05)
    assert _codes(decision) == ["few_rooms"]


def test_a_vote_passes_where_weather_and_rooms_change_too_little() -> None:
    local = float(curve.supply_c(a_plant(), outdoor_c=column(0))[0])
    memory = a_memory(supply_c=local + 0.3)

    decision = regulate(a_plant(), an_observation(comfort_shift_k=0.0077), memory)

    gained = decision.terms["comfort_k"][0]
    assert 0.01 < gained < 0.03
    assert decision.supply_c == pytest.approx([local + 0.3 + gained])
    assert _codes(decision) == ["deadband"]


def test_the_same_votes_again_move_nothing() -> None:
    observed = an_observation(comfort_shift_k=0.3)
    first = regulate(a_plant(), observed, no_memory())

    second = regulate(a_plant(), observed, replace(first.memory, hours=column(0.01)))

    assert second.supply_c == pytest.approx(first.supply_c, abs=1e-9)


def test_what_the_rate_holds_back_of_a_vote_comes_later() -> None:
    local = float(curve.supply_c(a_plant(), outdoor_c=column(0))[0])
    observed = an_observation(comfort_shift_k=1.0, rooms=0)
    memory = a_memory(supply_c=local, hours=0, allowance_k=0.5)

    first = regulate(a_plant(), observed, memory)
    later = regulate(a_plant(), observed, replace(first.memory, hours=column(0.4)))

    assert first.supply_c == pytest.approx([local + 0.5])
    assert "rate" in _codes(first)
    assert later.supply_c == pytest.approx([local + first.terms["comfort_k"][0]])


def test_votes_beyond_the_station_s_limit_are_cut_and_say_so() -> None:
    decision = regulate(a_plant(comfort_max_k=0.5), an_observation(comfort_shift_k=1.5), no_memory())

    assert decision.terms["comfort_shift_k"].tolist() == [0.5]
    assert _codes(decision) == ["comfort"]


def test_small_changes_of_the_weather_do_not_move_the_water() -> None:
    memory = regulate(a_plant(), an_observation(), no_memory()).memory

    decision = regulate(a_plant(), an_observation(outdoor_c=-0.3), replace(memory, hours=column(0.25)))

    assert decision.supply_c == pytest.approx(memory.supply_c)
    assert _codes(decision) == ["deadband"]


def test_frequent_ticks_follow_the_weather_as_well_as_rare_ones() -> None:
    memory = regulate(a_plant(), an_observation(), no_memory()).memory
    for _tick in range(360):
        decision = regulate(a_plant(), an_observation(outdoor_c=-4), replace(memory, hours=column(10 / 3600)))
        memory = decision.memory

    wanted = decision.terms["wanted_c"]
    assert np.abs(decision.supply_c - wanted) <= limits.DEADBAND_K


def test_a_cold_spell_is_met_at_the_permitted_rate() -> None:
    local = float(curve.supply_c(a_plant(), outdoor_c=column(0))[0])
    memory = a_memory(supply_c=local, hours=0.25, allowance_k=0)

    decision = regulate(a_plant(), an_observation(outdoor_c=-15, hourly_c=-15), memory)

    assert decision.supply_c == pytest.approx([local + 6 * 0.25])
    assert _codes(decision) == ["rate"]


def test_floors_move_at_half_the_rate_and_stay_below_their_own_limit() -> None:
    plant = a_plant(floor=True, design_supply_c=40, max_supply_c=45)
    memory = a_memory(supply_c=30, hours=0.25, allowance_k=0)

    decision = regulate(plant, an_observation(outdoor_c=-30, hourly_c=-30), memory)

    assert decision.supply_c == pytest.approx([30 + 3 * 0.25])
    assert _codes(decision) == ["highest", "rate"]


def test_the_integral_grows_while_rooms_lack_and_stops_where_the_envelope_holds() -> None:
    lacking = an_observation(room_c=19.5)
    free = regulate(a_plant(), lacking, a_memory(supply_c=np.nan, room_c=19.5))
    held = regulate(a_plant(max_supply_c=40), lacking, a_memory(supply_c=40, room_c=19.5, hours=0.25))

    assert free.memory.integral_k == pytest.approx(3 * (1 + curve.slope(a_plant())) * 1.0 * 0.25 / 36)
    assert held.memory.integral_k.tolist() == [0]


def test_a_return_near_freezing_brings_at_least_the_curve_at_once() -> None:
    local = curve.supply_c(a_plant(), outdoor_c=column(-5))
    memory = a_memory(supply_c=30, hours=0.01, allowance_k=0)

    decision = regulate(a_plant(), an_observation(outdoor_c=-5, hourly_c=-5, return_c=12), memory)

    assert decision.supply_c == pytest.approx(local)
    assert _codes(decision) == ["rate", "frost"]


def test_many_stations_are_decided_like_each_alone() -> None:
    rng = np.random.default_rng(7)
    rows = 50
    observed = replace(
        an_observation(rows=rows),
        outdoor_c=rng.normal(0, 8, rows),
        room_c=rng.normal(20.5, 1.5, rows),
        comfort_shift_k=rng.normal(0, 0.3, rows),
    )
    together = regulate(a_plant(rows=rows), observed, a_memory(rows=rows))

    for row in range(rows):
        alone = Observed(**{field.name: getattr(observed, field.name)[[row]] for field in fields(Observed)})
        assert regulate(a_plant(), alone, a_memory()).supply_c[0] == together.supply_c[row]


# --- laws -------------------------------------------------------------------------------------------

ROWS = 4
# A busy machine is no slower regulator.
laws = settings(deadline=None, max_examples=60)
_any = arrays.arrays(np.float64, ROWS, elements=st.floats(allow_nan=True, allow_infinity=True, width=64))
_usual = arrays.arrays(np.float64, ROWS, elements=st.floats(-60, 120))
_column = st.one_of(_any, _usual)
_hourly = arrays.arrays(np.float64, (ROWS, 3), elements=st.floats(-80, 80) | st.just(np.nan))

observations = st.builds(
    Observed,
    outdoor_c=_column,
    outdoor_past_c=_hourly,
    outdoor_ahead_c=_hourly,
    room_c=_column,
    rooms=arrays.arrays(np.int64, ROWS, elements=st.integers(0, 100)),
    comfort_shift_k=_column,
    supply_c=_column,
    return_c=_column,
)
memories = st.builds(
    Memory,
    hours=_column,
    supply_c=_column,
    comfort_k=_column,
    integral_k=_column,
    room_c=_column,
    allowance_k=_column,
    outdoor_c=_column,
    # One draw for all columns: eight more strategies would make every law slow.
    learned=arrays.arrays(
        np.float64, (8, ROWS), elements=st.floats(-60, 120) | st.just(np.nan), fill=st.just(3.0)
    ).map(lambda rows: Learned(*rows)),
)


def _plants(**columns: tuple[float, float]) -> st.SearchStrategy[Plant]:
    strategies = {
        name: arrays.arrays(np.float64, ROWS, elements=st.floats(*bounds)) for name, bounds in columns.items()
    }
    return st.builds(Plant, **strategies, floor_heating=arrays.arrays(np.bool_, ROWS))


plants = _plants(
    design_outdoor_c=(-40, 5),
    design_supply_c=(30, 90),
    room_target_c=(15, 25),
    shift_k=(-30, 30),
    max_supply_c=(45, 95),
    min_supply_c=(5, 44),
    comfort_min_k=(-3, 0),
    comfort_max_k=(0, 3),
)


@laws
@given(plant=plants, observed=observations, memory=memories)
def test_no_input_leaves_the_envelope(plant: Plant, observed: Observed, memory: Memory) -> None:
    with np.errstate(all="ignore"):
        decision = regulate(plant, observed, memory)

    sighted = decision.sighted
    supply_c = decision.supply_c[sighted]
    assert np.isfinite(supply_c).all()
    assert (supply_c <= plant.max_supply_c[sighted]).all()
    assert (supply_c >= np.minimum(plant.min_supply_c, limits.MILD_FLOOR_C)[sighted]).all()
    cold = decision.terms["outdoor_c"] < limits.COLD_OUTDOOR_C
    assert (decision.supply_c[sighted & cold] >= plant.min_supply_c[sighted & cold]).all()


@laws
@given(plant=plants, observed=observations, memory=memories)
def test_no_input_moves_a_live_setpoint_faster_than_the_rate(
    plant: Plant, observed: Observed, memory: Memory
) -> None:
    with np.errstate(all="ignore"):
        decision = regulate(plant, observed, memory)

    before = decision.terms["before_c"]
    inside = (before >= plant.min_supply_c) & (before <= plant.max_supply_c) & (before >= limits.MILD_FLOOR_C)
    free = decision.sighted & inside & (decision.clips & Clip.FROST == 0)
    moved = np.abs(decision.supply_c - before)[free]
    assert (moved <= limits.rate_k_per_h(plant.floor_heating)[free] * limits.SAVED_H + 1e-9).all()


@laws
@given(plant=plants, observed=observations, memory=memories)
def test_whatever_came_in_the_memory_stays_fit_to_be_stored(
    plant: Plant, observed: Observed, memory: Memory
) -> None:
    with np.errstate(all="ignore"):
        decision = regulate(plant, observed, memory)

    after, sighted = decision.memory, decision.sighted
    assert np.isfinite(after.supply_c[sighted]).all()
    assert np.isfinite(after.comfort_k[sighted]).all()
    assert (np.abs(after.integral_k[sighted]) <= limits.INTEGRAL_MOST_K).all()
    assert (after.allowance_k[sighted] >= -1e-9).all()


@laws
@given(
    plant=plants,
    memory=memories,
    shift=st.floats(allow_nan=True, allow_infinity=True),
    outdoor_c=st.floats(-30, 15),
)
def test_no_vote_moves_the_water_beyond_the_trust_region(
    plant: Plant, memory: Memory, shift: float, outdoor_c: float
) -> None:
    observed = an_observation(
        rows=ROWS, outdoor_c=outdoor_c, hourly_c=outdoor_c, comfort_shift_k=shift, room_c=np.nan, rooms=0
    )
    with np.errstate(all="ignore"):
        decision = regulate(plant, observed, replace(memory, supply_c=column(np.nan, ROWS)))

    felt_c = decision.terms["outdoor_c"]
    local = np.clip(decision.terms["curve_c"], limits.MILD_FLOOR_C, plant.max_supply_c)
    held = np.maximum(local, np.where(felt_c < limits.COLD_OUTDOOR_C, plant.min_supply_c, 0))
    assert (np.abs(decision.supply_c - held) <= limits.TRUST_K + 1e-9).all()
