"""How much heat a home, a building or a station takes beside others of its class, weather taken out. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

# Degree-days count from here, as Chinese and Nordic statistics do.
HEATED_TO_C: Final = 18.0
J_PER_WH: Final = 3600.0
DAY_S: Final = 86_400.0
# Beside the middle of its class: this much more is over-supplied, this much less under-supplied.
OVER: Final = 1.3
UNDER: Final = 0.7
# A class of fewer says nothing of what is usual.
LEAST_OF_A_CLASS: Final = 4


@dataclass(frozen=True, slots=True)
class Taken:
    """One consumer: its class, its heat over a period, its area, the degree-days of its weather."""

    key: int
    kind: str
    energy_wh: float
    area_m2: float
    degree_days: float


@dataclass(frozen=True, slots=True)
class Index:
    """Its index, in J/(m² K day), what that is in the design cold, and how it stands in its class.

    ``beside`` is the index over the middle one of its class, None where the class is too small.
    """

    key: int
    kind: str
    j_m2_kd: float
    design_w_m2: float
    beside: float | None

    @property
    def gj_m2_kd(self) -> float:
        """The same in GJ/m² a degree-day, as yearbooks have it."""
        return self.j_m2_kd / 1e9

    @property
    def verdict(self) -> str:
        """``over``, ``under`` or an empty string."""
        if self.beside is None:
            return ""
        return "over" if self.beside > OVER else "under" if self.beside < UNDER else ""


def indices(rows: Sequence[Taken], *, design_outdoor_c: float) -> list[Index]:
    """The index of everyone with an area and a winter, in the order given."""
    known = [
        (row, row.energy_wh * J_PER_WH / row.area_m2 / row.degree_days)
        for row in rows
        if row.area_m2 > 0 and row.degree_days > 0
    ]
    by_class: dict[str, list[float]] = defaultdict(list)
    for row, index in known:
        by_class[row.kind].append(index)
    middles = {kind: median(values) for kind, values in by_class.items() if len(values) >= LEAST_OF_A_CLASS}
    return [
        Index(
            key=row.key,
            kind=row.kind,
            j_m2_kd=index,
            design_w_m2=index / DAY_S * (HEATED_TO_C - design_outdoor_c),
            beside=index / middles[row.kind] if middles.get(row.kind) else None,
        )
        for row, index in known
    ]
