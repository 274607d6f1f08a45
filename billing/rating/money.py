"""The one rounding and the one splitting function for money; `docs/billing.md` explains them with figures."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor, lcm
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from billing.terms import Rounding

HALF: Final = Fraction(1, 2)
# Whole numbers: int64 where they fit, Python's own where not; the operators are the same.
Integers: TypeAlias = NDArray[Any]
# Twice this still fits into 64 bits, and rounding doubles a remainder.
LARGEST: Final = 2**62 - 1


class NothingToSplitByError(ValueError):
    """An amount can be split only by weights that are not negative and not all zero."""


def round_minor(exact: Fraction, mode: Rounding) -> int:
    """``exact`` minor units as a whole number of them, as ``mode`` says."""
    # On the magnitude, so that a credit rounds exactly as its charge did.
    whole = floor(abs(exact))
    rest = abs(exact) - whole
    if _goes_up(rest, mode, is_odd=bool(whole % 2)):
        whole += 1
    return whole if exact >= 0 else -whole


def round_all(numbers: Integers, scale: Fraction, offset: Fraction, mode: Rounding) -> Integers:
    """``round_minor(number * scale + offset)`` of every number at once, just as exact."""
    ratio, constant = scale.as_integer_ratio(), offset.as_integer_ratio()
    below = lcm(ratio[1], constant[1])
    times, plus = ratio[0] * (below // ratio[1]), constant[0] * (below // constant[1])
    largest = int(np.abs(numbers).max(initial=0)) * abs(times) + abs(plus)
    if max(largest, below, abs(times)) > LARGEST:
        numbers = numbers.astype(object)  # Python's own, as long as they have to be
    exact = numbers * times + plus
    whole = np.abs(exact) // below
    rest = np.abs(exact) - whole * below
    rounded = whole + _go_up(whole, rest, below, mode)
    signed: Integers = np.where(exact < 0, -rounded, rounded)
    return signed


def _go_up(whole: Integers, rest: Integers, below: int, mode: Rounding) -> Integers:
    up: Integers
    if mode in {Rounding.UP, Rounding.DOWN}:
        up = (rest > 0) & (mode is Rounding.UP)
    else:
        halves = {Rounding.HALF_UP: True, Rounding.HALF_EVEN: whole % 2 == 1}.get(mode, False)
        up = (2 * rest > below) | ((2 * rest == below) & halves)
    return up


def _goes_up(rest: Fraction, mode: Rounding, *, is_odd: bool) -> bool:
    if mode is Rounding.UP:
        return rest > 0
    if mode is Rounding.DOWN:
        return False
    if rest != HALF:
        return rest > HALF
    return mode is Rounding.HALF_UP or (mode is Rounding.HALF_EVEN and is_odd)


def split(whole_minor: int, weights: Sequence[Fraction | int]) -> list[int]:
    """``whole_minor`` in parts that sum to it exactly, in proportion to ``weights``, by largest remainder.

    No part differs from its exact share by a whole unit. Equal remainders go to the earlier part,
    so the same call always gives the same parts.

    Raises:
        NothingToSplitByError: there are no weights, one is negative, or all are zero.
    """
    total = sum(weights, Fraction())
    if total <= 0 or min(weights) < 0:
        raise NothingToSplitByError(
            f"{whole_minor} minor units cannot be split by {list(map(str, weights))}."
        )
    # As above: the parts of a credit are those of the charge, with the sign turned.
    exact = [abs(whole_minor) * Fraction(weight) / total for weight in weights]
    parts = [floor(share) for share in exact]
    largest_first = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in largest_first[: abs(whole_minor) - sum(parts)]:
        parts[n] += 1
    return parts if whole_minor >= 0 else [-part for part in parts]


def whole_parts(exact: Sequence[Fraction]) -> list[int]:
    """Whole numbers for parts of either sign that sum to a whole number, by largest remainder.

    They sum to the same number, each less than one from its own; a part that is whole stays as it is.

    Raises:
        ValueError: the parts do not sum to a whole number.
    """
    total = sum(exact, Fraction())
    if total.denominator != 1:
        raise ValueError(f"{total} is no whole number.")
    parts = [floor(part) for part in exact]
    largest_first = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in largest_first[: int(total) - sum(parts)]:
        parts[n] += 1
    return parts
