"""A held station keeps the supply it had: its target is renewed for as long as the hold lasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.db import transaction
from django.db.models import Exists, OuterRef

from comfort.queries.demand import no_demand
from control.enums import Cause, Mode, TargetState
from control.models import ManualHold, SubstationControl, Target, TargetTransition
from control.queries.observed import observe
from control.queries.stations import plant_of
from control.regulator import curve, envelope, limits, outdoor

TIME_TO_LIVE: Final = timedelta(minutes=30)
# Half a time to live before the end, the next round still comes in time.
RENEWED_BEFORE: Final = TIME_TO_LIVE / 2
DIGITS: Final = 2


@transaction.atomic
def keep_held(*, now: datetime) -> int:
    """Renew the targets of held stations in scope that near their end; how many there were.

    What the station has is kept, and nothing else: a target that was refused, never reached it or ran out is
    not brought back. Only frost moves it: with the return near freezing the station's own curve is the least.
    """
    due = {target.substation_id: target for target in _due(now)}
    if not due:
        return 0
    rows = SubstationControl.objects.filter(substation__in=due, mode=Mode.HOLD).select_related("substation")
    controls = list(rows.select_for_update(of=("self",)).order_by("substation_id"))
    supply_c = _guarded(
        controls, [due[control.substation_id].secondary_supply_c for control in controls], now
    )
    kept = [
        _renewed(due[control.substation_id], round(supply, DIGITS), now=now)
        for control, supply in zip(controls, supply_c, strict=True)
    ]
    Target.objects.bulk_create(kept)
    TargetTransition.objects.bulk_create(target.step(TargetState.ISSUED, at=now) for target in kept)
    return len(kept)


def _due(now: datetime) -> list[Target]:
    """The newest target of each station that was steered when it was held, if the station has it still."""
    holds = ManualHold.objects.filter(
        substation=OuterRef("substation"), released_at=None, mode_before=Mode.ACTIVE
    )
    steps = TargetTransition.objects.filter(target=OuterRef("pk"))
    newer = Target.objects.filter(substation=OuterRef("substation"), issued_at__gt=OuterRef("issued_at"))
    rows = Target.objects.filter(
        Exists(holds),
        ~Exists(newer),
        Exists(steps.filter(state__in=[TargetState.PUBLISHED, TargetState.APPLIED])),
        ~Exists(steps.filter(state=TargetState.REJECTED)),
        expires_at__gt=now,
        expires_at__lte=now + RENEWED_BEFORE,
    )
    return list(rows.order_by("substation_id"))


def _guarded(controls: list[SubstationControl], supply_c: list[float], now: datetime) -> list[float]:
    plant = plant_of(controls)
    ids = np.array([control.substation_id for control in controls], dtype=np.int64)
    observed = observe(ids, no_demand(ids), now)
    felt_c = outdoor.felt_c(observed)
    # Nobody knows the weather: nothing says frost, and the station's own protection is its own.
    felt_c = np.where(np.isfinite(felt_c), felt_c, limits.COLD_OUTDOOR_C)
    guarded, _frost = envelope.frost_guarded(
        plant,
        supply_c=np.clip(np.array(supply_c, dtype=np.float64), plant.min_supply_c, plant.max_supply_c),
        local_c=curve.supply_c(plant, outdoor_c=felt_c),
        outdoor_c=felt_c,
        return_c=limits.within(observed.return_c, limits.WATER_RANGE_C),
    )
    kept: list[float] = guarded.tolist()
    return kept


def _renewed(target: Target, supply_c: float, *, now: datetime) -> Target:
    clips = ["frost"] if supply_c > target.secondary_supply_c else []
    return Target(
        utility_id=target.utility_id,
        substation_id=target.substation_id,
        controller_id=target.controller_id,
        issued_at=now,
        expires_at=now + TIME_TO_LIVE,
        secondary_supply_c=supply_c,
        cause=Cause.HOLD,
        reason=f"hold: {supply_c:.2f} kept; {' '.join(clips)}".rstrip("; "),
        terms={**target.terms, "held_c": supply_c, "clips": clips},
    )
