"""What is decided and not yet sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from control.enums import Cause, Mode, TargetState
from control.models import Target, TargetTransition, ValveTarget, ValveTransition

CHANNEL = "target"
SETTLED: Final = (TargetState.SHADOWED, TargetState.REJECTED)
# A day's round moves thousands of valves; the stations' targets are not to wait behind them.
VALVES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A target on its way: whom it is for, and what it says."""

    utility: str
    device: str
    command: UUID
    issued_at: datetime
    expires_at: datetime
    secondary_supply_c: float | None
    valve_pct: float | None
    reason: str

    def message(self) -> dict[str, str | float]:
        """The payload as the contract has it; what is not commanded is not mentioned."""
        figures = {"secondary_supply_c": self.secondary_supply_c, "valve_pct": self.valve_pct}
        return {
            "command": str(self.command),
            "issued_at": _utc(self.issued_at),
            "expires_at": _utc(self.expires_at),
            **{name: figure for name, figure in figures.items() if figure is not None},
            "reason": self.reason,
        }


def standing_targets(at: datetime) -> list[Outgoing]:
    """The newest target of each active station and valve that has not run out, sent or not; oldest first.

    The broker is told them all after every new connection: one that crashed has lost what it retained, and
    a device takes the same command twice for one.
    """
    return [
        *(_outgoing(target, supply_c=target.secondary_supply_c) for target in _standing(at)),
        *(_outgoing(target, supply_c=None) for target in _standing_valves(at)),
    ]


def pending_targets(at: datetime) -> list[Outgoing]:
    """Those of the standing targets that the broker does not have yet; of the valves' a batch at a time.

    An older one that was never sent is not sent any more, nor is one that has run out.
    """
    reached = TargetTransition.objects.filter(target=OuterRef("pk")).exclude(state=TargetState.ISSUED)
    moved = ValveTransition.objects.filter(target=OuterRef("pk")).exclude(state=TargetState.ISSUED)
    valves = _standing_valves(at).filter(~Exists(moved))[:VALVES_AT_ONCE]
    return [
        *(
            _outgoing(target, supply_c=target.secondary_supply_c)
            for target in _standing(at).filter(~Exists(reached))
        ),
        *(_outgoing(target, supply_c=None) for target in valves),
    ]


def _standing(at: datetime) -> QuerySet[Target]:
    newer = Target.objects.filter(substation=OuterRef("substation"), issued_at__gt=OuterRef("issued_at"))
    settled = TargetTransition.objects.filter(target=OuterRef("pk"), state__in=SETTLED)
    # Held, a station is told to keep what it has; what was decided for it before is not sent any more.
    told = Q(substation__control__mode=Mode.ACTIVE) | Q(substation__control__mode=Mode.HOLD, cause=Cause.HOLD)
    rows = Target.objects.filter(
        told, ~Exists(newer), ~Exists(settled), expires_at__gt=at, controller__isnull=False
    )
    return rows.select_related("utility", "controller").order_by("issued_at", "pk")


def _standing_valves(at: datetime) -> QuerySet[ValveTarget]:
    newer = ValveTarget.objects.filter(valve=OuterRef("valve"), issued_at__gt=OuterRef("issued_at"))
    settled = ValveTransition.objects.filter(target=OuterRef("pk"), state__in=SETTLED)
    rows = ValveTarget.objects.filter(
        ~Exists(newer), ~Exists(settled), expires_at__gt=at, valve__mode=Mode.ACTIVE, controller__isnull=False
    )
    return rows.select_related("utility", "controller").order_by("issued_at", "pk")


def _outgoing(target: Target | ValveTarget, *, supply_c: float | None) -> Outgoing:
    return Outgoing(
        utility=target.utility.slug,
        device=target.controller.identity if target.controller else "",
        command=target.command,
        issued_at=target.issued_at,
        expires_at=target.expires_at,
        secondary_supply_c=supply_c,
        valve_pct=target.valve_pct,
        reason=target.reason,
    )


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
