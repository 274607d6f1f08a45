from __future__ import annotations

import numpy as np

from control.twin.noise import keys, normal, uniform

MANY = keys(list(range(1, 20_001)))


def test_the_same_keys_and_salts_give_the_same_numbers_alone_and_among_others() -> None:
    np.testing.assert_array_equal(uniform(MANY, 7, 1)[[41]], uniform(keys([42]), 7, 1))


def test_another_salt_gives_independent_numbers() -> None:
    assert abs(np.corrcoef(uniform(MANY, 7, 1), uniform(MANY, 7, 2))[0, 1]) < 0.03
    assert abs(np.corrcoef(uniform(MANY, 7, 1), uniform(MANY, 8, 1))[0, 1]) < 0.03


def test_even_chance_is_even() -> None:
    counts, _edges = np.histogram(uniform(MANY, 1), bins=10, range=(0, 1))
    assert counts.sum() == len(MANY)
    assert counts.min() > 1800
    assert counts.max() < 2200


def test_normal_chance_has_mean_zero_and_width_one() -> None:
    drawn = normal(MANY, 5)
    assert abs(drawn.mean()) < 0.03
    assert abs(drawn.std() - 1) < 0.03
    assert np.isfinite(drawn).all()
