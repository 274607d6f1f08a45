"""Each rule of `docs/validation.md` finds its fault, and leaves alone what only looks like one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metering.enums import Finding
from metering.validation import UNUSABLE, Known, Meter, explain, series, validate
from tests.metering.validation.makers import START_S, kwh, named, places, steady

SIZED = Meter(nominal_power_w=20_000)
NAN = float("nan")


def test_a_steady_meter_has_no_findings() -> None:
    found = validate(steady(48, power_w=[5000.0] * 48), SIZED)
    assert [named(found, n) for n in range(48)] == [set()] * 48


def test_an_empty_series_has_no_findings() -> None:
    assert not validate(kwh([]), SIZED).unusable.any()


def test_a_reading_from_the_future_is_not_used_but_five_minutes_are_forgiven() -> None:
    arrived = steady(3).at_s - np.array([300, 301, 0])
    assert places(validate(steady(3, received_s=arrived), SIZED), Finding.FUTURE) == [1]


def test_readings_outside_of_the_installation_are_not_used() -> None:
    meter = Meter(hung_s=((START_S + 3600, START_S + 2 * 3600),))
    assert places(validate(steady(4), meter), Finding.NOT_INSTALLED) == [0, 3]


def test_a_reading_that_arrived_after_later_ones_is_late_and_used() -> None:
    arrived = steady(4).at_s + np.array([10, 8000, 10, 10])
    found = validate(steady(4, received_s=arrived), SIZED)
    assert places(found, Finding.LATE) == [1]
    assert not found.unusable.any()


def test_a_clock_in_another_zone_drifts_and_an_hourly_list_does_not() -> None:
    eight_hours = steady(12).at_s + 8 * 3600
    assert len(places(validate(steady(12, received_s=eight_hours), SIZED), Finding.DRIFT)) == 12
    one_uplink = np.full(12, steady(12).at_s[-1] + 60)
    assert places(validate(steady(12, received_s=one_uplink), SIZED), Finding.DRIFT) == []


def test_a_repetition_is_told_from_a_contradiction() -> None:
    at_s = START_S + 3600 * np.array([0, 1, 1, 2, 2])
    found = validate(series(at_s, 1000.0 * np.array([10, 11, 11, 12, 13])), SIZED)
    assert (places(found, Finding.DUPLICATE), places(found, Finding.CONFLICT)) == ([2], [4])
    assert found.unusable.tolist() == [False, False, False, False, True]


def test_a_zero_among_zeros_is_a_placeholder() -> None:
    blank = steady(3, supply_c=[60.0, 0.0, 60.0], return_c=[40.0, 0.0, 40.0])
    blank.energy_wh[1] = 0
    found = validate(blank, SIZED)
    assert named(found, 1) == {Finding.BAD_REGISTER, Finding.BAD_GAUGE}


@pytest.mark.parametrize("placeholder", [-39.9, 0.0, 655.35, 65535.0])
def test_a_placeholder_of_a_temperature_spares_the_register(placeholder: float) -> None:
    found = validate(steady(3, supply_c=[60.0, placeholder, 60.0]), SIZED)
    assert named(found, 1) == {Finding.BAD_GAUGE}
    assert not found.unusable.any()


def test_a_power_of_8000001_kw_is_a_placeholder_and_not_judged_by_physics() -> None:
    found = validate(steady(3, power_w=[5000.0, 8_000_001_000.0, 5000.0]), SIZED)
    assert named(found, 1) == {Finding.BAD_GAUGE}


def test_a_meter_in_error_is_not_used_nor_one_whose_error_hours_went_up() -> None:
    found = validate(steady(3, is_error=[False, True, False]), SIZED)
    assert found.unusable.tolist() == [False, True, False]
    found = validate(steady(4, error_h=[7.0, 7.0, 8.0, 8.0]), SIZED)
    assert places(found, Finding.METER_ERROR) == [2]


def test_a_register_that_stands_still_under_load_is_frozen_from_its_second_lost_digit() -> None:
    found = validate(kwh([10, 15, 15, 15, 15, 35], power_w=[5000.0] * 6), SIZED)
    assert places(found, Finding.FROZEN) == [2, 3, 4]


def test_a_register_that_stands_still_without_load_is_not_frozen() -> None:
    assert places(validate(kwh([10, 15, 15, 15], power_w=[0.0] * 4), SIZED), Finding.FROZEN) == []
    assert places(validate(kwh([10, 15, 15, 15]), SIZED), Finding.FROZEN) == []
    # A hundred watts move a register of whole kilowatt hours every ten hours.
    assert places(validate(kwh([10, 10, 10, 10], power_w=[100.0] * 4), SIZED), Finding.FROZEN) == []


def test_a_spike_is_judged_by_the_size_of_the_meter() -> None:
    values = [1000, 1005, 1205, 1015, 1020]
    assert places(validate(kwh(values), SIZED), Finding.SPIKE) == [2]
    rising = [1000, 1005, 1205, 1210, 1215]
    assert places(validate(kwh(rising), SIZED), Finding.LEVEL) == [2, 3, 4]
    assert not validate(kwh(rising), Meter(nominal_power_w=200_000)).unusable.any()


def test_a_spike_before_everything_else_does_not_outvote_the_rest() -> None:
    found = validate(kwh([90_000, 1005, 1010, 1015, 1020]), SIZED)
    assert places(found, Finding.SPIKE) == [0]
    assert found.unusable.tolist() == [True, False, False, False, False]


def test_a_level_before_the_neighbourhood_is_known_from_its_anchor() -> None:
    new_meter = kwh([5000, 3, 8, 13, 18])
    assert places(validate(new_meter, SIZED, known=Known(before=[None])), Finding.LEVEL) == [1, 2, 3, 4]


def test_power_must_fit_flow_and_temperatures_within_a_tenth() -> None:
    # 1000 l/h cooled by 20 K carry 22.7 kW.
    gauges: dict[str, Any] = {"flow_l_h": [1000.0] * 3, "supply_c": [60.0] * 3, "return_c": [40.0] * 3}
    found = validate(kwh([0, 20, 40], power_w=[22_700.0, 26_000.0, 20_000.0], **gauges), SIZED)
    assert places(found, Finding.POWER) == [1, 2]
    idle = kwh([0, 5, 10], power_w=[5000.0, 9000.0, 2000.0], **gauges)
    assert places(validate(idle, SIZED), Finding.POWER) == []  # below 10 kW nothing is judged


def test_a_return_above_supply_is_a_fault_only_under_load() -> None:
    found = validate(
        steady(3, supply_c=[27.1, 27.1, 40.0], return_c=[27.2, 27.2, 30.0], power_w=[-22.0, 5000.0, 5000.0]),
        SIZED,
    )
    assert places(found, Finding.REVERSED) == [1]


def test_steps_must_fit_their_gauges() -> None:
    found = validate(kwh([0, 5, 25, 30], power_w=[5000.0] * 4), SIZED)
    assert places(found, Finding.ENERGY_STEP) == [2]
    volume_l = [0.0, 500.0, 2000.0, 2000.0]
    found = validate(steady(4, volume_l=volume_l, flow_l_h=[500.0] * 4), SIZED)
    assert places(found, Finding.VOLUME_STEP) == [2, 3]


def test_more_power_than_the_size_allows_is_an_overload() -> None:
    found = validate(steady(3, power_w=[5000.0, 41_000.0, 5000.0]), SIZED)
    assert Finding.OVERLOAD in named(found, 1)


def test_a_target_day_value_must_lie_between_the_readings_around_that_day() -> None:
    target_s = np.full(4, START_S + 3600 + 1800)
    found = validate(
        steady(4, target_s=target_s, target_wh=[NAN, 1_007_000.0, 1_030_000.0, 900_000.0]), SIZED
    )
    assert places(found, Finding.TARGET) == [2, 3]


def test_a_target_day_without_own_readings_is_not_judged() -> None:
    found = validate(steady(4, target_s=np.full(4, START_S - 86_400), target_wh=[1.0] * 4), SIZED)
    assert places(found, Finding.TARGET) == []


def test_a_finding_is_explained_by_its_figures() -> None:
    faulty = kwh([1000, 0, 1010])
    assert explain(Finding.DIP, faulty, 1) == "energy_wh before 1000000, energy_wh 0"
    assert explain(Finding.LATE, faulty, 1).startswith("arrived 0 s after it was measured")


def test_the_readings_stay_as_they_were() -> None:
    faulty = kwh([1000, 0, 1010], supply_c=[60.0, -39.9, 60.0])
    validate(faulty, SIZED)
    assert faulty.energy_wh.tolist() == [1_000_000, 0, 1_010_000]
    assert faulty.supply_c.tolist() == [60.0, -39.9, 60.0]


def test_every_unusable_finding_is_one_the_rules_know() -> None:
    assert set(Finding) >= UNUSABLE
    assert set(validate(steady(2), SIZED).flags) == set(Finding)


def test_a_series_is_ascending_and_of_one_length() -> None:
    with pytest.raises(ValueError, match="ascends"):
        series(np.array([10, 5]), np.array([1.0, 2.0]))
    with pytest.raises(ValueError, match="one value a reading"):
        series(np.array([5, 10]), np.array([1.0, 2.0]), power_w=np.array([1.0]))


def test_an_unexplained_level_is_never_believed_however_long_it_lasts() -> None:
    # 5 kWh an hour from zero: after 40 days the old register could have come as far as the new one.
    replaced = kwh([4000, 4005, *(5 * n for n in range(24 * 60))])
    found = validate(replaced, SIZED)
    assert places(found, Finding.LEVEL) == list(range(2, len(replaced)))


def test_a_level_goes_on_from_where_it_stood_before_the_neighbourhood() -> None:
    before: list[Finding | None] = [None, Finding.LEVEL]
    later = kwh([4000, 4100, 4105, 4110, 4115], step_s=30 * 86_400)
    found = validate(later, SIZED, known=Known(before=before))
    assert places(found, Finding.LEVEL) == [2, 3, 4]
    assert not found.unusable[:2].any()


def test_a_level_ends_where_three_readings_are_back_on_the_old_register() -> None:
    before: list[Finding | None] = [None, Finding.LEVEL]
    back = kwh([4000, 10, 15, 20, 4090, 4095, 4100, 4105], step_s=6 * 3600)
    found = validate(back, SIZED, known=Known(before=before))
    assert places(found, Finding.LEVEL) == [2, 3]
    assert not found.unusable[4:].any()
    one = validate(kwh([4000, 10, 15, 20, 4090, 25, 30], step_s=6 * 3600), SIZED, known=Known(before=before))
    assert one.unusable.tolist() == [False, False, True, True, True, True, True]


def test_a_level_ends_where_the_meter_was_hung_up_anew() -> None:
    again_s = START_S + 4 * 3600
    meter = Meter(nominal_power_w=20_000, hung_s=((START_S, again_s - 1), (again_s, START_S + 10**6)))
    found = validate(kwh([4000, 4005, 10, 15, 20, 25, 30]), meter)
    assert found.unusable.tolist() == [False, False, True, True, False, False, False]


def test_a_value_within_reach_is_a_spike_where_steady_ones_continue_what_was_before() -> None:
    # 90 kWh too high: a household meter could have counted that, and the true ones pass it 18 hours later.
    values = [1000 + 5 * n for n in range(48)]
    values[3] += 90
    found = validate(kwh(values), Meter(nominal_power_w=50_000))
    assert {n: named(found, n) for n in range(48) if named(found, n)} == {3: {Finding.SPIKE}}


def test_a_spike_within_reach_too_fresh_to_tell_is_not_told() -> None:
    found = validate(kwh([1000, 1005, 1100, 1015, 1020]), Meter(nominal_power_w=50_000))
    assert places(found, Finding.DECREASE) == [3, 4]
    assert places(found, Finding.SPIKE) == []


@pytest.mark.parametrize("high", [1, 2, 3])
def test_several_values_too_high_are_spikes(high: int) -> None:
    values = [1000 + 5 * n + (90 if 3 <= n < 3 + high else 0) for n in range(12)]
    found = validate(kwh(values), Meter(nominal_power_w=50_000))
    assert places(found, Finding.SPIKE) == list(range(3, 3 + high))
    assert found.unusable.sum() == high


def test_a_frozen_register_stays_frozen_until_it_moves() -> None:
    before: list[Finding | None] = [None, Finding.FROZEN]
    # Ten watts: within the neighbourhood no digit should have moved.
    still = kwh([15, 15, 15, 15, 20, 20], power_w=[10.0] * 6)
    found = validate(still, SIZED, known=Known(before=before))
    assert places(found, Finding.FROZEN) == [2, 3]


def test_what_a_person_accepted_is_right_and_so_is_what_follows_it() -> None:
    jump = kwh([1000, 1005, 9000, 9005, 9010])
    found = validate(jump, SIZED, known=Known(accepted=frozenset({2})))
    assert not found.unusable.any()
    assert validate(jump, SIZED).unusable.tolist() == [False, False, True, True, True]


def test_what_a_person_rejected_is_absent() -> None:
    found = validate(steady(5), SIZED, known=Known(rejected=frozenset({2})))
    assert {n: named(found, n) for n in range(5) if named(found, n)} == {2: {Finding.REJECTED}}


def test_a_roll_over_that_a_person_declared_carries_its_modulus() -> None:
    odd = kwh([49_990, 49_995, 3, 8, 13])
    found = validate(odd, SIZED, known=Known(rolled={2: 50_000_000}))
    assert found.carry_wh == {2: 50_000_000}
    assert not found.unusable.any()


def test_a_known_modulus_is_the_only_one() -> None:
    odd = kwh([49_990, 49_995, 3, 8, 13])
    found = validate(odd, Meter(nominal_power_w=20_000, modulus_wh=50_000_000))
    assert found.carry_wh == {2: 50_000_000}
    full = kwh([99_990, 99_995, 3, 8, 13])
    assert validate(full, Meter(nominal_power_w=20_000, modulus_wh=50_000_000)).carry_wh == {}
    assert validate(full, SIZED).carry_wh == {2: 100_000_000}


def test_a_doubt_of_a_gauge_spares_the_register() -> None:
    found = validate(steady(3, is_gauge_error=[False, True, False]), SIZED)
    assert named(found, 1) == {Finding.GAUGE_ERROR}
    assert not found.unusable.any()


def test_error_hours_are_compared_with_the_last_time_they_were_told() -> None:
    found = validate(steady(5, error_h=[7.0, NAN, 7.0, NAN, 9.0]), SIZED)
    assert places(found, Finding.METER_ERROR) == [4]
