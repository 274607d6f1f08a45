"""Taking a station out of the controller's hands for a time, and giving it back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from control.enums import Mode
from control.models import ManualHold, SubstationControl

# A hold that everybody has forgotten would cost a winter; who needs longer says so again.
LONGEST: Final = timedelta(days=14)


class HoldError(ValueError):
    """A hold that cannot be; the sentence says why."""


@transaction.atomic
def hold_station(*, substation_id: int, reason: str, until: datetime, by: User, at: datetime) -> ManualHold:
    """Stop steering the station until ``until``; it keeps the supply it was last told, or its own curve.

    Raises:
        HoldError: no reason, an end that is past or more than 14 days away, or a hold that stands already.
    """
    control = SubstationControl.objects.select_for_update().get(substation=substation_id)
    if not reason.strip():
        raise HoldError(_("Say why: whoever comes next must know."))
    if not at < until <= at + LONGEST:
        raise HoldError(_("A hold ends after now and within 14 days."))
    if control.mode == Mode.HOLD:
        raise HoldError(_("This station is on hold already."))
    hold = ManualHold.objects.create(
        substation_id=substation_id,
        starts_at=at,
        ends_at=until,
        reason=reason.strip(),
        held_by=by,
        mode_before=control.mode,
    )
    control.mode = Mode.HOLD
    control.save(update_fields=["mode"])
    return hold


@transaction.atomic
def release_station(*, substation_id: int, by: User, at: datetime) -> None:
    """Give the station back before the hold's end; on a station that is not held nothing happens."""
    control = SubstationControl.objects.select_for_update().get(substation=substation_id)
    for hold in ManualHold.objects.filter(substation=substation_id, released_at=None):
        _release(hold, control, at=at, by=by)


@transaction.atomic
def release_ended(*, now: datetime) -> int:
    """Give back every station in scope whose hold ran out; how many."""
    holds = list(ManualHold.objects.filter(released_at=None, ends_at__lte=now))
    if not holds:
        return 0
    rows = SubstationControl.objects.filter(substation__in=[hold.substation_id for hold in holds])
    controls = {row.substation_id: row for row in rows.select_for_update().order_by("substation_id")}
    for hold in holds:
        _release(hold, controls[hold.substation_id], at=now, by=None)
    return len(holds)


def _release(hold: ManualHold, control: SubstationControl, *, at: datetime, by: User | None) -> None:
    hold.released_at, hold.released_by = at, by
    hold.save(update_fields=["released_at", "released_by"])
    # Whoever chose another mode meanwhile meant it.
    if control.mode == Mode.HOLD:
        control.mode = hold.mode_before
        control.save(update_fields=["mode"])
