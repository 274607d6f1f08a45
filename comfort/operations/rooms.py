from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Household
from comfort.models import Room
from metering.enums import DeviceKind
from metering.models import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRoom:
    """A room to be, with the sensor that measures it."""

    household: Household
    name: str
    sensor: Device | None = None
    position: int = 0


@transaction.atomic
def furnish_room(*, household: Household, name: str, sensor: Device | None = None, position: int = 0) -> Room:
    """Give a home a room, with the sensor that measures it.

    Raises:
        ValidationError: the name is empty or taken in this home, the device measures another room or no room.
    """
    _refuse_other_devices(sensor)
    room = Room(household=household, name=name, sensor=sensor, position=position)
    room.full_clean()
    room.save()
    return room


@transaction.atomic
def furnish_rooms(*, rooms: Sequence[NewRoom]) -> list[Room]:
    """Many rooms at once, in the order given; all or none.

    Raises:
        ValidationError: a device measures no room.
        IntegrityError: a name is empty or taken in its home, or a sensor measures another room.
    """
    for room in rooms:
        _refuse_other_devices(room.sensor)
    return Room.objects.bulk_create(
        Room(household=room.household, name=room.name, sensor=room.sensor, position=room.position)
        for room in rooms
    )


def _refuse_other_devices(sensor: Device | None) -> None:
    if sensor is not None and sensor.kind != DeviceKind.ROOM_SENSOR:
        raise ValidationError({"sensor": _("%(device)s measures no room.") % {"device": sensor}})
