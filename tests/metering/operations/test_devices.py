from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import Household
from accounts.scope import utility_scope
from metering.enums import DeviceKind
from metering.models import Device, Installation
from metering.operations.devices import install_device, register_device, remove_device
from tests.factories import a_household, a_utility
from tests.metering.factories import LONG_AGO, NOON, a_device, a_gateway, a_meter

pytestmark = pytest.mark.usefixtures("scoped")


def test_a_device_is_registered_with_what_stands_on_its_plate() -> None:
    gateway = a_gateway()
    device = register_device(
        kind=DeviceKind.HEAT_METER,
        serial="58496405",
        gateway=gateway,
        manufacturer="Diehl",
        nominal_power_w=15_000,
    )
    assert Device.objects.get(serial="58496405") == device
    assert (device.gateway, device.manufacturer, device.identity) == (gateway, "Diehl", "")


@pytest.mark.parametrize(
    ("identity", "serial", "field"),
    [
        ("", "", "__all__"),
        ("a/b", "", "__all__"),
        ("+", "", "__all__"),
        ("taken", "", "__all__"),
        ("", "70000000-taken", "__all__"),
        ("x" * 65, "", "identity"),
    ],
)
def test_a_name_that_is_none_or_is_taken_is_refused(identity: str, serial: str, field: str) -> None:
    a_device(identity="taken", serial="70000000-taken")
    with pytest.raises(ValidationError) as refusal:
        register_device(kind=DeviceKind.HEAT_METER, identity=identity, serial=serial)
    assert list(refusal.value.message_dict) == [field]
    assert Device.objects.count() == 1


def test_another_utility_may_use_the_same_serial_number() -> None:
    device = a_device()
    with utility_scope(a_utility()):
        register_device(kind=DeviceKind.HEAT_METER, serial=device.serial)
        assert Device.objects.get().serial == device.serial


def test_no_device_can_speak_for_a_namesake_at_another_utility() -> None:
    a_device(identity="gateway-7")
    with utility_scope(a_utility()):
        with pytest.raises(ValidationError, match="'gateway-7' is taken on the broker"):
            register_device(kind=DeviceKind.GATEWAY, identity="gateway-7")
        assert not Device.objects.exists()


def test_a_meter_hangs_on_gateways_only() -> None:
    with pytest.raises(ValidationError, match="is no gateway"):
        register_device(kind=DeviceKind.HEAT_METER, serial="1", gateway=a_device())
    assert Device.objects.filter(serial="1").count() == 0


def test_the_database_itself_keeps_gateways_from_hanging_on_gateways() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Device.objects.create(kind=DeviceKind.GATEWAY, identity="g2", gateway=a_gateway())


def test_a_device_hangs_in_one_place_at_a_time(household: Household) -> None:
    meter = a_meter(household=household)
    with pytest.raises(ValidationError):
        install_device(device=meter, household=a_household(), starts_at=NOON)
    assert Installation.objects.count() == 1


def test_a_device_hangs_in_exactly_one_place(household: Household) -> None:
    with pytest.raises(ValidationError):
        install_device(device=a_device(), starts_at=NOON)
    with pytest.raises(ValidationError):
        install_device(device=a_device(), starts_at=NOON, household=household, building=household.building)
    assert Installation.objects.count() == 0


def test_a_device_that_was_taken_down_may_hang_elsewhere_at_once(household: Household) -> None:
    first = install_device(device=a_device(), household=household, starts_at=LONG_AGO)
    remove_device(installation=first, ends_at=NOON)
    elsewhere = a_household()
    install_device(device=first.device, household=elsewhere, starts_at=NOON)
    hung = Installation.objects.order_by("starts_at").values_list("household_id", "ends_at")
    assert list(hung) == [(household.pk, NOON), (elsewhere.pk, None)]


def test_taking_down_what_is_down_is_done_already(household: Household) -> None:
    installation = install_device(device=a_device(), household=household, starts_at=LONG_AGO)
    for _ in range(2):
        assert remove_device(installation=installation, ends_at=NOON).ends_at == NOON
    with pytest.raises(ValidationError, match="already ended"):
        remove_device(installation=installation, ends_at=NOON + timedelta(hours=1))


def test_nothing_is_taken_down_before_it_was_hung_up(household: Household) -> None:
    installation = install_device(device=a_device(), household=household, starts_at=NOON)
    with pytest.raises(ValidationError):
        remove_device(installation=installation, ends_at=NOON - timedelta(seconds=1))
    installation.refresh_from_db()
    assert installation.ends_at is None
