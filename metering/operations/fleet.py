"""Many devices at once: a delivery, a building, a whole town; all or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Building, Household, Substation
from metering.enums import DeviceKind
from metering.models import Device, Installation


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A nameplate, and the gateway the device will hang on."""

    kind: DeviceKind
    identity: str = ""
    serial: str = ""
    gateway: Device | None = None
    manufacturer: str = ""
    model_name: str = ""
    nominal_power_w: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInstallation:
    """A device and its place: exactly one of the three."""

    device: Device
    household: Household | None = None
    building: Building | None = None
    substation: Substation | None = None


@transaction.atomic
def register_devices(*, devices: Sequence[NewDevice]) -> list[Device]:
    """Make devices known in the utility in scope, in the order given.

    Raises:
        ValidationError: one hangs on a device that is no gateway.
        IntegrityError: a name is taken or missing.
    """
    for device in devices:
        if device.gateway is not None and device.gateway.kind != DeviceKind.GATEWAY:
            raise ValidationError({"gateway": _("%(device)s is no gateway.") % {"device": device.gateway}})
    return Device.objects.bulk_create(
        Device(
            kind=device.kind,
            identity=device.identity,
            serial=device.serial,
            gateway=device.gateway,
            manufacturer=device.manufacturer,
            model_name=device.model_name,
            nominal_power_w=device.nominal_power_w,
        )
        for device in devices
    )


@transaction.atomic
def install_devices(*, installations: Sequence[NewInstallation], starts_at: datetime) -> list[Installation]:
    """Hang devices up from ``starts_at`` on.

    Raises:
        IntegrityError: one has no place or two, or hangs elsewhere at that time.
    """
    return Installation.objects.bulk_create(
        Installation(
            device=each.device,
            household=each.household,
            building=each.building,
            substation=each.substation,
            starts_at=starts_at,
        )
        for each in installations
    )
