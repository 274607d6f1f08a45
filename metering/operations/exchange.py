"""Exchanging a meter in the middle of a season: the old one's last register, the new one's first."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from metering.models import Device, Installation, Reading, ReadingFlag
from metering.operations.devices import install_device, remove_device

# Where the fitter's visit was entered late, the new meter has spoken under the old one's name for a while.
HAND_OVER: Final = """
INSERT INTO metering_reading (device_id, measured_at, utility_id, energy_wh, volume_l, power_w, flow_l_h,
    supply_c, return_c, status, quality, received_at, carrier_id, raw)
SELECT %s, measured_at, utility_id, energy_wh, volume_l, power_w, flow_l_h,
    supply_c, return_c, status, quality, %s, carrier_id, raw
FROM metering_reading WHERE device_id = %s AND measured_at > %s ON CONFLICT DO NOTHING
"""


@transaction.atomic
def exchange_meter(
    *,
    installation: Installation,
    new_device: Device,
    exchanged_at: datetime,
    final_wh: int,
    initial_wh: int,
    at: datetime,
) -> Installation:
    """Take the meter of ``installation`` down at ``exchanged_at`` and hang ``new_device`` up in its place.

    Both registers are stored as readings of that very instant, typed in at ``at``, so that no energy between
    them is lost and none is invented. Readings that came under the old meter's name afterwards are copied to
    the new one; the originals stay and lie outside of the installation. What was exchanged before, in the
    same way, is done.

    Raises:
        ValidationError: the meter was not there, its final register is below an earlier reading that can be
            used, another register is stored for that instant, or the new meter hangs elsewhere.
    """
    old = Installation.objects.select_for_update().select_related("device").get(pk=installation.pk)
    done = Installation.objects.filter(device=new_device, starts_at=exchanged_at).first()
    if done is not None and old.ends_at == exchanged_at:
        return done
    _refuse_a_fall(old.device, exchanged_at=exchanged_at, final_wh=final_wh)
    _store(old.device, exchanged_at=exchanged_at, energy_wh=final_wh, at=at)
    remove_device(installation=old, ends_at=exchanged_at)
    hung = install_device(
        device=new_device,
        starts_at=exchanged_at,
        household=old.household,
        building=old.building,
        substation=old.substation,
    )
    _store(new_device, exchanged_at=exchanged_at, energy_wh=initial_wh, at=at)
    with connection.cursor() as cursor:
        cursor.execute(HAND_OVER, [new_device.pk, at, old.device_id, exchanged_at])
    return hung


def _refuse_a_fall(device: Device, *, exchanged_at: datetime, final_wh: int) -> None:
    unusable = ReadingFlag.objects.filter(device=device, is_unusable=True, withdrawn_at=None)
    rows = Reading.objects.filter(device=device, measured_at__lte=exchanged_at, energy_wh__gt=final_wh)
    rows = rows.exclude(measured_at__in=unusable.values("measured_at"))
    above = rows.order_by("-measured_at").first()
    if above is not None:
        message = _("The final register of meter %(serial)s is below its reading of %(at)s.")
        raise ValidationError({"final_wh": message % {"serial": device.serial, "at": above.measured_at}})


def _store(device: Device, *, exchanged_at: datetime, energy_wh: int, at: datetime) -> None:
    reading, is_new = Reading.objects.get_or_create(
        device=device, measured_at=exchanged_at, defaults={"energy_wh": energy_wh, "received_at": at}
    )
    if not is_new and reading.energy_wh != energy_wh:
        message = _("Another register of meter %(serial)s is stored at %(at)s.")
        raise ValidationError(message % {"serial": device.serial, "at": exchanged_at})
