"""Decreases and jumps of a register: dip, spike, roll-over, another level; told apart by what comes after.

A walk rather than array arithmetic: what a reading means depends on the last one that was believed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from metering.enums import Finding
from metering.validation.series import Meter

# A register that falls a little and climbs back by itself within this time had a dip, not an exchange.
RECOVERY_S: Final = 2 * 86_400
# So many readings in a row that agree with each other are a level of their own.
STEADY: Final = 3
# Registers roll over at a power of ten of what they show: kWh, MWh or GJ, with five to nine digits.
MODULI_WH: Final = (
    *(10**n for n in range(8, 14)),
    *(round(10**n * 1e9 / 3600) for n in range(3, 9)),
)
NEARLY_FULL: Final = 0.95
ROLLED: Final = 0.1  # of the modulus, the most that one step may go round


@dataclass(frozen=True, slots=True)
class Levels:
    """What the walk found: by place in the walk, and what a roll-over adds from its place on."""

    findings: dict[int, Finding] = field(default_factory=dict)
    carries_wh: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Walk:
    at_s: list[int]
    wh: list[float]
    meter: Meter

    def follows(self, j: int, i: int) -> bool:
        """Whether reading ``j`` can come after reading ``i`` on one register."""
        rise = self.wh[j] - self.wh[i]
        return 0 <= rise <= self.meter.reach_wh(self.at_s[j] - self.at_s[i])

    def rolled(self, j: int, i: int) -> int | None:
        """The modulus at which the register rolled over from ``i`` to ``j``."""
        if self.wh[j] >= self.wh[i]:
            return None
        reach_wh = self.meter.reach_wh(self.at_s[j] - self.at_s[i])
        fitting = (m for m in MODULI_WH if NEARLY_FULL * m < self.wh[i] <= m)
        modulus = next((m for m in fitting if self.wh[j] + m - self.wh[i] <= min(reach_wh, ROLLED * m)), None)
        # What comes back to the old register was a dip, even beside the modulus.
        return modulus if modulus and self.recovery(j, i) is None else None

    def goes_on(self, j: int, i: int) -> bool:
        """Whether ``j`` comes after ``i``, be it past the modulus."""
        return self.follows(j, i) or self.rolled(j, i) is not None

    def recovery(self, k: int, base: int) -> int | None:
        """The first reading from ``k`` on that continues ``base`` rather than the wrong level before it."""
        for j in range(k + 1, len(self.wh)):
            if self.follows(j, base) and (
                self.at_s[j] - self.at_s[k] <= RECOVERY_S or not self.follows(j, j - 1)
            ):
                return j
        return None

    def is_steady(self, k: int) -> bool:
        """Whether the readings after ``k`` go on from it."""
        last = k + STEADY - 1
        return last < len(self.wh) and all(self.follows(j + 1, j) for j in range(k, last))


def levels(*, at_s: list[int], wh: list[float], meter: Meter, anchored: bool = False) -> Levels:
    """Find the readings that do not lie on the meter's register; all others ascend within its size.

    Of zeros before a register that was long running it is the zeros that are wrong. A fall or a jump that
    stays is another level (``LEVEL``, unusable until somebody records the exchange), one too fresh to tell
    is ``DECREASE``. The first reading of an ``anchored`` walk is known to be right.
    """
    found = Levels()
    walk = _Walk(at_s, wh, meter)
    base = 0 if anchored else _first(walk, found)
    lost = False  # on a level that nobody has explained
    k = base + 1
    while k < len(wh):
        back = walk.recovery(k, base) if not walk.goes_on(k, base) else None
        if back is None:
            base, lost = _judge(walk, found, k=k, base=base, lost=lost)
            k += 1
        else:
            for n in range(k, back):
                found.findings[n] = Finding.DIP if wh[n] < wh[base] else Finding.SPIKE
            k = back
    return found


def _judge(walk: _Walk, found: Levels, *, k: int, base: int, lost: bool) -> tuple[int, bool]:
    """Judge a reading that no later one contradicts: what to go on from, and whether on a lost level."""
    goes_on = walk.goes_on(k, base)
    steady = goes_on or walk.is_steady(k)
    lost = lost or (steady and not goes_on)
    modulus = walk.rolled(k, base)
    if lost or not goes_on:
        found.findings[k] = Finding.LEVEL if lost else Finding.DECREASE
    elif modulus is not None:
        found.findings[k], found.carries_wh[k] = Finding.ROLLOVER, modulus
    return (k if steady else base), lost


def _first(walk: _Walk, found: Levels) -> int:
    """The first reading to believe: what comes before a jump from zero, or stands alone, is wrong."""
    count = len(walk.wh)
    zeros = next((n for n, wh in enumerate(walk.wh) if wh > 0), count)
    if 0 < zeros < count and not walk.follows(zeros, zeros - 1):
        found.findings.update(dict.fromkeys(range(zeros), Finding.BAD_REGISTER))
        return zeros
    if count > STEADY and not walk.follows(1, 0) and not walk.rolled(1, 0) and walk.is_steady(1):
        # Where the first readings disagree, the steady ones are believed.
        alone = walk.recovery(1, 0) is None
        if alone and walk.wh[0] > walk.wh[1]:
            found.findings[0] = Finding.SPIKE
            return 1
    return 0
