"""Prices that follow published indices."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from billing.facts import Index
from billing.rating.money import round_minor
from billing.terms import Rounding


def resolved(index: Index) -> Decimal:
    """The price the formula gives within its limits, half up to its digits.

    Raises:
        ZeroDivisionError: an index had the value zero at its base.
    """
    terms = (Fraction(t.weight) * Fraction(t.value) / Fraction(t.base) for t in index.terms)
    exact = Fraction(index.base_price) * sum(terms, Fraction())
    if index.floor is not None:
        exact = max(exact, Fraction(index.floor))
    if index.ceiling is not None:
        exact = min(exact, Fraction(index.ceiling))
    return Decimal(round_minor(exact * 10**index.digits, Rounding.HALF_UP)).scaleb(-index.digits)
