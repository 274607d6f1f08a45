"""The climate that needs no network."""

from __future__ import annotations

import numpy as np
import pytest

from control.weather import ClimateModel, Hours, Places

JANUARY: Hours = np.arange("2026-01-01", "2026-02-01", dtype="datetime64[h]").astype("datetime64[s]")
JULY: Hours = np.arange("2026-07-01", "2026-08-01", dtype="datetime64[h]").astype("datetime64[s]")


@pytest.mark.parametrize(
    ("latitude", "longitude", "january_c", "july_c"),
    [(39.9, 116.4, -3, 27), (55.7, 12.6, 1, 17), (-33.9, 18.4, 22, 7)],
)
def test_a_month_has_about_its_mean(
    latitude: float, longitude: float, january_c: float, july_c: float
) -> None:
    climate = ClimateModel()

    assert climate.outdoor_c(latitude, longitude, JANUARY).mean() == pytest.approx(january_c, abs=4)
    assert climate.outdoor_c(latitude, longitude, JULY).mean() == pytest.approx(july_c, abs=4)


def test_afternoons_are_warmer_than_nights_by_the_sun_s_own_clock() -> None:
    beijing = ClimateModel().outdoor_c(39.9, 116.4, JULY).reshape(-1, 24).mean(axis=0)

    # Seven in the morning UTC is a quarter to three in Beijing's solar afternoon.
    assert np.argmax(beijing) in {6, 7, 8}


def test_the_same_instant_has_the_same_weather_however_it_is_asked_for() -> None:
    climate = ClimateModel(seed=3)

    assert climate.outdoor_c(39.9, 116.4, JANUARY[100]) == climate.outdoor_c(39.9, 116.4, JANUARY)[100]


def test_seeds_and_far_places_have_weather_of_their_own_and_near_ones_share_it() -> None:
    here = ClimateModel(seed=1).outdoor_c(39.9, 116.4, JANUARY)

    assert np.abs(here - ClimateModel(seed=2).outdoor_c(39.9, 116.4, JANUARY)).max() > 1
    assert np.abs(here - ClimateModel(seed=1).outdoor_c(39.8, 116.5, JANUARY)).max() < 0.1


def test_fronts_pass_smoothly() -> None:
    seconds = np.arange("2026-01-01", "2026-01-03", 60, dtype="datetime64[s]")

    assert np.abs(np.diff(ClimateModel().outdoor_c(39.9, 116.4, seconds))).max() < 0.1


def test_places_by_hours_is_the_shape() -> None:
    places = Places(latitude_deg=np.array([39.9, 55.7]), longitude_deg=np.array([116.4, 12.6]))

    hourly = ClimateModel().hourly_c(places, JANUARY[:5])

    assert hourly.shape == (2, 5)
    assert hourly[1].tolist() == ClimateModel().outdoor_c(55.7, 12.6, JANUARY[:5]).tolist()
