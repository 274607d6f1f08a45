"""Exchanging a meter in the middle of a season: the old one's last register, the new one's first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from metering.enums import DeviceKind
from metering.models import Device, Installation, MeterExchange, Reading
from metering.operations.devices import install_device, register_device, remove_device
from metering.queries.neighbourhoods import meters, usable_readings
from metering.validation import continues, on_register

# Where the fitter's visit was entered late, the new meter has spoken under the old one's name for a while.
HAND_OVER: Final = """
INSERT INTO metering_reading (device_id, measured_at, utility_id, energy_wh, volume_l, power_w, flow_l_h,
    supply_c, return_c, status, quality, received_at, carrier_id, raw, doubts, error_h, target_at, target_wh)
SELECT %s, measured_at, utility_id, energy_wh, volume_l, power_w, flow_l_h,
    supply_c, return_c, status, quality, %s, carrier_id, raw, doubts, error_h, target_at, target_wh
FROM metering_reading WHERE device_id = %s AND measured_at = ANY(%s) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class ExchangeEffect:
    """What an exchange does to the energy of its place, in Wh; nothing between the two meters is counted.

    ``old_last`` and ``new_last`` are the last usable readings of each, instant and register; None where
    there is none. Readings that came under the old name later were ``handed_over`` to the new meter, or
    ``left_behind``, because they do not go on from its initial register.
    """

    old_last: tuple[datetime, int] | None
    old_wh: int
    new_last: tuple[datetime, int] | None
    new_wh: int
    handed_over: int
    left_behind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """What the fitter wrote down: which meter came in the place of which, when, and at which registers."""

    installation: Installation
    new_device: Device
    exchanged_at: datetime
    final_wh: int
    initial_wh: int
    reason: str
    made_by: User


@transaction.atomic
def exchange_meter(*, slip: Slip, at: datetime) -> ExchangeEffect:
    """Take the meter of the slip down and hang the new one up in its place, entered at ``at``.

    Both registers are stored as readings of that very instant, so that no energy between them is lost and
    none is invented. Readings that came under the old meter's name afterwards and go on from the new one's
    initial register are copied to it; the originals stay and lie outside of the installation. What was
    exchanged before, in the same way, is done.

    Raises:
        ValidationError: the meter was not there, its final register is below an earlier reading that can be
            used, another register is stored for that instant, or the new meter hangs elsewhere.
    """
    # Only the stay: a lock of the meter's row would hold up every reading that comes in under its name.
    stays = Installation.objects.select_for_update(of=("self",), no_key=True).select_related("device")
    old = stays.get(pk=slip.installation.pk)
    last = _last_usable(old.device, until=slip.exchanged_at)
    old_wh = _counted(slip, old.device, last)
    done = MeterExchange.objects.filter(old=old, new__device=slip.new_device, exchanged_at=slip.exchanged_at)
    if done.exists():
        return ExchangeEffect(last, old_wh, None, 0, 0, 0)
    if not slip.reason.strip():
        raise ValidationError({"reason": _("Say why the meter was exchanged.")})
    _store(old.device, exchanged_at=slip.exchanged_at, energy_wh=slip.final_wh, at=at)
    remove_device(installation=old, ends_at=slip.exchanged_at)
    hung = install_device(
        device=slip.new_device,
        starts_at=slip.exchanged_at,
        household=old.household,
        building=old.building,
        substation=old.substation,
    )
    _store(slip.new_device, exchanged_at=slip.exchanged_at, energy_wh=slip.initial_wh, at=at)
    MeterExchange.objects.create(
        old=old,
        new=hung,
        exchanged_at=slip.exchanged_at,
        final_wh=slip.final_wh,
        initial_wh=slip.initial_wh,
        reason=slip.reason.strip(),
        made_by=slip.made_by,
        made_at=at,
    )
    handed_over, left_behind = _hand_over(slip, old.device, at=at)
    new_last = _last_usable(slip.new_device, until=None)
    new_wh = new_last[1] - slip.initial_wh if new_last else 0
    return ExchangeEffect(last, old_wh, new_last, new_wh, handed_over, left_behind)


def preview_exchange(*, slip: Slip, at: datetime) -> ExchangeEffect:
    """What `exchange_meter` would do: done, looked at, and rolled back.

    Raises:
        ValidationError: as there.
    """
    with transaction.atomic():
        effect = exchange_meter(slip=slip, at=at)
        transaction.set_rollback(True)
    return effect


def successor(*, old: Device, serial: str, identity: str = "", nominal_power_w: int | None = None) -> Device:
    """The meter with that serial number, registered if it is not known, on the gateway of the old one.

    Raises:
        ValidationError: it cannot be registered.
    """
    known = Device.objects.filter(kind=DeviceKind.HEAT_METER, serial=serial).first()
    return known or register_device(
        kind=DeviceKind.HEAT_METER,
        identity=identity,
        serial=serial,
        gateway=old.gateway,
        nominal_power_w=nominal_power_w or old.nominal_power_w,
    )


def _counted(slip: Slip, device: Device, last: tuple[datetime, int] | None) -> int:
    """What the old meter counted from its last usable reading to its final register.

    Raises:
        ValidationError: its final register is below that reading, and it cannot have rolled over.
    """
    if last is None or slip.final_wh >= last[1]:
        return slip.final_wh - last[1] if last else 0
    seconds = int((slip.exchanged_at - last[0]).total_seconds())
    modulus_wh = continues(
        meters([device.pk])[device.pk], seconds=seconds, before_wh=last[1], after_wh=slip.final_wh
    )
    if modulus_wh is None:
        message = _("The final register of meter %(serial)s is below its reading of %(at)s.")
        raise ValidationError({"final_wh": message % {"serial": device.serial, "at": last[0]}})
    return slip.final_wh + modulus_wh - last[1]


def _last_usable(device: Device, *, until: datetime | None) -> tuple[datetime, int] | None:
    rows = usable_readings(device.pk)
    rows = rows if until is None else rows.filter(measured_at__lte=until)
    last = rows.order_by("-measured_at").first()
    return (last.measured_at, last.energy_wh) if last and last.energy_wh is not None else None


def _hand_over(slip: Slip, old: Device, *, at: datetime) -> tuple[int, int]:
    """Copy what goes on from the initial register; how many did, and how many did not.

    The old meter may go on sending from the fitter's van, and where the new one already speaks under its
    own name nothing needs to be copied.
    """
    rows = Reading.objects.filter(
        device=old, measured_at__gt=slip.exchanged_at, energy_wh__isnull=False
    ).order_by("measured_at")
    own = Reading.objects.filter(device=slip.new_device, measured_at__gt=slip.exchanged_at)
    if first := own.order_by("measured_at").first():
        rows = rows.filter(measured_at__lt=first.measured_at)
    later = list(rows.values_list("measured_at", "energy_wh"))
    registers = [(slip.exchanged_at, slip.initial_wh), *((when, wh or 0) for when, wh in later)]
    fits = on_register(
        meters([slip.new_device.pk])[slip.new_device.pk],
        at_s=[int(when.timestamp()) for when, _wh in registers],
        wh=[wh for _when, wh in registers],
    )
    theirs = [when for (when, _wh), is_theirs in zip(later, fits[1:], strict=True) if is_theirs]
    with connection.cursor() as cursor:
        cursor.execute(HAND_OVER, [slip.new_device.pk, at, old.pk, theirs])
    return len(theirs), len(later) - len(theirs)


def _store(device: Device, *, exchanged_at: datetime, energy_wh: int, at: datetime) -> None:
    reading, is_new = Reading.objects.get_or_create(
        device=device, measured_at=exchanged_at, defaults={"energy_wh": energy_wh, "received_at": at}
    )
    if not is_new and reading.energy_wh != energy_wh:
        message = _("Another register of meter %(serial)s is stored at %(at)s.")
        raise ValidationError(message % {"serial": device.serial, "at": exchanged_at})
