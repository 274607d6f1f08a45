"""What holds for notices where a person has chosen nothing, and what nobody can choose away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from accounts.enums import Channel, NoticeKind

# They wait for no morning and no digest: water and frost do damage meanwhile.
URGENT: Final = frozenset({NoticeKind.LEAK, NoticeKind.FROST})
# A caretaker is told of none of these.
ABOUT_MONEY: Final = frozenset({NoticeKind.BILL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """By which channels a kind is told, and the limit from which on; ``least`` to ``most`` may be chosen."""

    channels: frozenset[Channel]
    limit: float | None = None
    least: float = 0.0
    most: float = 0.0
    unit: str = ""
    # Whether lower values are the alarming ones.
    is_floor: bool = False

    def is_crossed(self, value: float | None, limit: float | None) -> bool:
        """Whether ``value`` is to be told of; what has no value always is."""
        held = self.limit if limit is None else limit
        if value is None or held is None:
            return True
        return value <= held if self.is_floor else value >= held


_BOTH: Final = frozenset({Channel.EMAIL, Channel.PUSH})
RULES: Final[dict[NoticeKind, Rule]] = {
    NoticeKind.LEAK: Rule(channels=frozenset(Channel), limit=20.0, least=5.0, most=500.0, unit="l/h"),
    NoticeKind.FROST: Rule(
        channels=frozenset(Channel), limit=8.0, least=3.0, most=14.0, unit="°C", is_floor=True
    ),
    NoticeKind.OUTAGE: Rule(channels=_BOTH),
    NoticeKind.BILL: Rule(channels=_BOTH),
    NoticeKind.USE: Rule(channels=_BOTH, limit=30.0, least=10.0, most=200.0, unit="%"),
    NoticeKind.COMFORT: Rule(channels=frozenset({Channel.PUSH})),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A person's quiet hours and the hour of their digest, on the clock of ``zone``."""

    zone: ZoneInfo
    quiet_from: int = 22
    quiet_to: int = 7
    digest: int | None = None

    def after_quiet(self, at: datetime) -> datetime:
        """``at``, or the end of the quiet hours it falls into."""
        local = at.astimezone(self.zone)
        if not self._is_quiet(local.hour):
            return at
        return self._next(local, self.quiet_to)

    def next_digest(self, at: datetime) -> datetime:
        """The next time the digest goes out; at once where there is none."""
        return at if self.digest is None else self._next(at.astimezone(self.zone), self.digest)

    def _is_quiet(self, hour: int) -> bool:
        if self.quiet_from <= self.quiet_to:
            return self.quiet_from <= hour < self.quiet_to
        return hour >= self.quiet_from or hour < self.quiet_to

    def _next(self, local: datetime, hour: int) -> datetime:
        day = local.date() if local.hour < hour else local.date() + timedelta(days=1)
        return datetime.combine(day, time(hour), tzinfo=self.zone)


def due(kind: NoticeKind, channel: Channel, *, at: datetime, hours: Hours) -> tuple[datetime, bool]:
    """When a notice of ``at`` leaves by ``channel``, and whether in the digest."""
    if kind in URGENT:
        return at, False
    if channel is Channel.EMAIL and hours.digest is not None:
        return hours.next_digest(at), True
    return hours.after_quiet(at), False
