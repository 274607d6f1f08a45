"""Stations are taken under control in stages, on the days that were agreed upon."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import Utility
from accounts.scope import current_utility_id
from control.enums import Mode
from control.models import RolloutStage, SubstationControl


@transaction.atomic
def switch_due(*, at: datetime) -> int:
    """Let the stations whose day has come be steered, each once: who puts one back to shadow means it.

    One that an operator holds that day is taken when the hold has ended.
    """
    today = Utility.objects.get(pk=current_utility_id()).local_date(at)
    stages = RolloutStage.objects.filter(starts_on__lte=today, switched_at=None)
    held = SubstationControl.objects.filter(mode=Mode.HOLD).values("substation_id")
    due = list(stages.select_for_update().exclude(substation__in=held))
    watching = SubstationControl.objects.filter(
        substation__in=[stage.substation_id for stage in due], mode=Mode.SHADOW
    )
    switched = watching.update(mode=Mode.ACTIVE)
    RolloutStage.objects.filter(pk__in=[stage.pk for stage in due]).update(switched_at=at)
    return switched
