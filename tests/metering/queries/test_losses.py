"""What was delivered against what was used, honest about what was not read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Building
from accounts.period import Period
from accounts.scope import utility_scope
from metering.enums import PlaceSum, Quality, Resolution
from metering.models import Device
from metering.operations.consumption import cut_consumption
from metering.queries.losses import Balance, balances, total
from tests.factories import a_building, a_household, a_substation, a_utility
from tests.metering.factories import NOON, a_device, a_meter, a_reading, an_installation

pytestmark = pytest.mark.usefixtures("scoped")

MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)  # the 5th of January in Beijing
DAY = timedelta(days=1)
WEEK = Period(MIDNIGHT, MIDNIGHT + 7 * DAY)


def read(device: Device, energies_wh: Iterable[int], *, quality: Quality = Quality.MEASURED) -> None:
    """One reading a day."""
    for n, energy_wh in enumerate(energies_wh):
        a_reading(device=device, measured_at=MIDNIGHT + n * DAY, energy_wh=energy_wh, quality=quality)


def a_main_meter(building: Building) -> Device:
    """The meter through which all heat of a building goes."""
    device = a_device()
    an_installation(device=device, building=building)
    return device


def a_flat(building: Building, energies_wh: Iterable[int]) -> None:
    """A home with a meter that was read."""
    read(a_meter(household=a_household(building=building)), energies_wh)


def of(building: Building, resolution: Resolution = Resolution.DAY) -> list[Balance]:
    """The building's balances of the week, once all is cut."""
    cut_consumption(at=NOON)
    return balances(PlaceSum.BUILDING, [building.pk], period=WEEK, resolution=resolution)[building.pk]


def test_what_no_home_used_was_lost() -> None:
    building = a_building()
    read(a_main_meter(building), [0, 1000, 2200])
    a_flat(building, [500, 1000, 1500])
    a_flat(building, [70, 370, 670])

    first, second = of(building)

    assert (first.delivered_wh, first.used_wh, first.loss_wh, first.loss_pct) == (1000, 800, 200, 20.0)
    assert (second.loss_wh, second.read, second.parts, second.missing) == (400, 2, 2, 0)
    assert (first.start, first.end) == (MIDNIGHT, MIDNIGHT + DAY)
    whole = total([first, second])
    assert whole is not None
    assert (whole.delivered_wh, whole.loss_wh, whole.end) == (2200, 600, MIDNIGHT + 2 * DAY)


def test_flats_without_a_reading_are_counted_and_no_share_is_claimed() -> None:
    building = a_building()
    read(a_main_meter(building), [0, 1000])
    a_flat(building, [0, 600])
    a_flat(building, [])
    a_household(building=building)  # without any meter

    [day] = of(building)

    assert (day.loss_wh, day.loss_pct) == (400, None)
    assert (day.missing, day.parts) == (2, 3)
    assert total([day]) is None


def test_a_home_counts_as_read_only_with_all_its_meters() -> None:
    building = a_building()
    read(a_main_meter(building), [0, 1000])
    home = a_household(building=building)
    read(a_meter(household=home), [0, 300])
    read(a_meter(household=home), [0])

    [day] = of(building)

    assert (day.used_wh, day.missing) == (300, 1)


def test_a_main_meter_without_a_reading_makes_no_loss() -> None:
    building = a_building()
    a_main_meter(building)
    a_flat(building, [0, 600])

    [day] = of(building)

    assert (day.delivered_wh, day.used_wh, day.loss_wh, day.loss_pct) == (None, 600, None, None)


def test_one_silent_main_meter_of_two_makes_no_loss() -> None:
    building = a_building()
    read(a_main_meter(building), [0, 1000])
    a_main_meter(building)
    a_flat(building, [0, 600])

    assert of(building)[0].delivered_wh is None


def test_an_estimate_makes_the_balance_doubtful() -> None:
    building = a_building()
    read(a_main_meter(building), [0, 1000], quality=Quality.ESTIMATED)
    a_flat(building, [0, 600])

    assert of(building)[0].is_doubtful


def test_a_station_is_balanced_against_its_buildings() -> None:
    station = a_substation()
    own = a_device()
    an_installation(device=own, substation=station)
    read(own, [0, 5000])
    read(a_main_meter(a_building(substation=station)), [0, 2000])
    read(a_main_meter(a_building(substation=station)), [0, 2500])
    cut_consumption(at=NOON)

    [day] = balances(PlaceSum.SUBSTATION, [station.pk], period=WEEK, resolution=Resolution.DAY)[station.pk]

    assert (day.delivered_wh, day.used_wh, day.loss_wh, day.loss_pct) == (5000, 4500, 500, 10.0)
    assert (day.read, day.parts) == (2, 2)


@pytest.mark.parametrize("count", [1, 3])
def test_one_statement_balances_any_number_of_places(
    count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    buildings = [a_building() for _ in range(count)]
    for building in buildings:
        read(a_main_meter(building), [0, 1000])
        a_flat(building, [0, 900])
    cut_consumption(at=NOON)
    ids = [building.pk for building in buildings]

    with django_assert_num_queries(1):
        found = balances(PlaceSum.BUILDING, ids, period=WEEK, resolution=Resolution.DAY)

    assert {pk: [row.loss_pct for row in rows] for pk, rows in found.items()} == {pk: [10.0] for pk in ids}


def test_another_utilitys_building_has_no_balance() -> None:
    building = a_building()
    read(a_main_meter(building), [0, 1000])
    cut_consumption(at=NOON)

    with utility_scope(a_utility()):
        assert balances(PlaceSum.BUILDING, [building.pk], period=WEEK, resolution=Resolution.DAY) == {
            building.pk: []
        }
