"""Outages: announced, changed and ended by the staff; everybody at the address is told each time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.enums import NoticeKind
from accounts.models import Building, Household, Outage, Substation, User
from accounts.operations.notices import Occasion, tell
from accounts.queries.outages import households_of


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutage:
    """What is known of it; at a station or at a building."""

    reason: str
    starts_at: datetime
    expected_at: datetime | None = None
    is_planned: bool = False
    substation: Substation | None = None
    building: Building | None = None


@transaction.atomic
def announce_outage(*, outage: NewOutage, by: User | None, at: datetime) -> Outage:
    """Record it and tell everybody at the place.

    Raises:
        IntegrityError: it has no place or two, no reason, or ends before it starts.
    """
    row = Outage.objects.create(
        substation=outage.substation,
        building=outage.building,
        reason=outage.reason,
        starts_at=outage.starts_at,
        expected_at=outage.expected_at,
        is_planned=outage.is_planned,
        announced_at=at,
        announced_by=by,
    )
    _tell(row, "announced", at=at)
    return row


@transaction.atomic
def expect_heat(*, outage: Outage, expected_at: datetime | None, at: datetime) -> Outage:
    """Another end is expected; those concerned are told unless it is the same one."""
    row = Outage.objects.select_for_update(of=("self",)).get(pk=outage.pk)
    if row.ended_at is None and row.expected_at != expected_at:
        row.expected_at = expected_at
        row.save(update_fields=["expected_at"])
        _tell(row, f"expected {expected_at.isoformat() if expected_at else 'open'}", at=at)
    return row


@transaction.atomic
def end_outage(*, outage: Outage, at: datetime) -> Outage:
    """Heat is back, or what was planned does not happen; ended twice is ended once."""
    row = Outage.objects.select_for_update(of=("self",)).get(pk=outage.pk)
    if row.ended_at is None:
        row.ended_at = max(at, row.starts_at)
        row.save(update_fields=["ended_at"])
        _tell(row, "ended", at=at)
    return row


def _tell(outage: Outage, step: str, *, at: datetime) -> None:
    facts = {
        "outage": outage.pk,
        "reason": outage.reason,
        "is_planned": outage.is_planned,
        "starts_at": outage.starts_at.isoformat(),
        "expected_at": outage.expected_at.isoformat() if outage.expected_at else None,
        "ended_at": outage.ended_at.isoformat() if outage.ended_at else None,
    }
    homes: list[Household] = list(households_of(outage))
    tell(
        (
            Occasion(
                household_id=home.pk, kind=NoticeKind.OUTAGE, key=f"outage:{outage.pk}:{step}", facts=facts
            )
            for home in homes
        ),
        at=at,
    )
