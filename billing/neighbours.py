"""Which homes are alike, and which groups of them may be told about without telling about one of them.

Every home counts in one group at most, and a group is told of only where enough homes are in it. So no
two figures differ by a few homes, and nobody finds a neighbour's figure by taking one from the other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import quantiles
from typing import Final

# Beside the one who asks and knows the own figure, so many others stand in every group.
LEAST_OTHERS: Final = 10
LEAST_HOMES: Final = LEAST_OTHERS + 1
AREA_EDGES_M2: Final = (40, 60, 80, 100, 120, 150, 200)
# Finer figures would only help who looks for one home.
STEP_WH_M2: Final = 100
SEPARATOR: Final = "|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What makes homes alike."""

    customer_class: str
    floor_area_m2: Decimal
    storey: int
    storeys: int

    @property
    def keys(self) -> tuple[str, ...]:
        """The groups the home may count in, finest first: class, size and floor; class and size; class."""
        size = str(bisect_right(AREA_EDGES_M2, self.floor_area_m2))
        parts = (self.customer_class, size, self._floor)
        return tuple(SEPARATOR.join(parts[:n]) for n in (3, 2, 1))

    @property
    def _floor(self) -> str:
        if self.storey >= self.storeys:
            return "top"
        return "ground" if self.storey <= 1 else "middle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What one home used."""

    traits: Traits
    wh_m2: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What may be told: how many homes, and the quarter points of what they used, coarsely."""

    key: str
    homes: int
    lower_wh_m2: int
    median_wh_m2: int
    upper_wh_m2: int


def groups_of(samples: Iterable[Sample], *, least: int = LEAST_HOMES) -> list[Group]:
    """The groups that may be told of.

    Homes of groups too small go together one step coarser; who is left in the end is told of nowhere.
    """
    left, told = list(samples), []
    for level in range(3):
        by_key: dict[str, list[Sample]] = defaultdict(list)
        for sample in left:
            by_key[sample.traits.keys[level]].append(sample)
        left = []
        for key, members in sorted(by_key.items()):
            if len(members) >= least:
                told.append(_group(key, [member.wh_m2 for member in members]))
            else:
                left += members
    return told


def size_of(key: str) -> tuple[int | None, int | None] | None:
    """The edges in m² of a group's size, [from, below); None where homes of all sizes are in it."""
    parts = key.split(SEPARATOR)
    if len(parts) < 2:  # noqa: PLR2004 - class alone
        return None
    edges = (None, *AREA_EDGES_M2, None)
    return edges[int(parts[1])], edges[int(parts[1]) + 1]


def floor_of(key: str) -> str:
    """The floor of a group: ground, middle or top; empty where homes of all floors are in it."""
    parts = key.split(SEPARATOR)
    return parts[2] if len(parts) > 2 else ""  # noqa: PLR2004 - class, size, floor


def _group(key: str, used: Sequence[int]) -> Group:
    lower, median, upper = (
        round(point / STEP_WH_M2) * STEP_WH_M2 for point in quantiles(used, n=4, method="inclusive")
    )
    return Group(key=key, homes=len(used), lower_wh_m2=lower, median_wh_m2=median, upper_wh_m2=upper)
