"""Registers that people estimate past the last reading, so that a home whose meter is dead can be billed."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from metering.models import Device, RegisterEstimate
from metering.queries.estimates import Proposal, estimates_in_force, proposal
from metering.queries.neighbourhoods import meters


@transaction.atomic
def estimate_register(
    *, device: Device, estimated_at: datetime, energy_wh: int | None, reason: str, made_by: User, at: datetime
) -> RegisterEstimate:
    """Let the meter's register stand so at an instant after its last reading; None goes on as before.

    It counts as long as no reading at or after it can be used; nothing has to be taken back then.

    Raises:
        ValidationError: no reason; it lies ahead; the meter hung nowhere then or was never read there; a
            later reading can be used; another estimate stands at that instant; or the register would fall or
            rise by more than the meter can count.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why you decide so.")})
    if estimated_at > at:
        raise ValidationError({"estimated_at": _("A register cannot be estimated ahead of time.")})
    # Two who estimate one meter's register come one after the other; its readings go on coming in meanwhile.
    Device.objects.select_for_update(no_key=True).get(pk=device.pk)
    proposed = proposal(device.pk, estimated_at=estimated_at)
    register_wh = proposed.energy_wh if energy_wh is None else energy_wh
    _refuse_the_impossible(proposed, device, register_wh)
    return RegisterEstimate.objects.create(
        device=device,
        estimated_at=estimated_at,
        energy_wh=register_wh,
        reason=reason.strip(),
        made_by=made_by,
        made_at=at,
    )


@transaction.atomic
def take_back(*, estimate: RegisterEstimate, made_by: User, at: datetime) -> None:
    """Let the estimate count no more; one that was taken back already stays so."""
    locked = RegisterEstimate.objects.select_for_update(of=("self",)).get(pk=estimate.pk)
    if locked.withdrawn_at is None:
        locked.withdrawn_at, locked.withdrawn_by = at, made_by
        locked.save(update_fields=["withdrawn_at", "withdrawn_by"])


def _refuse_the_impossible(proposed: Proposal, device: Device, energy_wh: int) -> None:
    standing = list(estimates_in_force(device.pk))
    if any(one.estimated_at == proposed.estimated_at for one in standing):
        message = _("Another estimate stands at this instant: take it back first.")
        raise ValidationError({"estimated_at": message})
    before_at, before_wh = max(
        [(proposed.last_at, proposed.last_wh)]
        + [(one.estimated_at, one.energy_wh) for one in standing if one.estimated_at < proposed.estimated_at]
    )
    after = [one.energy_wh for one in standing if one.estimated_at > proposed.estimated_at]
    if energy_wh < before_wh or any(energy_wh > one for one in after):
        message = _("The register would fall: before it stands at %(before)s kWh.")
        raise ValidationError({"energy_kwh": message % {"before": f"{before_wh / 1000:,.3f}"}})
    seconds = (proposed.estimated_at - before_at).total_seconds()
    if energy_wh - before_wh > meters([device.pk])[device.pk].reach_wh(seconds):
        raise ValidationError({"energy_kwh": _("That is more than a meter of this size can count.")})
