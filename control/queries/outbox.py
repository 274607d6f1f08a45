"""What is decided and not yet sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from control.enums import Mode, TargetState
from control.models import Target, TargetTransition

CHANNEL = "target"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A target on its way: whom it is for, and what it says."""

    target_id: int
    utility: str
    device: str
    command: UUID
    issued_at: datetime
    expires_at: datetime
    secondary_supply_c: float
    valve_pct: float | None
    reason: str

    def message(self) -> dict[str, str | float]:
        """The payload as the contract has it; a valve nobody commands is not mentioned."""
        valve = {} if self.valve_pct is None else {"valve_pct": self.valve_pct}
        return {
            "command": str(self.command),
            "issued_at": _utc(self.issued_at),
            "expires_at": _utc(self.expires_at),
            "secondary_supply_c": self.secondary_supply_c,
            **valve,
            "reason": self.reason,
        }


def standing_targets(at: datetime) -> list[Outgoing]:
    """The newest target of each active station that has not run out, sent or not; oldest first.

    The broker is told them all after every new connection: one that crashed has lost what it retained, and
    a station takes the same command twice for one.
    """
    return [_outgoing(target) for target in _standing(at)]


def pending_targets(at: datetime) -> list[Outgoing]:
    """Those of the standing targets that the broker does not have yet.

    An older one that was never sent is not sent any more, nor is one that has run out.
    """
    reached = TargetTransition.objects.filter(target=OuterRef("pk"))
    waiting = _standing(at).filter(~Exists(reached.exclude(state=TargetState.ISSUED)))
    return [_outgoing(target) for target in waiting]


def _standing(at: datetime) -> QuerySet[Target]:
    newer = Target.objects.filter(substation=OuterRef("substation"), issued_at__gt=OuterRef("issued_at"))
    settled = TargetTransition.objects.filter(
        target=OuterRef("pk"), state__in=[TargetState.SHADOWED, TargetState.REJECTED]
    )
    rows = Target.objects.filter(
        ~Exists(newer),
        ~Exists(settled),
        expires_at__gt=at,
        substation__control__mode=Mode.ACTIVE,
        controller__isnull=False,
    )
    return rows.select_related("utility", "controller").order_by("issued_at", "pk")


def _outgoing(target: Target) -> Outgoing:
    return Outgoing(
        target_id=target.pk,
        utility=target.utility.slug,
        device=target.controller.identity if target.controller else "",
        command=target.command,
        issued_at=target.issued_at,
        expires_at=target.expires_at,
        secondary_supply_c=target.secondary_supply_c,
        valve_pct=target.valve_pct,
        reason=target.reason,
    )


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
