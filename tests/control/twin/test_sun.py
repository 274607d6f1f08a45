from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from control.twin import sun

BEIJING = {"latitude_deg": 39.9, "longitude_deg": 116.4}
# Local solar noon of Beijing is 04:14 UTC.
WINTER_NOON = datetime(2026, 12, 21, 4, 14, tzinfo=UTC)


def test_the_winter_noon_sun_stands_in_the_south_at_its_known_height() -> None:
    height, azimuth = sun.height_and_azimuth(WINTER_NOON, **BEIJING)
    assert np.degrees(height) == pytest.approx(90 - 39.9 - 23.44, abs=0.2)
    assert np.degrees(azimuth) == pytest.approx(180, abs=1)


def test_it_rises_in_the_south_east_and_sets_in_the_south_west_in_winter() -> None:
    morning = sun.height_and_azimuth(WINTER_NOON - timedelta(hours=3), **BEIJING)[1]
    evening = sun.height_and_azimuth(WINTER_NOON + timedelta(hours=3), **BEIJING)[1]
    assert 90 < np.degrees(morning) < 180 < np.degrees(evening) < 270


def test_nothing_falls_on_the_walls_at_night() -> None:
    walls = sun.on_walls_w_m2(WINTER_NOON + timedelta(hours=12), clear=1.0, **BEIJING)
    np.testing.assert_array_equal(walls, np.zeros(4))


def test_at_noon_the_south_gets_most_and_the_north_only_the_sky() -> None:
    north, east, south, west = sun.on_walls_w_m2(WINTER_NOON, clear=1.0, **BEIJING)
    assert 400 < south < 800
    assert south > max(east, west) >= north > 0


def test_clouds_take_the_direct_sun_only() -> None:
    dull = sun.on_walls_w_m2(WINTER_NOON, clear=0.0, **BEIJING)
    assert dull[0] == dull[2] > 0


def test_clearness_is_a_share_and_continuous_over_midnight() -> None:
    midnight = datetime(2026, 1, 5, tzinfo=UTC)
    before, after = (sun.clearness(midnight + timedelta(seconds=s), seed=3) for s in (-1, 1))
    assert 0 <= before <= 1
    assert before == pytest.approx(after, abs=1e-3)
