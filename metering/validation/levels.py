"""Decreases and jumps of a register: dip, spike, roll-over, another level; told apart by what comes after.

A walk rather than array arithmetic: what a reading means depends on the last one that was believed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
# A wrong stretch is looked across this far; a chattering register would otherwise cost its square.
LOOKED_AHEAD: Final = 5000


@dataclass(frozen=True, slots=True)
class Levels:
    """What the walk found: by place in the walk, and what a roll-over adds from its place on."""

    findings: dict[int, Finding] = field(default_factory=dict)
    carries_wh: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Register:
    """A register's readings in one place, ascending in time, and what can follow what."""

    at_s: Sequence[int]
    wh: Sequence[float]
    meter: Meter

    def __len__(self) -> int:
        """How many readings."""
        return len(self.wh)

    def follows(self, j: int, i: int) -> bool:
        """Whether reading ``j`` can come after reading ``i`` on one register."""
        rise = self.wh[j] - self.wh[i]
        return 0 <= rise <= self.meter.reach_wh(self.at_s[j] - self.at_s[i])

    def rolled(self, j: int, i: int) -> int | None:
        """The modulus at which the register rolled over from ``i`` to ``j``."""
        if self.wh[j] >= self.wh[i]:
            return None
        reach_wh = self.meter.reach_wh(self.at_s[j] - self.at_s[i])
        moduli = (self.meter.modulus_wh,) if self.meter.modulus_wh else MODULI_WH
        fitting = (m for m in moduli if NEARLY_FULL * m < self.wh[i] <= m)
        modulus = next((m for m in fitting if self.wh[j] + m - self.wh[i] <= min(reach_wh, ROLLED * m)), None)
        # What comes back to the old register was a dip, even beside the modulus.
        return modulus if modulus and self.recovery(j, i) is None else None

    def goes_on(self, j: int, i: int) -> bool:
        """Whether ``j`` comes after ``i``, be it past the modulus."""
        return self.follows(j, i) or self.rolled(j, i) is not None

    def recovery(self, k: int, base: int) -> int | None:
        """The first reading from ``k`` on that continues ``base`` rather than the wrong level before it.

        Out of a dip the register may climb by itself; from a level that is too high it has to come down, or
        time alone would explain any jump.
        """
        may_climb_s = RECOVERY_S if self.wh[k] < self.wh[base] else -1
        for j in range(k + 1, min(len(self), k + LOOKED_AHEAD)):
            if self.follows(j, base) and (
                self.at_s[j] - self.at_s[k] <= may_climb_s or not self.follows(j, j - 1)
            ):
                return j
        return None

    def steady(self, k: int, *, enough: int = STEADY) -> bool:
        """Whether the readings after ``k`` go on from it, ``enough`` of them with itself."""
        last = k + enough - 1
        return last < len(self) and all(self.follows(j + 1, j) for j in range(k, last))


@dataclass(slots=True)
class _Walk:
    """The state: the readings believed so far, and the level nobody has explained, if we are on one."""

    register: Register
    accepted: Collection[int]
    rolled: Mapping[int, int]
    found: Levels = field(default_factory=Levels)
    believed: list[int] = field(default_factory=list)
    lost: int | None = None  # the last reading on that level
    lost_from: int = 0
    is_level: bool = False

    def begin(self, known: Sequence[Finding | None]) -> int:
        """Take over what was known before the walk; the first place to judge."""
        for n, finding in enumerate(known):
            if finding is None:
                self.believe(n)
            else:
                self.lost = self.lost_from = n
                self.is_level = finding == Finding.LEVEL
        if known or 0 in self.accepted or 0 in self.rolled:
            return len(known)
        self.believe(_first(self.register, self.found))
        return self.believed[0] + 1

    def believe(self, k: int) -> None:
        self.believed.append(k)
        self.lost = None

    def step(self, k: int) -> int:
        """Judge reading ``k``, and with it those up to the place that is answered."""
        if k in self.accepted or k in self.rolled:
            self._obey(k)
            return k + 1
        if self.lost is not None:
            self._off_the_register(k, self.lost)
            return k + 1
        base = self.believed[-1]
        if not self.register.goes_on(k, base):
            return self._broken(k, base)
        if (modulus := self.register.rolled(k, base)) is not None:
            self.found.findings[k], self.found.carries_wh[k] = Finding.ROLLOVER, modulus
        self.believe(k)
        return k + 1

    def _obey(self, k: int) -> None:
        """Believe what a person has decided to believe."""
        if k in self.rolled:
            self.found.findings[k], self.found.carries_wh[k] = Finding.ROLLOVER, self.rolled[k]
        self.believe(k)

    def _broken(self, k: int, base: int) -> int:
        """Judge a reading that does not go on from the last one believed."""
        register, findings = self.register, self.found.findings
        back = register.recovery(k, base)
        if back is not None and any(k < n < back for n in (*self.accepted, *self.rolled)):
            back = None
        high = self._too_high(k)
        # Whichever explanation calls fewer readings wrong.
        if high and (back is None or high < back - k):
            for n in self.believed[-high:]:
                findings[n] = Finding.SPIKE
                self.found.carries_wh.pop(n, None)
            del self.believed[-high:]
            self.believe(k)
            return k + 1
        if back is not None:
            wrong = Finding.DIP if register.wh[k] < register.wh[base] else Finding.SPIKE
            findings.update(dict.fromkeys(range(k, back), wrong))
            return back
        self._lose(k)
        return k + 1

    def _too_high(self, k: int) -> int:
        """How many readings before a fall were too high: those after it continue the one before them."""
        for high in range(1, len(self.believed)):
            first, base = self.believed[-high], self.believed[-high - 1]
            if first in self.accepted or self.register.at_s[k] - self.register.at_s[first] > RECOVERY_S:
                return 0
            if self.register.follows(k, base):
                return high if self.register.steady(k, enough=max(STEADY, high)) else 0
        return 0

    def _off_the_register(self, k: int, lost: int) -> None:
        """Judge a reading while the register is on a level nobody has explained.

        However long that lasts, what goes on from the wrong level is never believed, even where the old
        register could have come so far by now.
        """
        on_it = self.register.goes_on(k, lost)
        if not on_it and self.believed and self.register.follows(k, self.believed[-1]):
            # One reading does not end a level that stood; one that was never confirmed ends with it.
            if not self.is_level or self.register.steady(k):
                self.believe(k)
                return
            self.found.findings[k] = Finding.DECREASE
            return
        if on_it:
            self.lost = k
        elif self.register.steady(k):
            self._lose(k)
        self.is_level = self.is_level or self.register.steady(self.lost_from)
        self.found.findings[k] = Finding.LEVEL if self.is_level else Finding.DECREASE

    def _lose(self, k: int) -> None:
        self.lost = self.lost_from = k
        self.is_level = self.register.steady(k)
        self.found.findings[k] = Finding.LEVEL if self.is_level else Finding.DECREASE


def levels(
    register: Register,
    *,
    known: Sequence[Finding | None] = (),
    accepted: Collection[int] = (),
    rolled: Mapping[int, int] | None = None,
) -> Levels:
    """Find the readings that do not lie on the meter's register; all others ascend within its size.

    Of zeros before a register that was long running it is the zeros that are wrong. A fall or a jump that
    stays is another level (``LEVEL``, unusable until somebody explains it), one too fresh to tell is
    ``DECREASE``. Neither is ever believed because enough time has passed.

    ``known`` says of the first readings what stood before: None is right, ``LEVEL`` or ``DECREASE`` lies on
    a level nobody has explained; they are not judged again. A person has ``accepted`` some places, and at
    others declared that the register ``rolled`` over at a modulus in Wh.
    """
    walk = _Walk(register, accepted, rolled or {})
    k = walk.begin(known) if len(register) else 0
    while k < len(register):
        k = walk.step(k)
    return walk.found


def continues(meter: Meter, *, seconds: int, before_wh: int, after_wh: int) -> int | None:
    """What a roll-over adds where a register went from one value to the other, 0 if there was none.

    None where it cannot have gone there.
    """
    register = Register([0, seconds], [before_wh, after_wh], meter)
    return 0 if register.follows(1, 0) else register.rolled(1, 0)


def on_register(meter: Meter, *, at_s: Sequence[int], wh: Sequence[float]) -> list[bool]:
    """Which readings lie on the register of the first, which is known to be right."""
    findings = levels(Register(at_s, wh, meter), known=[None]).findings
    return [findings.get(n, Finding.ROLLOVER) == Finding.ROLLOVER for n in range(len(wh))]


def _first(register: Register, found: Levels) -> int:
    """The first reading to believe: what comes before a jump from zero, or stands alone, is wrong."""
    count = len(register)
    zeros = next((n for n, wh in enumerate(register.wh) if wh > 0), count)
    if 0 < zeros < count and not register.follows(zeros, zeros - 1):
        found.findings.update(dict.fromkeys(range(zeros), Finding.BAD_REGISTER))
        return zeros
    if count > STEADY and not register.follows(1, 0) and not register.rolled(1, 0) and register.steady(1):
        # Where the first readings disagree, the steady ones are believed.
        alone = register.recovery(1, 0) is None
        if alone and register.wh[0] > register.wh[1]:
            found.findings[0] = Finding.SPIKE
            return 1
    return 0
