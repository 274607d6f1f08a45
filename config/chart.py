"""Bars as geometry: values in, rectangles out. The template draws them; nothing here knows SVG or Django."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 1000.0
HEIGHT: Final = 100.0
# The share of a slot that its bar fills.
FILL: Final = 0.72
# A measured nothing is a sliver, so that it differs from a gap.
LEAST_HEIGHT: Final = 0.6
ROUND_STEPS: Final = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Bar:
    """One slot of the chart, in a box of ``WIDTH`` by ``HEIGHT`` with y downwards; a gap fills its slot."""

    x: float
    y: float
    width: float
    height: float
    is_gap: bool


def round_top(greatest: float) -> float:
    """The least round figure that is not below ``greatest``; 1 where nothing is above zero."""
    if greatest <= 0:
        return 1.0
    power = 1.0
    while power * 10 <= greatest:
        power *= 10
    while power > greatest:
        power /= 10
    return next(power * step for step in ROUND_STEPS if power * step >= greatest)


def bars(values: Sequence[float | None], *, top: float) -> list[Bar]:
    """A bar a value, left to right, ``top`` reaching the upper edge; None is a gap."""
    slot = WIDTH / len(values) if values else WIDTH
    return [_bar(value, index * slot, slot, top=top) for index, value in enumerate(values)]


def _bar(value: float | None, left: float, slot: float, *, top: float) -> Bar:
    if value is None:
        return Bar(x=round(left, 2), y=0.0, width=round(slot, 2), height=HEIGHT, is_gap=True)
    height = max(LEAST_HEIGHT, HEIGHT * value / top)
    inset = slot * (1 - FILL) / 2
    return Bar(
        x=round(left + inset, 2),
        y=round(HEIGHT - height, 2),
        width=round(slot * FILL, 2),
        height=round(height, 2),
        is_gap=False,
    )


@dataclass(frozen=True, slots=True)
class Swing:
    """A bar that begins at nothing and goes to either side."""

    x: float
    width: float


def swings(values: Sequence[float], *, width: float = WIDTH) -> tuple[float, list[Swing]]:
    """Where nothing lies, and a bar a value to its right (above nothing) or left, all in ``width``."""
    least, most = min(0.0, *values, 0.0), max(0.0, *values, 0.0)
    scale = width / (most - least) if most > least else 0.0
    zero = round(-least * scale, 2)
    return zero, [
        Swing(x=round(zero + min(0.0, value) * scale, 2), width=round(abs(value) * scale, 2))
        for value in values
    ]
