"""Plain readings: of many meters at once, those in which no rule can find anything, by arrays alone.

The rules look at a neighbourhood because what a broken register means depends on what is around it. Where
each reading goes on from the one before it, nothing depends on anything: if all readings of a neighbourhood
are plain, `validate` has no finding in it. The reverse does not hold; what is not plain may still be well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from metering.validation import physics, rules
from metering.validation.series import Flags, Floats, Ints, Meter, Series

# With the finest last digit a register is taken to have: what is well by it is well by any coarser one.
FINEST = Meter()


def is_plain(series: Series, *, begins: Flags, limit_w: Floats, is_hung: Flags) -> Flags:
    """For each reading whether it is well by itself and goes on from the reading before it.

    ``series`` holds the readings of many meters, one meter after the other; ``begins`` marks the first of
    each, of which nothing before it is known. ``limit_w`` is the power its meter can take, ``is_hung``
    whether it hung anywhere then.
    """
    if not len(series):
        return np.zeros(0, dtype=np.bool_)
    plain = is_hung & _well(series) & ~(series.power_w > limit_w)
    plain[1:] &= begins[1:] | (_in_time(series) & _goes_on(series, limit_w[1:]))
    plain &= _on_time(series, begins)
    plain &= ~_stands_under_load(series, begins=begins, limit_w=limit_w)
    # A target day still to come will be compared with readings that are not there yet.
    return plain & (np.isnan(series.target_wh) | (series.target_s < series.at_s))


def is_all_plain(series: Series, meter: Meter) -> bool:
    """Whether a whole neighbourhood in which `validate` found nothing is plain."""
    begins = np.arange(len(series)) == 0
    # A target day with readings after it was compared with those around it, and they stay what they are.
    before_s = np.concatenate([series.at_s[:1], series.at_s[:-1]])
    looked_at = replace(series, target_wh=np.where(series.target_s < before_s, np.nan, series.target_wh))
    limit_w = np.full(len(series), meter.limit_w)
    plain = is_plain(looked_at, begins=begins, limit_w=limit_w, is_hung=hung(series.at_s, begins, [meter]))
    return bool(np.all(plain))


def hung(at_s: Ints, begins: Flags, meters: Sequence[Meter]) -> Flags:
    """For each reading whether its meter hung anywhere; ``meters`` one for each place that ``begins``."""
    owner = np.cumsum(begins) - 1
    found = np.zeros(len(at_s), dtype=np.bool_)
    # As many rounds as the meter that was moved most often has places.
    for turn in range(max((len(meter.hung_s) for meter in meters), default=0)):
        nowhere = (1, 0)
        spans = [meter.hung_s[turn] if turn < len(meter.hung_s) else nowhere for meter in meters]
        starts_s, ends_s = np.array(spans, dtype=np.int64).T
        found |= (at_s >= starts_s[owner]) & (at_s <= ends_s[owner])
    return found


def _well(series: Series) -> Flags:
    """By itself: a register, nothing doubted, no placeholder, and the physics of its gauges."""
    doubted = series.is_error | series.is_gauge_error | np.isnan(series.energy_wh)
    doubted |= rules.future(series, FINEST) | rules.bad_register(series, FINEST)
    doubted |= physics.bad_gauge(series, FINEST) | physics.power_mismatch(series, FINEST)
    return ~(doubted | physics.reversed_flow(series, FINEST))


def _in_time(series: Series) -> Flags:
    """Of the second reading on: measured and arrived after the one before it."""
    found: Flags = (np.diff(series.at_s) > 0) & (np.diff(series.received_s) >= 0)
    return found


def _on_time(series: Series, begins: Flags) -> Flags:
    """The newest of each arrival is as old as a clock that is right makes it."""
    lag_s = series.received_s - series.at_s
    newest = np.append(begins[1:] | (np.diff(series.received_s) != 0), True)
    found: Flags = ~newest | ((lag_s >= -rules.FAST_S) & (lag_s <= rules.DRIFT_S))
    return found


def _goes_on(series: Series, limit_w: Floats) -> Flags:
    """Of the second reading on: register, counters and target day go on from the reading before."""
    hours = np.diff(series.at_s) / 3600
    rise_wh = np.diff(series.energy_wh)
    goes_on = (rise_wh >= 0) & (rise_wh <= limit_w * (hours + 1))
    steps = physics.energy_step(series, FINEST) | physics.volume_step(series, FINEST)
    goes_on &= ~steps[1:]
    error_h, target_wh, target_s = series.error_h, series.target_wh, series.target_s
    # Hours in error are compared with the last ones told, which may be further back.
    goes_on &= np.isnan(error_h[1:]) | (error_h[1:] <= error_h[:-1])
    same_target = (target_wh[1:] == target_wh[:-1]) & (target_s[1:] == target_s[:-1])
    goes_on &= np.isnan(target_wh[1:]) | (same_target & (target_s[1:] < series.at_s[:-1]))
    return goes_on


def _stands_under_load(series: Series, *, begins: Flags, limit_w: Floats) -> Flags:
    """The register stands, though more flowed than its last digit hides, or nobody knows how much."""
    power_w = np.nan_to_num(np.minimum(series.power_w[1:], series.power_w[:-1]))
    hours = np.minimum(np.diff(series.at_s), physics.SHORT_S) / 3600
    wh = np.clip(power_w, 0, limit_w[1:]) * hours
    moved = begins.copy()
    moved[1:] |= np.diff(series.energy_wh) != 0
    passed_wh = np.concatenate([[0.0], np.cumsum(np.where(moved[1:], 0.0, wh))])
    began = np.maximum.accumulate(np.where(moved, np.arange(len(moved)), 0))
    flowed_wh = passed_wh - passed_wh[began]
    found: Flags = (flowed_wh > 0) & (begins[began] | (flowed_wh > 2 * FINEST.resolution_wh))
    return found
