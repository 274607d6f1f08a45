"""Block and step tariffs: the part of a quantity that lies between two edges."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from billing.rating.shares import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """A slice from ``above`` to ``up_to``, in the price's unit; without an end where ``up_to`` is None.

    With ``area_m2`` the edges are so many units each m². With ``shares`` they are those of a whole season,
    year or month, and the bill's days have their share of them.
    """

    above: Decimal
    up_to: Decimal | None
    area_m2: Decimal | None = None
    shares: tuple[Share, ...] | None = None

    @property
    def scale(self) -> Fraction:
        """What both edges are multiplied by."""
        area = Fraction(1) if self.area_m2 is None else Fraction(self.area_m2)
        return area if self.shares is None else area * sum((s.exact for s in self.shares), Fraction())

    def cut(self, quantity: Fraction) -> Fraction:
        """How much of ``quantity`` lies in the slice."""
        low = Fraction(self.above) * self.scale
        high = quantity if self.up_to is None else min(quantity, Fraction(self.up_to) * self.scale)
        return max(Fraction(), high - low)
