"""Taking a station under control, and letting go of it."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.enums import Emitter
from accounts.models import Substation
from control.enums import Mode
from control.models import SubstationControl

# GB 50736: radiators are designed for 75 degrees, floors never above 45 at a dwelling.
FLOOR_DEFAULTS = {"design_supply_c": 40.0, "max_supply_c": 45.0}


@transaction.atomic
def steer_substation(
    *, substation: Substation, mode: Mode = Mode.SHADOW, **figures: float
) -> SubstationControl:
    """Put ``substation`` under control with a curve that suits its emitters; ``figures`` are columns.

    Raises:
        ValidationError: it is steered already, or the figures make no curve.
    """
    defaults = FLOOR_DEFAULTS if substation.emitter == Emitter.FLOOR else {}
    control = SubstationControl(substation=substation, mode=mode, **{**defaults, **figures})
    control.full_clean()
    control.save()
    return control


@transaction.atomic
def set_mode(*, controls: Sequence[SubstationControl], mode: Mode) -> int:
    """Change what the controller may do; how many stations it changed for.

    The last target runs on until it expires, half an hour at most.
    """
    wanted = SubstationControl.objects.filter(pk__in=[control.pk for control in controls])
    # A held station is released first: whoever holds it had a reason.
    return wanted.exclude(mode__in=[mode, Mode.HOLD]).update(mode=mode)
