"""The register at which one household hands a home over to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from accounts.models import Household
from accounts.period import local_midnight
from metering.enums import Quality
from metering.models import MoveOut
from metering.queries.registers import Bracket, brackets

# Further from the midnight than this, and the register is an estimate.
CLOSE: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Handover:
    """The register of one meter at a local midnight; `energy_wh` is None until it is known."""

    serial: str
    energy_wh: int | None
    is_estimated: bool


def handover(household: Household, *, day: date) -> list[Handover]:
    """The registers of the home's meters at the midnight that begins ``day``, on the utility's clock."""
    at = local_midnight(day, household.utility.zone)
    return [_handover(bracket, at.timestamp()) for bracket in brackets([household.pk], [at])]


def move_out_of(household_id: int, user_id: int) -> MoveOut | None:
    """What the person told last and did not take back."""
    return MoveOut.objects.filter(household=household_id, user=user_id, cancelled_at=None).first()


def _handover(around: Bracket, at: float) -> Handover:
    if around.before_at is None or around.before_wh is None:
        return Handover(around.serial, None, is_estimated=False)
    before = int(around.before_at.timestamp())
    if at - before < 1:
        is_estimated = around.before_quality == Quality.ESTIMATED
        return Handover(around.serial, around.before_wh, is_estimated=is_estimated)
    if around.after_at is None or around.after_wh is None:
        return Handover(around.serial, None, is_estimated=False)
    after = int(around.after_at.timestamp())
    counted = around.after_wh - around.before_wh
    share = counted * (int(at) - before) // (after - before)
    is_estimated = around.is_estimated or (around.after_at - around.before_at) > CLOSE
    return Handover(around.serial, around.before_wh + share, is_estimated=is_estimated)
