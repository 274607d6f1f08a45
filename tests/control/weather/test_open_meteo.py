"""The online forecast, against a service on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from control.weather import Hours, OpenMeteo, Places, WeatherUnavailableError
from tests.control.weather.services import Service, a_service

HOURS: Hours = np.datetime64("2026-01-05T04:00:00") + np.arange(3) * np.timedelta64(3600, "s")


@pytest.fixture
def service() -> Iterator[Service]:
    """The service."""
    with a_service() as service:
        yield service


def _places(*latitudes: float) -> Places:
    return Places(latitude_deg=np.array(latitudes), longitude_deg=np.full(len(latitudes), 116.4))


def test_one_place_and_several_are_answered_alike(service: Service) -> None:
    provider = OpenMeteo(url=service.url)

    assert provider.hourly_c(_places(40.0), HOURS).tolist() == [[10, 10, 10]]
    assert provider.hourly_c(_places(40.0, 45.0), HOURS).tolist() == [[10, 10, 10], [5, 5, 5]]


def test_stations_near_each_other_are_asked_for_once(service: Service) -> None:
    hourly = OpenMeteo(url=service.url).hourly_c(_places(40.01, 39.99, 45.0), HOURS)

    assert hourly[:, 0].tolist() == [10, 10, 5]
    assert [query["latitude"] for query in service.asked] == [["40.0,45.0"]]


def test_many_places_take_several_requests(service: Service) -> None:
    hourly = OpenMeteo(url=service.url).hourly_c(_places(*np.arange(30, 60, 0.2)), HOURS)

    assert hourly.shape == (150, 3)
    assert len(service.asked) == 2


def test_the_hours_are_asked_for_in_utc(service: Service) -> None:
    OpenMeteo(url=service.url).hourly_c(_places(40.0), HOURS)

    (query,) = service.asked
    assert (query["start_hour"], query["end_hour"]) == (["2026-01-05T04:00"], ["2026-01-05T06:00"])
    assert query["timezone"] == ["GMT"]


def test_an_hour_the_service_does_not_know_is_nan(service: Service) -> None:
    service.missing_hours = 1

    hourly = OpenMeteo(url=service.url).hourly_c(_places(40.0), HOURS)

    assert np.isnan(hourly[0, 0])
    assert hourly[0, 1:].tolist() == [10, 10]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, None),
        (429, '{"error": true, "reason": "Minutely API request limit exceeded."}'),
        (200, "<html>captive portal</html>"),
        (200, '{"error": true}'),
        (200, "[]"),
        (200, '{"hourly": {"time": ["2026-01-05T04:00"], "temperature_2m": []}}'),
        (200, '{"hourly": {"time": ["yesterday"], "temperature_2m": [3]}}'),
        (200, '{"hourly": {"time": ["2026-01-05T04:00"], "temperature_2m": ["warm"]}}'),
        (200, "null"),
    ],
)
def test_whatever_else_it_answers_is_an_error_that_says_so(
    service: Service, status: int, body: str | None
) -> None:
    service.status, service.body = status, body

    with pytest.raises(WeatherUnavailableError, match="Open-Meteo"):
        OpenMeteo(url=service.url).hourly_c(_places(40.0), HOURS)


def test_nobody_listens_there() -> None:
    with pytest.raises(WeatherUnavailableError, match="did not answer"):
        OpenMeteo(url="http://127.0.0.1:9/v1/forecast", timeout_s=1).hourly_c(_places(40.0), HOURS)
