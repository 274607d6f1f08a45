"""Changing a station's heating curve."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from control.models import SubstationControl


@transaction.atomic
def change_curve(
    *, substation_id: int, design_supply_c: float, shift_k: float, room_target_c: float
) -> SubstationControl:
    """Let the station follow another curve from the next tick on.

    Raises:
        ValidationError: these figures make no curve.
    """
    control = SubstationControl.objects.select_for_update().get(substation=substation_id)
    control.design_supply_c, control.shift_k = design_supply_c, shift_k
    control.room_target_c = room_target_c
    if design_supply_c > control.max_supply_c:
        raise ValidationError({"design_supply_c": f"> {control.max_supply_c:.1f} °C"})
    control.full_clean()
    control.save(update_fields=["design_supply_c", "shift_k", "room_target_c"])
    return control
