"""The hours to come are kept, whoever answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Utility
from control.enums import WeatherSource
from control.models import OutdoorForecast
from control.operations.forecasts import refresh_forecasts
from control.weather import ClimateModel, OpenMeteo
from tests.control.weather.services import Service, a_service
from tests.factories import a_substation
from tests.metering.factories import NOON

pytestmark = pytest.mark.usefixtures("scoped")


@pytest.fixture
def service() -> Iterator[Service]:
    """The weather service."""
    with a_service() as service:
        yield service


def _sources() -> dict[str, int]:
    rows = OutdoorForecast.objects.values_list("source", flat=True)
    return {source: list(rows).count(source) for source in set(rows)}


def test_a_day_back_and_three_ahead_are_stored_by_the_hour(service: Service) -> None:
    substation = a_substation()

    assert refresh_forecasts(provider=OpenMeteo(url=service.url), now=NOON + timedelta(minutes=7))

    rows = OutdoorForecast.objects.filter(substation=substation).order_by("valid_at")
    assert [row.valid_at for row in rows] == [NOON + timedelta(hours=n) for n in range(-24, 72)]
    assert [row.outdoor_c for row in rows] == pytest.approx([10.1] * 96)
    assert {row.source for row in rows} == {WeatherSource.OPEN_METEO}


def test_a_newer_forecast_replaces_the_older_one(service: Service) -> None:
    a_substation()
    refresh_forecasts(provider=ClimateModel(), now=NOON)

    refresh_forecasts(provider=OpenMeteo(url=service.url), now=NOON + timedelta(minutes=1))

    assert _sources() == {WeatherSource.OPEN_METEO: 96}


def test_where_the_service_fails_its_last_word_stands_and_the_climate_fills_the_rest(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    a_substation()
    provider = OpenMeteo(url=service.url)
    refresh_forecasts(provider=provider, now=NOON)
    service.status = 503

    assert not refresh_forecasts(provider=provider, now=NOON + timedelta(hours=5))

    assert _sources() == {WeatherSource.OPEN_METEO: 96, WeatherSource.CLIMATE: 5}
    assert "the last forecast stands" in caplog.text


def test_hours_the_service_leaves_out_come_from_the_climate(service: Service) -> None:
    a_substation()
    service.missing_hours = 3

    refresh_forecasts(provider=OpenMeteo(url=service.url), now=NOON)

    assert _sources() == {WeatherSource.OPEN_METEO: 93, WeatherSource.CLIMATE: 3}


def test_an_absurd_forecast_is_not_believed(service: Service) -> None:
    a_substation()
    service.body = '{"hourly": {"time": ["2026-01-05T04:00"], "temperature_2m": [999]}}'

    refresh_forecasts(provider=OpenMeteo(url=service.url), now=NOON)

    assert _sources() == {WeatherSource.CLIMATE: 96}


@pytest.mark.parametrize("stations", [1, 3])
def test_the_statements_do_not_grow_with_the_stations(
    scoped: Utility, stations: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    assert scoped
    for _n in range(stations):
        a_substation()

    with django_assert_num_queries(2):
        refresh_forecasts(provider=ClimateModel(), now=NOON)


def test_without_stations_there_is_nothing_to_ask(service: Service) -> None:
    assert refresh_forecasts(provider=OpenMeteo(url=service.url), now=NOON)
    assert service.asked == []
