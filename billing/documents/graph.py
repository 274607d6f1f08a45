"""Twelve months beside the twelve before, as SVG: numbers in, a picture out. Knows no Django."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 680
HEIGHT: Final = 190
BASE: Final = 160
TOP: Final = 18
# Dark and light enough to be told apart without colours.
NOW_COLOUR: Final = "#a8402a"
BEFORE_COLOUR: Final = "#d3cac5"

Pair = tuple[str, float | None, float | None]


def bars_svg(pairs: Sequence[Pair], *, now: str, before: str, unit: str) -> str:
    """Pairs of bars, (label, value, value a year before), with a legend; None leaves a place empty."""
    top = max((value for _label, *values in pairs for value in values if value), default=1.0)
    slot = WIDTH / max(1, len(pairs))
    shapes = []
    for n, (label, value, earlier) in enumerate(pairs):
        left = n * slot
        shapes.append(_bar(earlier, left + slot * 0.14, slot * 0.34, top, BEFORE_COLOUR))
        shapes.append(_bar(value, left + slot * 0.5, slot * 0.34, top, NOW_COLOUR))
        shapes.append(_text(left + slot / 2, BASE + 13, label, anchor="middle"))
    legend = [
        f'<rect x="0" y="{HEIGHT - 11}" width="10" height="10" fill="{NOW_COLOUR}"/>',
        _text(14, HEIGHT - 2, now),
        f'<rect x="{WIDTH / 2}" y="{HEIGHT - 11}" width="10" height="10" fill="{BEFORE_COLOUR}"/>',
        _text(WIDTH / 2 + 14, HEIGHT - 2, before),
        _text(0, 10, f"{top:,.0f} {unit}"),
        f'<line x1="0" y1="{BASE}" x2="{WIDTH}" y2="{BASE}" stroke="#453a3e" stroke-width="1"/>',
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="Noto Sans CJK SC, Noto Sans, DejaVu Sans, sans-serif" font-size="10" fill="#2c2428">'
        f"{''.join(shapes)}{''.join(legend)}</svg>"
    )


def as_source(svg: str) -> str:
    """The picture as the address of an image."""
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _bar(value: float | None, left: float, width: float, top: float, colour: str) -> str:
    if value is None:
        return ""
    height = max(0.5, (BASE - TOP) * value / top)
    return (
        f'<rect x="{left:.1f}" y="{BASE - height:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}"/>'
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
