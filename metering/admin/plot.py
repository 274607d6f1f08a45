"""A register over time as geometry: readings in, points out. The template draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

WIDTH: Final = 1000.0
HEIGHT: Final = 240.0
EDGE: Final = 8.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A reading in a box of ``WIDTH`` by ``HEIGHT`` with y downwards."""

    x: float
    y: float
    is_used: bool


@dataclass(frozen=True, slots=True)
class Plot:
    """What is drawn: the line through the readings that are used, and a dot for each that is not.

    ``low_kwh`` and ``high_kwh`` are the registers at the lower and the upper edge.
    """

    line: str
    dots: list[Dot]
    low_kwh: float
    high_kwh: float


def plot(readings: Sequence[tuple[datetime, int, bool]]) -> Plot:
    """Readings, ascending: instant, register in Wh, and whether it is used."""
    if not readings:
        return Plot("", [], 0.0, 0.0)
    first_s, last_s = readings[0][0].timestamp(), readings[-1][0].timestamp()
    low, high = min(wh for _at, wh, _used in readings), max(wh for _at, wh, _used in readings)
    span_s, span_wh = max(last_s - first_s, 1.0), max(high - low, 1)
    dots = [
        Dot(
            x=round(EDGE + (WIDTH - 2 * EDGE) * (at.timestamp() - first_s) / span_s, 1),
            y=round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (wh - low) / span_wh, 1),
            is_used=is_used,
        )
        for at, wh, is_used in readings
    ]
    line = " ".join(f"{dot.x},{dot.y}" for dot in dots if dot.is_used)
    return Plot(line, [dot for dot in dots if not dot.is_used], low / 1000, high / 1000)
