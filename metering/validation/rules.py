"""The rules, each a pure function of a series and its meter, and their order.

A rule answers which readings it applies to. What an earlier rule found unusable the later ones do not see,
so a placeholder is never taken for a decrease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import numpy as np

from metering.enums import Finding
from metering.validation import physics
from metering.validation.levels import Register, levels
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
        Finding.REJECTED,
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
    """Measured while the meter hung nowhere."""
    hung = [(series.at_s >= start_s) & (series.at_s <= end_s) for start_s, end_s in meter.hung_s]
    found: Flags = ~np.any(hung, axis=0)
    return found


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
    """The meter doubts its energy, or its hours in error went up since the last time it told them."""
    found = series.is_error.copy()
    told = np.flatnonzero(~np.isnan(series.error_h))
    found[told[1:]] |= np.diff(series.error_h[told]) > 0
    return found


def gauge_error(series: Series, _meter: Meter) -> Flags:
    """The meter doubts something other than its energy."""
    return series.is_gauge_error & ~series.is_error


def frozen(series: Series, meter: Meter, *, known: Flags | None = None) -> Flags:
    """The register stood still though, by the power, its last digit should have moved twice.

    The first reading of a still stretch is right; those after it are flagged once enough heat has flowed.
    Readings ``known`` to be frozen carry that on for as long as the register stands where it stood.
    """
    if not len(series):
        return np.zeros(0, dtype=np.bool_)
    power_w = np.nan_to_num(np.minimum(series.power_w[1:], series.power_w[:-1]))
    # Across a gap the gauges at its ends say little of what flowed.
    hours = np.minimum(np.diff(series.at_s), physics.SHORT_S) / 3600
    flowed_wh = np.concatenate([[0.0], np.cumsum(np.clip(power_w, 0, meter.limit_w) * hours)])
    moved = np.concatenate([[True], np.diff(series.energy_wh) != 0])
    place = np.arange(len(moved))
    began = np.maximum.accumulate(np.where(moved, place, 0))
    still: Flags = ~moved & (flowed_wh - flowed_wh[began] > 2 * meter.resolution_wh)
    if known is not None:
        last_known = np.maximum.accumulate(np.where(known, place, -1))
        still |= ~moved & (last_known >= began)
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
    Finding.GAUGE_ERROR: gauge_error,
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


@dataclass(frozen=True, slots=True)
class Known:
    """What is known before the rules are asked, by place in the series.

    ``before`` says of the first readings what stands of them: None is right, ``LEVEL``, ``DECREASE`` or
    ``FROZEN`` is not; they carry that into the series and are not judged again. The rest is what people
    decided: ``accepted`` is right whatever the rules say, ``rejected`` is not, and where ``rolled`` the
    register went round a modulus in Wh.
    """

    before: Sequence[Finding | None] = ()
    accepted: frozenset[int] = frozenset()
    rejected: frozenset[int] = frozenset()
    rolled: Mapping[int, int] = field(default_factory=dict)


NOTHING_KNOWN: Final = Known()


def validate(series: Series, meter: Meter, *, known: Known = NOTHING_KNOWN) -> Findings:
    """All findings of a meter's neighbourhood, those of what is ``known`` before it left out."""
    flags = {finding: rule(series, meter) for finding, rule in PLAIN.items()}
    flags |= {finding: np.zeros(len(series), dtype=np.bool_) for finding in Finding if finding not in flags}
    found = Findings(flags, {})
    _obey(found, known)
    _follow(series, meter, found=found, known=known)
    places = _usable(series, found)
    stands = {n for n, finding in enumerate(known.before) if finding == Finding.FROZEN}
    places = np.union1d(places, np.array(sorted(stands), dtype=np.intp)).astype(np.intp)
    was = np.isin(places, sorted(stands))
    still = frozen(_only(series, places), meter, known=was)
    flags[Finding.FROZEN][places] = still & ~np.isin(places, sorted(known.accepted))
    places = _usable(series, found)
    sound = physics.without_bad_gauges(_only(series, places))
    for finding, rule in PHYSICS.items():
        flags[finding][places] = rule(sound, meter)
        flags[finding][sorted(known.accepted)] = False
    for finding in flags:
        flags[finding][: len(known.before)] = False
    return found


def _obey(found: Findings, known: Known) -> None:
    """Put what people decided over what the rules found."""
    right = [n for n, finding in enumerate(known.before) if finding is None]
    for n in (*known.accepted, *known.rolled, *known.rejected, *right):
        for flags in found.flags.values():
            flags[n] = False
    for n in known.rejected:
        found.flags[Finding.REJECTED][n] = True
    # Not part of the register until their own rule is asked.
    for n, stands in enumerate(known.before):
        if stands is not None:
            found.flags[stands][n] = True


def _follow(series: Series, meter: Meter, *, found: Findings, known: Known) -> None:
    """Follow the register through each of the times the meter hung."""
    lost = [n for n, finding in enumerate(known.before) if finding in {Finding.LEVEL, Finding.DECREASE}]
    for start_s, end_s in meter.hung_s:
        places = np.union1d(_usable(series, found), np.array(lost, dtype=np.intp)).astype(np.intp)
        places = places[(series.at_s[places] >= start_s) & (series.at_s[places] <= end_s)]
        if not len(places):
            continue
        where = {int(n): place for place, n in enumerate(places)}
        walked = levels(
            Register(series.at_s[places].tolist(), series.energy_wh[places].tolist(), meter),
            known=[known.before[n] for n in places.tolist() if n < len(known.before)],
            accepted=frozenset(where[n] for n in known.accepted if n in where),
            rolled={where[n]: modulus for n, modulus in known.rolled.items() if n in where},
        )
        for place, finding in walked.findings.items():
            found.flags[finding][places[place]] = True
        found.carry_wh.update({int(places[place]): wh for place, wh in walked.carries_wh.items()})


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
