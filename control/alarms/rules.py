"""What is held against the plant when a utility has set nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

CRITICAL, MAJOR, MINOR = "critical", "major", "minor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind of alarm.

    ``threshold`` is in the unit of the kind; it must be exceeded for ``on_delay`` to raise, and be kept by
    ``hysteresis`` for ``off_delay`` to clear. Unacknowledged for ``escalate_after``, it goes further up.
    """

    severity: str
    threshold: float
    hysteresis: float = 0.0
    on_delay: timedelta = timedelta(minutes=5)
    off_delay: timedelta = timedelta(minutes=5)
    escalate_after: timedelta = timedelta(hours=2)
    is_enabled: bool = True


_HALF_HOUR: Final = timedelta(minutes=30)
RULES: Final[dict[str, Rule]] = {
    # Minutes since the controller's last word.
    "silent_station": Rule(severity=MAJOR, threshold=15, on_delay=timedelta(0)),
    # Minutes since the broker's last will.
    "gateway_off": Rule(severity=MINOR, threshold=30, on_delay=timedelta(0)),
    # Kelvins between water and target.
    "supply_low": Rule(severity=MAJOR, threshold=5, hysteresis=1, on_delay=_HALF_HOUR),
    "supply_high": Rule(severity=MAJOR, threshold=5, hysteresis=1, on_delay=_HALF_HOUR),
    # Litres an hour, while it is colder than `conditions.COLD_C` outdoors.
    "no_flow": Rule(
        severity=CRITICAL,
        threshold=50,
        hysteresis=50,
        on_delay=timedelta(minutes=10),
        escalate_after=_HALF_HOUR,
    ),
    # Degrees of the return.
    "frost": Rule(
        severity=CRITICAL,
        threshold=15,
        hysteresis=2,
        on_delay=timedelta(minutes=10),
        escalate_after=_HALF_HOUR,
    ),
    # Litres an hour for good; filling after works is shorter.
    "make_up": Rule(severity=MAJOR, threshold=500, hysteresis=100, on_delay=timedelta(hours=1)),
    # Kilopascals lost within an hour.
    "leak": Rule(severity=CRITICAL, threshold=40, hysteresis=20, escalate_after=_HALF_HOUR),
    # The limits themselves are the registry's: major outside of its alarms, minor of its warnings.
    "limit": Rule(severity=MAJOR, threshold=0),
    "station": Rule(severity=MAJOR, threshold=0, on_delay=timedelta(minutes=1)),
    "refused": Rule(severity=MAJOR, threshold=0, on_delay=timedelta(0)),
    # Share of a building's meters without a reading for a day, in percent.
    "meters_silent": Rule(severity=MINOR, threshold=20, hysteresis=5, on_delay=timedelta(0)),
    # Meters of a building with an open finding that makes their register unusable.
    "meter_faults": Rule(severity=MINOR, threshold=0, on_delay=timedelta(0)),
    # Records of the last week that ended as nothing.
    "unaccounted": Rule(severity=MAJOR, threshold=0, on_delay=timedelta(0)),
}
