"""Registering devices and hanging them up."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import Building, Household, Substation
from metering.enums import DeviceKind
from metering.models import Device, Installation


@transaction.atomic
def register_device(  # noqa: PLR0913 - a nameplate has that many lines
    *,
    kind: DeviceKind,
    identity: str = "",
    serial: str = "",
    gateway: Device | None = None,
    manufacturer: str = "",
    model_name: str = "",
    nominal_power_w: int | None = None,
) -> Device:
    """Make a device known in the utility in scope; messages of it are accepted from the next one on.

    Raises:
        ValidationError: it has no name, a name that is taken, or a gateway that is none.
    """
    if gateway is not None and gateway.kind != DeviceKind.GATEWAY:
        message = _("%(device)s is no gateway.") % {"device": gateway}
        raise ValidationError({"gateway": message})
    device = Device(
        kind=kind,
        identity=identity,
        serial=serial,
        gateway=gateway,
        manufacturer=manufacturer,
        model_name=model_name,
        nominal_power_w=nominal_power_w,
    )
    device.full_clean()
    try:
        with transaction.atomic():
            device.save()
    except IntegrityError as error:
        # The wall hides the namesake of another utility from the validation, not from the database.
        message = _("The identity '%(identity)s' is taken on the broker.") % {"identity": identity}
        raise ValidationError({"identity": message}) from error
    return device


@transaction.atomic
def install_device(
    *,
    device: Device,
    starts_at: datetime,
    household: Household | None = None,
    building: Building | None = None,
    substation: Substation | None = None,
) -> Installation:
    """Hang ``device`` up in exactly one place from ``starts_at`` on.

    Raises:
        ValidationError: no place, two places, or it hangs elsewhere at that time.
    """
    installation = Installation(
        device=device, household=household, building=building, substation=substation, starts_at=starts_at
    )
    installation.full_clean()
    installation.save()
    return installation


@transaction.atomic
def remove_device(*, installation: Installation, ends_at: datetime) -> Installation:
    """Take a device down at ``ends_at``; done already at that instant is done.

    Raises:
        ValidationError: it was taken down at another instant, or would end before it began.
    """
    # Read again under the lock: somebody else may have taken it down meanwhile.
    locked = Installation.objects.select_for_update().get(pk=installation.pk)
    if locked.ends_at not in {None, ends_at}:
        message = _("%(installation)s already ended at %(at)s.") % {
            "installation": locked,
            "at": locked.ends_at,
        }
        raise ValidationError({"ends_at": message})
    locked.ends_at = ends_at
    locked.full_clean()
    locked.save(update_fields=["ends_at"])
    return locked
