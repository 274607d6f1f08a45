from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Household
from comfort.models import Room
from metering.enums import DeviceKind
from metering.models import Device


@transaction.atomic
def furnish_room(*, household: Household, name: str, sensor: Device | None = None, position: int = 0) -> Room:
    """Give a home a room, with the sensor that measures it.

    Raises:
        ValidationError: the name is empty or taken in this home, the device measures another room or no room.
    """
    if sensor is not None and sensor.kind != DeviceKind.ROOM_SENSOR:
        raise ValidationError({"sensor": _("%(device)s measures no room.") % {"device": sensor}})
    room = Room(household=household, name=name, sensor=sensor, position=position)
    room.full_clean()
    room.save()
    return room
