"""The rules, each a pure function of a series and its meter, and their order.

A rule answers which readings it applies to. What an earlier rule found unusable the later ones do not see,
so a placeholder is never taken for a decrease.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from metering.enums import Finding
from metering.validation import physics
from metering.validation.levels import levels
from metering.validation.series import Flags, Floats, Meter, Series

# The register of such a reading is taken as absent; all others are merely worth knowing.
UNUSABLE: Final = frozenset(
    {
        Finding.BAD_REGISTER,
        Finding.FUTURE,
        Finding.NOT_INSTALLED,
        Finding.CONFLICT,
        Finding.DIP,
        Finding.SPIKE,
        Finding.DECREASE,
        Finding.LEVEL,
        Finding.FROZEN,
        Finding.METER_ERROR,
    }
)
FUTURE_S: Final = 300
# An hour is a wrong zone or daylight saving; less is a telegram under way.
DRIFT_S: Final = 3000
# No zone is so far off: older readings were kept back and sent on.
BACKLOG_S: Final = 15 * 3600
FAST_S: Final = 60
# More than the heat of a city in a century: 1.8e21 and its kin.
ABSURD_WH: Final = 1e14

Rule: TypeAlias = Callable[[Series, Meter], Flags]


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules found, by finding; ``carry_wh`` is what a roll-over adds from its reading on."""

    flags: dict[Finding, Flags]
    carry_wh: dict[int, int]

    @property
    def unusable(self) -> Flags:
        """The readings whose register is to be taken as absent."""
        found: Flags = np.any([flags for finding, flags in self.flags.items() if finding in UNUSABLE], axis=0)
        return found


def future(series: Series, _meter: Meter) -> Flags:
    """Measured more than five minutes after it arrived."""
    return series.at_s > series.received_s + FUTURE_S


def not_installed(series: Series, meter: Meter) -> Flags:
    """Measured before the meter was hung up here or after it was taken down."""
    return (series.at_s < meter.installed_s) | (series.at_s > meter.removed_s)


def late(series: Series, _meter: Meter) -> Flags:
    """Arrived after a reading that was measured later."""
    soonest_after = np.minimum.accumulate(series.received_s[::-1])[::-1]
    found = np.zeros(len(series), dtype=np.bool_)
    found[:-1] = series.received_s[:-1] > soonest_after[1:]
    return found


def drift(series: Series, _meter: Meter) -> Flags:
    """The clock is off: the newest reading of each arrival is, in the median, too new or an hour too old."""
    if not len(series):
        return np.zeros(0, dtype=np.bool_)
    arrivals, place = np.unique(series.received_s, return_inverse=True)
    newest_s = np.full(len(arrivals), np.iinfo(np.int64).min)
    np.maximum.at(newest_s, place, series.at_s)
    lag_s = float(np.median(arrivals - newest_s))
    return np.full(len(series), lag_s < -FAST_S or DRIFT_S < lag_s < BACKLOG_S)


def duplicate(series: Series, _meter: Meter) -> Flags:
    """The same instant and register as the reading before."""
    return _repeated(series) & ~conflict(series, _meter)


def conflict(series: Series, _meter: Meter) -> Flags:
    """The same instant as the reading before, and another register."""
    found = _repeated(series)
    found[1:] &= _contradicts(series.energy_wh) | _contradicts(series.volume_l)
    return found


def bad_register(series: Series, _meter: Meter) -> Flags:
    """Negative, absurd, or the zero of a telegram in which all is zero."""
    wh = series.energy_wh
    blank = (series.supply_c == 0) & (series.return_c == 0)
    bad: Flags = (wh < 0) | (wh > ABSURD_WH) | ((wh == 0) & blank)
    return bad


def meter_error(series: Series, _meter: Meter) -> Flags:
    """The meter reports an error, or its hours in error went up since the last reading."""
    more = np.zeros(len(series), dtype=np.bool_)
    more[1:] = np.diff(series.error_h) > 0
    found: Flags = series.is_error | more
    return found


def frozen(series: Series, meter: Meter) -> Flags:
    """The register stood still though, by the power, its last digit should have moved twice.

    The first reading of a still stretch is right; those after it are flagged once enough heat has flowed.
    """
    if not len(series):
        return np.zeros(0, dtype=np.bool_)
    power_w = np.nan_to_num(np.minimum(series.power_w[1:], series.power_w[:-1]))
    # Across a gap the gauges at its ends say little of what flowed.
    hours = np.minimum(np.diff(series.at_s), physics.SHORT_S) / 3600
    flowed_wh = np.concatenate([[0.0], np.cumsum(np.clip(power_w, 0, meter.limit_w) * hours)])
    moved = np.concatenate([[True], np.diff(series.energy_wh) != 0])
    since = flowed_wh[np.maximum.accumulate(np.where(moved, np.arange(len(moved)), 0))]
    still: Flags = ~moved & (flowed_wh - since > 2 * meter.resolution_wh)
    return still


# By the clock and the telegram, on all readings; then by the register, on those that are left.
PLAIN: Final[dict[Finding, Rule]] = {
    Finding.FUTURE: future,
    Finding.NOT_INSTALLED: not_installed,
    Finding.LATE: late,
    Finding.DRIFT: drift,
    Finding.CONFLICT: conflict,
    Finding.DUPLICATE: duplicate,
    Finding.BAD_REGISTER: bad_register,
    Finding.METER_ERROR: meter_error,
    Finding.BAD_GAUGE: physics.bad_gauge,
}
PHYSICS: Final[dict[Finding, Rule]] = {
    Finding.OVERLOAD: physics.overload,
    Finding.POWER: physics.power_mismatch,
    Finding.REVERSED: physics.reversed_flow,
    Finding.ENERGY_STEP: physics.energy_step,
    Finding.VOLUME_STEP: physics.volume_step,
    Finding.TARGET: physics.target_mismatch,
}


def validate(series: Series, meter: Meter, *, anchored: bool = False) -> Findings:
    """All findings of a meter's neighbourhood.

    The first reading of an ``anchored`` series is known to be right: the register is judged from it on.
    """
    flags = {finding: rule(series, meter) for finding, rule in PLAIN.items()}
    flags |= {finding: np.zeros(len(series), dtype=np.bool_) for finding in Finding if finding not in flags}
    found = Findings(flags, {})
    places = _usable(series, found)
    walked = levels(
        at_s=series.at_s[places].tolist(),
        wh=series.energy_wh[places].tolist(),
        meter=meter,
        anchored=anchored and bool(len(places)) and places[0] == 0,
    )
    for n, finding in walked.findings.items():
        flags[finding][places[n]] = True
    found.carry_wh.update({int(places[n]): wh for n, wh in walked.carries_wh.items()})
    places = _usable(series, found)
    flags[Finding.FROZEN][places] = frozen(_only(series, places), meter)
    places = _usable(series, found)
    sound = physics.without_bad_gauges(_only(series, places))
    for finding, rule in PHYSICS.items():
        flags[finding][places] = rule(sound, meter)
    return found


def explain(finding: Finding, series: Series, n: int) -> str:
    """The figures behind a finding, for whoever works the queue."""
    shown = {
        "energy_wh": series.energy_wh,
        "power_w": series.power_w,
        "flow_l_h": series.flow_l_h,
        "supply_c": series.supply_c,
        "return_c": series.return_c,
    }
    said = [f"{name} {values[n]:.15g}" for name, values in shown.items() if not np.isnan(values[n])]
    if finding in {Finding.FUTURE, Finding.LATE, Finding.DRIFT}:
        said.insert(0, f"arrived {int(series.received_s[n] - series.at_s[n])} s after it was measured")
    elif n and not np.isnan(series.energy_wh[n - 1]):
        said.insert(0, f"energy_wh before {series.energy_wh[n - 1]:.15g}")
    return ", ".join(said)


def _usable(series: Series, found: Findings) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.flatnonzero(~found.unusable & ~np.isnan(series.energy_wh) & ~found.flags[Finding.DUPLICATE])


def _only(series: Series, places: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Series:
    return Series(**{name: getattr(series, name)[places] for name in Series.__slots__})


def _repeated(series: Series) -> Flags:
    found = np.zeros(len(series), dtype=np.bool_)
    found[1:] = np.diff(series.at_s) == 0
    return found


def _contradicts(values: Floats) -> Flags:
    found: Flags = (values[1:] != values[:-1]) & ~np.isnan(values[1:]) & ~np.isnan(values[:-1])
    return found
