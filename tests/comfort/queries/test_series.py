"""A room's temperatures over time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.models import Household
from accounts.period import Period
from comfort.queries.series import room_temperatures
from metering.models import Device, RoomTemperature
from metering.queries.cuts import TooManyPointsError
from tests.factories import a_household
from tests.metering.factories import a_room_sensor, a_room_temperature, an_installation

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 1, 5, tzinfo=SHANGHAI)
DAY = Period(START, START + timedelta(days=1))


@pytest.fixture
def sensor(household: Household) -> Device:
    """A sensor in the home."""
    return a_room_sensor(household=household)


def _measure(sensor: Device, *, every: timedelta, values: list[float]) -> None:
    for number, value in enumerate(values):
        a_room_temperature(device=sensor, measured_at=START + number * every, temperature_c=value)


def _series(
    household: Household, sensor: Device, *, resolution: str, period: Period[datetime] = DAY
) -> tuple[list[tuple[datetime, float, float, float]], list[Period[datetime]], datetime | None]:
    series = room_temperatures(
        household_id=household.pk, sensor_id=sensor.pk, period=period, resolution=resolution, zone=SHANGHAI
    )
    points = [(point.start, point.temperature_c, point.lowest_c, point.highest_c) for point in series.points]
    return points, series.gaps, series.complete_until


def test_raw_values_come_as_they_were_measured(household: Household, sensor: Device) -> None:
    _measure(sensor, every=timedelta(minutes=30), values=[20.0, 21.0])

    points, gaps, complete_until = _series(household, sensor, resolution="raw")

    half_past = START + timedelta(minutes=30)
    assert points == [(START, 20.0, 20.0, 20.0), (half_past, 21.0, 21.0, 21.0)]
    assert gaps == [Period(half_past, START + timedelta(days=1))]
    assert complete_until == half_past


def test_an_hour_has_its_mean_and_extremes(household: Household, sensor: Device) -> None:
    _measure(sensor, every=timedelta(minutes=30), values=[20.0, 21.0, 22.0])

    points, _gaps, _complete = _series(household, sensor, resolution="hour")

    assert points == [(START, 20.5, 20.0, 21.0), (START + timedelta(hours=1), 22.0, 22.0, 22.0)]


def test_a_day_is_the_utility_s_own(household: Household, sensor: Device) -> None:
    _measure(sensor, every=timedelta(hours=12), values=[20.0, 21.0, 25.0])
    two_days = Period(START, START + timedelta(days=2))

    points, _gaps, _complete = _series(household, sensor, resolution="day", period=two_days)

    assert points == [(START, 20.5, 20.0, 21.0), (START + timedelta(days=1), 25.0, 25.0, 25.0)]
    assert points[0][0].astimezone(UTC).hour == 16


def test_silences_of_over_an_hour_are_gaps_at_every_resolution(household: Household, sensor: Device) -> None:
    a_room_temperature(device=sensor, measured_at=START + timedelta(hours=3))
    a_room_temperature(device=sensor, measured_at=START + timedelta(hours=4))
    a_room_temperature(device=sensor, measured_at=START + timedelta(hours=9))
    silences = [
        Period(START, START + timedelta(hours=3)),
        Period(START + timedelta(hours=4), START + timedelta(hours=9)),
        Period(START + timedelta(hours=9), START + timedelta(days=1)),
    ]

    assert _series(household, sensor, resolution="raw")[1] == silences
    assert _series(household, sensor, resolution="day")[1] == silences


def test_a_sensor_that_never_spoke_leaves_one_gap(household: Household, sensor: Device) -> None:
    assert _series(household, sensor, resolution="hour") == ([], [DAY], None)


def test_what_the_sensor_measured_in_another_home_stays_there(household: Household) -> None:
    sensor = a_room_sensor(household=a_household(), starts_at=START - timedelta(days=9))
    installation = sensor.installations.get()
    installation.ends_at = START + timedelta(hours=1)
    installation.save()
    an_installation(device=sensor, household=household, starts_at=START + timedelta(hours=1))
    _measure(sensor, every=timedelta(minutes=30), values=[18.0, 18.0, 23.0, 23.5])

    points, _gaps, _complete = _series(household, sensor, resolution="raw")

    assert [point[1] for point in points] == [23.0, 23.5]


def test_two_thousand_raw_points_fit_and_one_more_does_not(household: Household, sensor: Device) -> None:
    RoomTemperature.objects.bulk_create(
        RoomTemperature(
            device=sensor,
            measured_at=START + timedelta(seconds=number),
            temperature_c=20,
            received_at=START,
        )
        for number in range(2_001)
    )

    with pytest.raises(TooManyPointsError):
        _series(household, sensor, resolution="raw")
    shorter = Period(START, START + timedelta(seconds=2_000))
    assert len(_series(household, sensor, resolution="raw", period=shorter)[0]) == 2_000


def test_too_long_a_period_is_refused_before_it_is_read(household: Household, sensor: Device) -> None:
    with pytest.raises(TooManyPointsError, match="2000 points by hour"):
        _series(household, sensor, resolution="hour", period=Period(START, START + timedelta(hours=2_001)))
