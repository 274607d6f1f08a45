"""A station's own controller: obeys a valid target, and its stored curve when there is none."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from control.twin.layout import Curve

# After a target has expired its shift on the own curve fades out over this time, so nobody feels a step.
FADE: Final = timedelta(hours=24)
# A clock may be wrong by this much; a target from further ahead is not believed.
CLOCK_SLACK: Final = timedelta(minutes=5)


class BadTargetError(ValueError):
    """A target this station will not follow; the sentence goes back in the acknowledgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An order for the secondary supply, good until it expires."""

    command: str
    expires_at: datetime
    supply_c: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the station says to a target."""

    command: str
    state: str  # applied | rejected
    reason: str


def on_curve(curve: Curve, *, outdoor_c: float) -> float:
    """The supply the heating curve asks for, in °C, within the curve's limits."""
    need = max(curve.room_c - outdoor_c, 0.0) / (curve.room_c - curve.design_outdoor_c)
    lift_k = (curve.design_supply_c - curve.room_c) * math.pow(need, 1 / curve.exponent)
    supply = curve.room_c + lift_k + curve.shift_k
    return min(max(supply, curve.lowest_supply_c), curve.highest_supply_c)


def parse_target(payload: bytes, *, curve: Curve, now: datetime) -> Target:
    """Read and judge a ``target`` message.

    Raises:
        BadTargetError: it is unreadable, expired, from the future, or beyond what the station may send out.
    """
    try:
        body = json.loads(payload)
        command, supply_c = str(UUID(body["command"])), float(body["secondary_supply_c"])
        issued_at, expires_at = (datetime.fromisoformat(body[name]) for name in ("issued_at", "expires_at"))
        age = now - issued_at
        left = expires_at - now
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadTargetError(f"not a target: {error}") from error
    if left <= timedelta(0):
        raise BadTargetError(f"expired at {expires_at.isoformat()}")
    if age < -CLOCK_SLACK:
        raise BadTargetError(f"issued in the future, at {issued_at.isoformat()}")
    # A comparison with NaN is false, so it is refused here too.
    if not (math.isfinite(supply_c) and curve.lowest_supply_c <= supply_c <= curve.highest_supply_c):
        limits = f"{curve.lowest_supply_c:g} to {curve.highest_supply_c:g} °C"
        raise BadTargetError(f"{supply_c:g} °C is outside {limits}")
    return Target(command=command, expires_at=expires_at, supply_c=supply_c)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plc:
    """One station's controller: its curve, and the last target it accepted with that target's shift."""

    curve: Curve
    target: Target | None = None
    shift_k: float = 0.0

    def receive(self, payload: bytes, *, outdoor_c: float, now: datetime) -> tuple[Plc, Answer | None]:
        """The controller after a ``target`` message, and its answer; None where no command can be named."""
        try:
            target = parse_target(payload, curve=self.curve, now=now)
        except BadTargetError as error:
            return self, _refusal(payload, str(error))
        shift = target.supply_c - on_curve(self.curve, outdoor_c=outdoor_c)
        answer = Answer(command=target.command, state="applied", reason="")
        return replace(self, target=target, shift_k=shift), answer

    def setpoint_c(self, *, outdoor_c: float, now: datetime) -> float:
        """What the station aims at: the target while it holds, then the curve with a fading shift."""
        own = on_curve(self.curve, outdoor_c=outdoor_c)
        if self.target is None:
            return own
        if now < self.target.expires_at:
            return self.target.supply_c
        left = max(1.0 - (now - self.target.expires_at) / FADE, 0.0)
        return min(max(own + self.shift_k * left, self.curve.lowest_supply_c), self.curve.highest_supply_c)


def _refusal(payload: bytes, reason: str) -> Answer | None:
    try:
        command = str(UUID(json.loads(payload)["command"]))
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    return Answer(command=command, state="rejected", reason=reason)
