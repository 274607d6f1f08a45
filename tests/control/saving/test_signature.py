"""Savings against a truth that is known: the interval must hold it about nine times in ten."""

from __future__ import annotations

import numpy as np
import pytest

from control.saving.signature import Days, NotEnoughError, beside, fitted, saving


def some_days(  # noqa: PLR0913 - what a station's days are made of
    *,
    count: int,
    seed: int,
    saved: float = 0.0,
    room_c: float = 22.0,
    noise: float = 0.08,
    likeness: float = 0.4,
    coldest_c: float = -12.0,
) -> Days:
    """A station of 200 kWh base and 300 kWh a kelvin below 17 degrees, its days like their neighbours."""
    random = np.random.default_rng(seed)
    outdoor = random.uniform(coldest_c, 20, count)
    true = 200 + 300 * np.maximum(17 - outdoor, 0)
    shocks = random.normal(0, noise * 5000 * np.sqrt(1 - likeness**2), count)
    error = np.zeros(count)
    error[0] = random.normal(0, noise * 5000)
    for day in range(1, count):
        error[day] = likeness * error[day - 1] + shocks[day]
    return Days((true + error) * (1 - saved), outdoor, np.full(count, room_c))


def test_a_signature_without_noise_is_found_exactly() -> None:
    signature = fitted(some_days(count=120, seed=1, noise=0.0))

    assert signature.balance_c == 17.0
    assert signature.base_kwh == pytest.approx(200)
    assert signature.slope_kwh_k == pytest.approx(300)


@pytest.mark.parametrize(("saved", "likeness"), [(0.0, 0.0), (0.1, 0.4), (0.05, 0.6)])
def test_the_interval_holds_the_truth_about_nine_times_in_ten(saved: float, likeness: float) -> None:
    worlds = 400
    held = 0
    for world in range(worlds):
        before = some_days(count=120, seed=2 * world, likeness=likeness)
        after = some_days(count=90, seed=2 * world + 1, likeness=likeness, saved=saved)
        found = saving(before, after)
        held += found.low <= saved <= found.high

    assert 0.86 <= held / worlds <= 0.97


def test_a_tenth_saved_is_told_from_nothing_and_nothing_is_not_told_from_nothing() -> None:
    before = some_days(count=120, seed=3)
    tenth = saving(before, some_days(count=90, seed=4, saved=0.10))
    nothing = saving(before, some_days(count=90, seed=4))

    assert tenth.share == pytest.approx(0.10, abs=0.03)
    assert tenth.is_certain
    assert not nothing.is_certain


def test_what_cooler_rooms_saved_is_said_to_be_theirs() -> None:
    """Two kelvins less in the rooms move the balance by two kelvins; nothing else changed."""
    before = some_days(count=120, seed=5, noise=0.0)
    after = some_days(count=90, seed=6, noise=0.0)
    cooler = Days(200 + 300 * np.maximum(15 - after.outdoor_c, 0), after.outdoor_c, np.full(90, 20.0))

    found = saving(before, cooler)

    assert found.cooler_k == pytest.approx(2.0)
    assert found.cooler_share == pytest.approx(found.share)


def test_unmeasured_rooms_are_not_guessed() -> None:
    found = saving(some_days(count=60, seed=7), some_days(count=30, seed=8, room_c=np.nan))

    assert (found.cooler_k, found.cooler_share) == (None, None)


def test_what_stations_without_it_saved_too_is_not_the_controllers() -> None:
    before = some_days(count=120, seed=9)
    treated = saving(before, some_days(count=90, seed=10, saved=0.15))
    controls = [saving(before, some_days(count=90, seed=seed, saved=0.05)) for seed in (11, 12)]

    share, low, high = beside(treated, controls)

    assert share == pytest.approx(0.10, abs=0.03)
    assert low < share < high
    assert high - low > treated.high - treated.low
    assert beside(treated, []) == (treated.share, treated.low, treated.high)


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("baseline", some_days(count=29, seed=1), some_days(count=30, seed=2)),
        ("reporting", some_days(count=60, seed=1), some_days(count=13, seed=2)),
        ("scatter", some_days(count=60, seed=1, noise=0.9), some_days(count=30, seed=2)),
        ("weather", some_days(count=60, seed=1, coldest_c=2.0), some_days(count=30, seed=2, coldest_c=-15.0)),
    ],
)
def test_where_no_honest_figure_is_to_be_had_it_says_why(code: str, before: Days, after: Days) -> None:
    with pytest.raises(NotEnoughError) as error:
        saving(before, after)
    assert error.value.code == code


def test_heat_that_does_not_follow_the_weather_is_no_baseline() -> None:
    days = some_days(count=60, seed=1)
    with pytest.raises(NotEnoughError, match="flat"):
        fitted(Days(5000 + 20 * days.outdoor_c, days.outdoor_c, days.room_c))
