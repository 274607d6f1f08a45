"""What is plain at first sight has no findings, in whatever part of it the rules are asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metering.validation import Known, Meter, Series, hung, is_all_plain, is_plain, series, validate
from tests.metering.validation.makers import START_S, kwh, steady

SIZED = Meter(nominal_power_w=20_000)
NAN = float("nan")


def told(values: list[float]) -> st.SearchStrategy[float]:
    return st.sampled_from(values)


@st.composite
def readings(draw: st.DrawFn) -> Series:
    """Up to twelve readings, most of them well; each fault of the rules may be among them."""
    count = draw(st.integers(1, 12))

    def many(strategy: st.SearchStrategy[Any]) -> Any:  # noqa: ANN401 - a column of any type
        return np.array(draw(st.lists(strategy, min_size=count, max_size=count)))

    at_s = START_S + np.cumsum(many(st.sampled_from([900, 3600, 3600, 86_400, 0])))
    steps = many(told([0.0, 1000.0, 1000.0, 5000.0, 40_000.0, -3000.0]))
    lag_s = many(st.sampled_from([5, 5, 5, 60, 4000, -400]))
    return series(
        at_s,
        1e6 + np.cumsum(steps),
        received_s=at_s + lag_s,
        power_w=many(told([0.0, 500.0, 5000.0, 5000.0, NAN, 50_000.0])),
        supply_c=many(told([60.0, 60.0, 60.0, 0.0, 30.0])),
        return_c=many(told([40.0, 40.0, NAN])),
        flow_l_h=many(told([NAN, NAN, 215.0])),
        volume_l=many(told([NAN, 100.0, 200.0])),
        error_h=many(told([NAN, 2.0, 2.0, 3.0])),
        target_s=at_s - many(st.sampled_from([7200, 7200, -7200])),
        target_wh=many(told([NAN, NAN, NAN, 1e6])),
        is_error=many(st.sampled_from([False] * 9 + [True])),
    )


def part(whole: Series, first: int) -> Series:
    return Series(**{name: getattr(whole, name)[first:] for name in Series.__slots__})


@settings(max_examples=400, deadline=None)
@given(readings(), st.booleans())
def test_in_no_part_of_a_plain_series_is_there_anything_to_find(whole: Series, is_known: bool) -> None:  # noqa: FBT001 - drawn
    begins = np.arange(len(whole)) == 0
    plain = is_plain(
        whole,
        begins=begins,
        limit_w=np.full(len(whole), SIZED.limit_w),
        is_hung=np.ones(len(whole), dtype=np.bool_),
    )
    if not plain.all():
        return
    assert is_all_plain(whole, SIZED)
    for first in range(len(whole)):
        known = Known(before=[None] if is_known else [])
        found = validate(part(whole, first), SIZED, known=known)
        assert [finding for finding, flags in found.flags.items() if flags.any()] == []


def test_a_steady_meter_is_plain() -> None:
    assert is_all_plain(steady(48, power_w=[5000.0] * 48), SIZED)


def test_a_register_that_stands_in_summer_is_plain_and_one_that_stands_under_load_is_not() -> None:
    assert is_all_plain(kwh([1000.0] * 48, power_w=[0.0] * 48), SIZED)
    assert is_all_plain(kwh([1000, 1001, 1001, 1001, 1002.0], power_w=[900.0] * 5), SIZED)
    assert not is_all_plain(kwh([1000, 1001, 1001, 1001, 1002.0], power_w=[1100.0] * 5), SIZED)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"energy_wh": [1e6, NAN, 1e6, 1e6]},
        {"energy_wh": [1e6, 0.0, 1e6, 1e6]},
        {"is_gauge_error": [False, True, False, False]},
        {"supply_c": [60.0, -39.9, 60.0, 60.0]},
        {"error_h": [2.0, 2.0, 3.0, 3.0]},
        {"power_w": [50_000.0, 0.0, 0.0, 0.0]},
    ],
)
def test_a_fault_is_not_plain(spoilt: dict[str, Any]) -> None:
    arrays = {"energy_wh": [1e6] * 4} | spoilt
    given_arrays = {name: np.array(values) for name, values in arrays.items()}
    assert not is_all_plain(series(START_S + 3600 * np.arange(4), **given_arrays), SIZED)


def test_a_target_day_to_come_is_not_plain_until_it_has_passed() -> None:
    target: dict[str, Any] = {"target_s": [START_S + 3 * 3600] * 4, "target_wh": [1_015_000.0] * 4}
    assert not is_all_plain(steady(4, **target), SIZED)
    passed: dict[str, Any] = {"target_s": [START_S - 60] * 4, "target_wh": [1_000_000.0] * 4}
    assert is_all_plain(steady(4, **passed), SIZED)


def test_of_many_meters_each_is_looked_at_by_itself() -> None:
    two = series(START_S + 3600 * np.arange(6), np.array([9e6, 9e6, 9e6, 1e6, 1e6, 1e6]))
    begins = np.array([True, False, False, True, False, False])
    limit_w, is_hung = np.full(6, SIZED.limit_w), np.ones(6, dtype=np.bool_)
    assert is_plain(two, begins=begins, limit_w=limit_w, is_hung=is_hung).all()
    meters = [Meter(hung_s=((START_S, START_S + 3600),)), Meter()]
    assert hung(two.at_s, begins, meters).tolist() == [True, True, False, True, True, True]


def test_nothing_is_plain() -> None:
    assert is_all_plain(kwh([]), SIZED)
    assert not any(flags.any() for flags in validate(kwh([]), SIZED).flags.values())
