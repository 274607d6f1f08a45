"""Why a bill is another than the one of a year before: its difference in parts that sum to it exactly.

Facts are of five factors. Each factor's part is what its change does to the bill, averaged over all orders in
which the factors may change (Shapley): no order is preferred, and what several do together is shared fairly.
Every bill on the way is rated by the same engine as real bills.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations
from math import factorial
from typing import Final, TypeAlias

from billing.facts import Home
from billing.rating.bill import rate
from billing.rating.lines import Adjustment, Line
from billing.rating.mixed import Billed, mixed
from billing.rating.money import whole_parts
from billing.terms import ComponentKind, Factor

FACTORS: Final = tuple(Factor)
# What the lines of each kind come to, tax included.
Sums: TypeAlias = Mapping[ComponentKind, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """The parts of a difference, in minor units with tax, and within each part by kind of line.

    ``unrated_minor``, which is in the corrections too, is what the documents say beside the rating.
    """

    difference_minor: int
    by_kind: Mapping[Factor, Mapping[ComponentKind, int]]
    unrated_minor: int

    def part_minor(self, factor: Factor) -> int:
        """What one factor did; the parts of all factors sum to the difference."""
        own = self.unrated_minor if factor is Factor.CORRECTION else 0
        return sum(self.by_kind[factor].values()) + own


def explained(before: Billed, now: Billed) -> Explained:
    """The difference of two bills, split.

    Raises:
        NoReadingsError, RegisterRanBackwardsError, NoSeasonError, MissingFactError: one of the bills, or a
            bill between them, cannot be rated.
    """
    rated = _Rated(before, now)
    kinds = sorted({kind for taken in _subsets(FACTORS) for kind in rated.sums(taken)})
    by_kind: dict[Factor, dict[ComponentKind, int]] = {factor: {} for factor in FACTORS}
    for kind in kinds:
        # Kind by kind, so that rows and columns of the table both add up.
        exact = [_shapley(rated, factor, kind) for factor in FACTORS]
        for factor, minor in zip(FACTORS, whole_parts(exact), strict=True):
            if minor:
                by_kind[factor][kind] = minor
    sums_before, sums_now = rated.sums(()), rated.sums(FACTORS)
    difference = now.charged_minor - before.charged_minor
    return Explained(
        difference_minor=difference,
        by_kind=by_kind,
        unrated_minor=difference - sum(sums_now.values()) + sum(sums_before.values()),
    )


class _Rated:
    """The bills between two, each rated once."""

    def __init__(self, before: Billed, now: Billed) -> None:
        self._before, self._now = before, now
        self._by_factors: dict[frozenset[Factor], Sums] = {}
        self._by_home: dict[Home, Sums] = {}

    def sums(self, taken: Collection[Factor]) -> Sums:
        """The bill with these factors of now and the others of before."""
        key = frozenset(taken)
        if key not in self._by_factors:
            home = mixed(self._before, self._now, key)
            if home not in self._by_home:
                self._by_home[home] = _sums(home)
            self._by_factors[key] = self._by_home[home]
        return self._by_factors[key]


def _sums(home: Home) -> Sums:
    sums: dict[ComponentKind, int] = defaultdict(int)
    for line in rate(home).lines:
        sums[kind_of(line)] += line.net_minor + line.tax_minor
    return dict(sums)


def kind_of(line: Line) -> ComponentKind:
    """A line's kind; an adjustment's is its limit's."""
    return line.last.kind if isinstance(line, Adjustment) else line.kind


def _shapley(rated: _Rated, factor: Factor, kind: ComponentKind) -> Fraction:
    others = [other for other in FACTORS if other is not factor]
    total = Fraction()
    for taken in _subsets(others):
        orders = factorial(len(taken)) * factorial(len(others) - len(taken))
        change = rated.sums((*taken, factor)).get(kind, 0) - rated.sums(taken).get(kind, 0)
        total += Fraction(orders * change, factorial(len(FACTORS)))
    return total


def _subsets(factors: Collection[Factor]) -> list[tuple[Factor, ...]]:
    return list(chain.from_iterable(combinations(factors, size) for size in range(len(factors) + 1)))
