"""Prices that follow published indices."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from billing.facts import Index
from billing.rating.money import round_minor
from billing.terms import Rounding


def resolved(index: Index) -> Decimal:
    """The price the formula gives, half up to its digits.

    Raises:
        ZeroDivisionError: an index had the value zero at its base.
    """
    terms = (Fraction(t.weight) * Fraction(t.value) / Fraction(t.base) for t in index.terms)
    exact = Fraction(index.base_price) * sum(terms, Fraction())
    return Decimal(round_minor(exact * 10**index.digits, Rounding.HALF_UP)).scaleb(-index.digits)
