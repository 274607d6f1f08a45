"""Exact conversion of the meter's watt-hours to the unit a price is made in."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Final

from billing.facts import Metered
from billing.terms import Unit

# 1 GJ = 1/3.6 MWh: no decimal number, so a fraction; the published rounded figures are never used.
WH_IN: Final = {
    Unit.KWH: Fraction(1_000),
    Unit.MWH: Fraction(1_000_000),
    Unit.GJ: Fraction(1_000_000_000, 3_600),
}
SYMBOLS: Final = {Unit.M2: "m²", Unit.M3: "m³", Unit.HOME: "×"}
LITRES_IN_M3: Final = 1_000


def energy_in(energy_wh: int, unit: Unit) -> Fraction:
    """``energy_wh`` in ``unit``, exactly."""
    return energy_wh / WH_IN[unit]


def as_decimal(exact: Fraction) -> Decimal:
    """A fraction whose decimal expansion ends, as that decimal; whole watt-hours in any unit do.

    Raises:
        ValueError: the expansion does not end.
    """
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    if Fraction(quotient) != exact:
        raise ValueError(f"{exact} has no finite decimal form.")
    return quotient


def metered_in(metered: Metered, unit: Unit) -> Decimal:
    """What the meters counted, in a unit of energy or in m³.

    Raises:
        ValueError: a meter tells no volume.
    """
    if unit is not Unit.M3:
        return as_decimal(energy_in(metered.energy_wh, unit))
    if metered.volume_l is None:
        raise ValueError("A meter tells no volume.")
    return as_decimal(Fraction(metered.volume_l, LITRES_IN_M3))


def decimal_texts(numbers: Iterable[int], scale: Fraction) -> list[str]:
    """Each number × ``scale`` as a decimal without trailing zeros; numbers are not below zero.

    Raises:
        ValueError: the expansion of ``scale`` does not end.
    """
    _sign, digits, exponent = as_decimal(scale).as_tuple()
    times, places = int("".join(map(str, digits))), -int(exponent)
    if places <= 0:
        return [str(number * times * 10**-places) for number in numbers]
    parts = (divmod(number * times, 10**places) for number in numbers)
    return [f"{whole}.{part:0{places}d}".rstrip("0") if part else str(whole) for whole, part in parts]
