from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Household
from metering.enums import DeviceKind
from metering.models import Device, Installation
from metering.operations.fleet import NewDevice, NewInstallation, install_devices, register_devices
from tests.metering.factories import a_gateway, a_meter

AT = datetime(2026, 10, 1, tzinfo=UTC)
pytestmark = pytest.mark.usefixtures("scoped")


def meters(count: int, *, gateway: Device | None = None) -> list[NewDevice]:
    return [
        NewDevice(kind=DeviceKind.HEAT_METER, serial=f"5849{n:04d}", gateway=gateway) for n in range(count)
    ]


@pytest.mark.parametrize("count", [1, 50])
def test_any_number_is_registered_and_hung_up_in_two_statements(
    household: Household, django_assert_num_queries: DjangoAssertNumQueries, *, count: int
) -> None:
    gateway = a_gateway()
    with django_assert_num_queries(2 + 4):  # and a savepoint each
        found = register_devices(devices=meters(count, gateway=gateway))
        install_devices(
            installations=[NewInstallation(device=device, household=household) for device in found],
            starts_at=AT,
        )
    assert [device.serial for device in found] == [f"5849{n:04d}" for n in range(count)]
    assert Installation.objects.filter(household=household, starts_at=AT).count() == count


def test_what_hangs_on_no_gateway_is_refused_and_nothing_is_registered(household: Household) -> None:
    before = Device.objects.count()
    other = a_meter(household=household)
    with pytest.raises(ValidationError):
        register_devices(
            devices=[*meters(1), NewDevice(kind=DeviceKind.HEAT_METER, serial="1", gateway=other)]
        )
    assert Device.objects.count() == before + 1


def test_a_name_that_is_taken_refuses_the_whole_delivery() -> None:
    before = Device.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        register_devices(devices=[*meters(3), *meters(1)])
    assert Device.objects.count() == before


def test_a_device_without_a_place_refuses_the_whole_job(household: Household) -> None:
    first, second = register_devices(devices=meters(2))
    with pytest.raises(IntegrityError), transaction.atomic():
        install_devices(
            installations=[
                NewInstallation(device=first, household=household),
                NewInstallation(device=second),
            ],
            starts_at=AT,
        )
    assert not Installation.objects.filter(device__in=[first, second]).exists()
