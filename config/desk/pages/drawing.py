"""Lines and steps as geometry: values in, coordinates out. The templates draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 1000.0
HEIGHT: Final = 240.0
# Room temperatures as people feel them: below the first bound the first class, and so on.
WARMTH: Final = ((18.0, "cold"), (20.0, "cool"), (23.0, "fine"), (25.0, "warm"))


@dataclass(frozen=True, slots=True)
class Scale:
    """The values between the lower and the upper edge of a drawing."""

    low: float
    high: float

    def y(self, value: float) -> float:
        """Where ``value`` is drawn, downwards from the upper edge."""
        return round(HEIGHT * (self.high - value) / (self.high - self.low), 1)

    @property
    def ticks(self) -> list[tuple[float, float]]:
        """Five values with their places."""
        step = (self.high - self.low) / 4
        return [(self.low + n * step, self.y(self.low + n * step)) for n in range(5)]


def scale_of(*series: Sequence[float]) -> Scale:
    """A scale in whole fives round all values; 0 to 5 where there are none."""
    values = [value for each in series for value in each]
    if not values:
        return Scale(0.0, 5.0)
    low, high = 5 * (min(values) // 5), 5 * -(-max(values) // 5)
    return Scale(low, high if high > low else low + 5)


def polyline(values: Sequence[float], scale: Scale) -> str:
    """The points of a line from the left edge to the right, as SVG wants them."""
    step = WIDTH / max(len(values) - 1, 1)
    return " ".join(f"{n * step:.1f},{scale.y(value)}" for n, value in enumerate(values))


@dataclass(frozen=True, slots=True)
class Term:
    """One step of a waterfall: from where to where, in the unit of its scale; a total begins at the floor."""

    label: str
    value: float
    start: float
    end: float
    is_total: bool = False

    @property
    def is_up(self) -> bool:
        """Whether it raises."""
        return self.end >= self.start


def waterfall(
    first: tuple[str, float], parts: Sequence[tuple[str, float]], last: tuple[str, float]
) -> list[Term]:
    """From the first value by its parts to the last; what the parts do not explain is no part of it."""
    level = first[1]
    terms = [Term(first[0], first[1], 0.0, level, is_total=True)]
    for label, change in parts:
        terms.append(Term(label, change, level, level + change))
        level += change
    return [*terms, Term(last[0], last[1], 0.0, last[1], is_total=True)]


def warmth_class(temperature_c: float | None) -> str:
    """The CSS class of a room."""
    if temperature_c is None:
        return "unknown"
    return next((name for bound, name in WARMTH if temperature_c < bound), "hot")
