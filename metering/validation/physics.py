"""What heat, water and temperatures say of each other; NaN compares false, so the unsaid is not judged."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from metering.validation.series import Flags, Floats, Meter, Series

# Water of a return pipe: 0.977 kg/l, 4190 J/(kg K). On a real meter the power was within -4.6 to +1.4 % of
# this (5 to 95 % of 5,221 readings above 10 kW), so a tenth is a fault and not the weather.
WATER_WH_PER_L_K: Final = 0.977 * 4190 / 3600
BAND: Final = 0.10
JUDGED_W: Final = 10_000.0
LOAD_W: Final = 1000.0

# Placeholders of sensors and protocols: open input, all bits set, no value.
BAD_TEMPERATURES_C: Final = (0.0, -39.9, 655.35, 6553.5, 65535.0)
COLDEST_C: Final = -30.0
HOTTEST_C: Final = 250.0
NO_FLOW_L_H: Final = 65535.0
ABSURD_W: Final = 1e9  # 8000001 kW and its kin
# Gauges are instants and steps are sums: only what no load curve between two gauges explains is a fault.
GENEROUS: Final = 2.0
SHORT_S: Final = 3 * 3600
SLACK_L: Final = 20.0
# A target-day value is compared only with readings close to that midnight.
NEAR_S: Final = 2 * 3600


def bad_temperature(values_c: Floats) -> Flags:
    """A placeholder, or what no pipe of a heat network has."""
    bad: Flags = np.isin(values_c, BAD_TEMPERATURES_C) | (values_c < COLDEST_C) | (values_c > HOTTEST_C)
    return bad


def bad_gauge(series: Series, _meter: Meter) -> Flags:
    """A temperature, power or flow that is a placeholder."""
    power = np.abs(series.power_w) >= ABSURD_W
    bad: Flags = (
        bad_temperature(series.supply_c)
        | bad_temperature(series.return_c)
        | power
        | (series.flow_l_h == NO_FLOW_L_H)
    )
    return bad


def without_bad_gauges(series: Series) -> Series:
    """The series with its placeholders taken for what they are: nothing said."""
    return replace(
        series,
        supply_c=np.where(bad_temperature(series.supply_c), np.nan, series.supply_c),
        return_c=np.where(bad_temperature(series.return_c), np.nan, series.return_c),
        power_w=np.where(np.abs(series.power_w) >= ABSURD_W, np.nan, series.power_w),
        flow_l_h=np.where(series.flow_l_h == NO_FLOW_L_H, np.nan, series.flow_l_h),
    )


def overload(series: Series, meter: Meter) -> Flags:
    """More power than a meter of this size is built for."""
    return series.power_w > meter.limit_w


def power_mismatch(series: Series, _meter: Meter) -> Flags:
    """Above 10 kW, power more than a tenth off what flow and temperature difference carry."""
    carried_w = series.flow_l_h * WATER_WH_PER_L_K * (series.supply_c - series.return_c)
    return (series.power_w > JUDGED_W) & (np.abs(series.power_w - carried_w) > BAND * series.power_w)


def reversed_flow(series: Series, _meter: Meter) -> Flags:
    """The return is hotter than the supply while heat is counted; idle pipes may be."""
    return (series.return_c > series.supply_c) & (series.power_w > LOAD_W)


def energy_step(series: Series, meter: Meter) -> Flags:
    """A step of the register that no power between its two gauges explains, within three hours."""
    return _unexplained(
        step=_step(series.energy_wh), rate=series.power_w, at_s=series.at_s, slack=2 * meter.resolution_wh
    )


def volume_step(series: Series, _meter: Meter) -> Flags:
    """A step of the volume that no flow between its two gauges explains, within three hours."""
    return _unexplained(step=_step(series.volume_l), rate=series.flow_l_h, at_s=series.at_s, slack=SLACK_L)


def target_mismatch(series: Series, meter: Meter) -> Flags:
    """The register the meter froze on its target day is not what we read around that midnight."""
    if not len(series):
        return np.zeros(0, dtype=np.bool_)
    after = np.searchsorted(series.at_s, series.target_s)
    inside = (after > 0) & (after < len(series))
    after = np.clip(after, 1, len(series) - 1) if len(series) > 1 else np.zeros_like(after)
    low, high = series.energy_wh[after - 1], series.energy_wh[after]
    near = series.at_s[after] - series.at_s[after - 1] <= NEAR_S
    outside = (series.target_wh < low - meter.resolution_wh) | (series.target_wh > high + meter.resolution_wh)
    return inside & near & outside


def _step(register: Floats) -> Floats:
    return np.concatenate([np.full(min(1, len(register)), np.nan), np.diff(register)])


def _unexplained(
    *, step: Floats, rate: Floats, at_s: np.ndarray[tuple[int], np.dtype[np.int64]], slack: float
) -> Flags:
    found = np.zeros(len(step), dtype=np.bool_)
    seconds = np.diff(at_s)
    hours = seconds / 3600
    most = np.maximum(rate[1:], rate[:-1]) * hours * GENEROUS + slack
    least = np.minimum(rate[1:], rate[:-1]) * hours / GENEROUS - slack
    found[1:] = (seconds <= SHORT_S) & ((step[1:] > most) | (step[1:] < least))
    return found
