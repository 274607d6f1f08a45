"""Degrees that count for a bonus or a surcharge: measured against a target, the neutral band aside."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from billing.facts import Incentive, Metered, Temperatures
from billing.rating.units import LITRES_IN_M3, energy_in
from billing.terms import DeadBand

Curve = Sequence[tuple[Decimal, Decimal]]


def cooling_c(metered: Metered, incentive: Incentive) -> Fraction | None:
    """How far the water was cooled, in °C; None where no water ran or nobody counted it."""
    if not metered.volume_l:
        return None
    volume_m3 = Fraction(metered.volume_l, LITRES_IN_M3)
    return energy_in(metered.energy_wh, incentive.unit) / volume_m3 * Fraction(incentive.factor)


def counted(incentive: Incentive, *, metered: Metered | None, temperatures: Temperatures | None) -> Fraction:
    """The degrees that count: above zero for a bonus, below for a surcharge, zero within the band."""
    if temperatures is not None:
        expected = on_curve(incentive.curve, temperatures.supply_c)
        return beyond(incentive, expected - Fraction(temperatures.return_c))
    cooled = None if metered is None else cooling_c(metered, incentive)
    return Fraction() if cooled is None else beyond(incentive, cooled - Fraction(incentive.target_c))


def beyond(incentive: Incentive, deviation_c: Fraction) -> Fraction:
    """What of a deviation counts; the band's edge itself is still neutral."""
    band = Fraction(incentive.band_c)
    if abs(deviation_c) <= band:
        return Fraction()
    if incentive.counts is DeadBand.WHOLE:
        return deviation_c
    return deviation_c - band if deviation_c > 0 else deviation_c + band


def on_curve(curve: Curve, supply_c: Decimal) -> Fraction:
    """The return expected at this supply.

    Raises:
        ValueError: the curve has no point.
    """
    points = sorted((Fraction(supply), Fraction(back)) for supply, back in curve)
    if not points:
        raise ValueError("A return temperature is expected of nobody: the curve has no point.")
    at = min(max(Fraction(supply_c), points[0][0]), points[-1][0])
    for (low, from_c), (high, to_c) in pairwise(points):
        if low <= at <= high:
            return from_c + (to_c - from_c) * (at - low) / (high - low)
    return points[0][1]
