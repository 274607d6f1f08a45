"""The desk's pages of distribution losses."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import Building, Utility
from accounts.period import local_midnight
from accounts.scope import utility_scope
from metering.operations.consumption import cut_consumption
from tests.factories import a_building, a_clerk, a_household, a_resident, a_utility
from tests.metering.factories import a_device, a_meter, a_reading, an_installation


@pytest.fixture
def building(scoped: Utility) -> Building:
    """Main meter 10 kWh a day; its two homes used 9 the day before yesterday, of yesterday one is known."""
    building = a_building(name="Lime Court")
    main = a_device()
    an_installation(device=main, building=building)
    meters = [main, *(a_meter(household=a_household(building=building)) for _ in range(2))]
    today = local_midnight(scoped.local_date(timezone.now()), scoped.zone)
    for meter, registers in zip(meters, ([0, 10_000, 20_000], [0, 5000, 10_000], [0, 4000]), strict=True):
        for n, energy_wh in enumerate(registers):
            a_reading(device=meter, measured_at=today - timedelta(days=2 - n), energy_wh=energy_wh)
    cut_consumption(at=timezone.now())
    return building


def test_the_list_says_the_loss_and_what_is_missing(client: Client, building: Building) -> None:
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))

    page = client.get("/admin/losses/").content.decode()

    assert building.name in page
    assert "10.0 %" in page
    assert "up to 1 of 2 without a reading" in page
    assert f"/admin/losses/building/{building.pk}/" in page
    assert "/admin/losses/" in client.get("/admin/").content.decode()


def test_a_building_by_day_says_which_days_can_be_trusted(client: Client, building: Building) -> None:
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))

    page = client.get(f"/admin/losses/building/{building.pk}/").content.decode()

    assert "1.0 kWh (10.0 %) of 10.0 kWh were lost" in page
    assert "1 of 2 parts without a reading" in page
    assert "at most 5.0 kWh" in page
    assert "<svg" in page
    assert client.get(f"/admin/losses/building/{building.pk}/?by=month").status_code == HTTPStatus.OK


def test_nothing_read_is_said(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - the scope
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    building = a_building()

    assert (
        "Nothing has been read here" in client.get(f"/admin/losses/building/{building.pk}/").content.decode()
    )
    assert "has a meter of its own" in client.get("/admin/losses/").content.decode()


def test_strangers_and_other_utilities_find_nothing(client: Client, building: Building) -> None:
    address = f"/admin/losses/building/{building.pk}/"
    with utility_scope(building.utility):
        resident = a_resident(household=a_household())
    with utility_scope(a_utility()):
        abroad = a_clerk(duty=StaffDuty.ADMIN)

    assert client.get(address).status_code == HTTPStatus.FOUND
    client.force_login(resident)
    assert client.get(address).headers["Location"].startswith("/admin/login/")
    client.force_login(abroad)
    assert client.get(address).status_code == HTTPStatus.NOT_FOUND
    assert building.name not in client.get("/admin/losses/").content.decode()
    assert client.get("/admin/losses/garden/1/").status_code == HTTPStatus.NOT_FOUND
