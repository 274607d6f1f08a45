"""What the season will have cost: a bar for each winter it may be like, a sentence and a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from billing.operations.forecasts import Forecast
from config.chart import Swing, swings
from config.page.templatetags.page import money

# The drawing's own units; a phone is about as many pixels wide.
WIDE: Final = 340
ROW: Final = 46


@dataclass(frozen=True, slots=True)
class Row:
    """One end of the season; ``y`` is where it begins in the drawing."""

    label: str
    amount: str
    bar: Swing
    y: int

    @property
    def bar_y(self) -> int:
        """The bar's upper edge."""
        return self.y + 22

    @property
    def text_y(self) -> int:
        """The line its words stand on."""
        return self.y + 14


@dataclass(frozen=True, slots=True)
class SeasonPanel:
    """All ends of the season, the band and the cap in words."""

    rows: list[Row]
    sentence: str
    degree: str
    cap: str
    height: int
    width: int = WIDE


def season_panel(told: Forecast) -> SeasonPanel:
    """The panel."""
    ends = [
        (_("As in the mildest winter"), told.mild.total_minor),
        (_("As in a middle winter"), told.middle.total_minor),
        (_("As in the coldest winter"), told.cold.total_minor),
        (_("Middle winter, one degree less"), told.cooler.total_minor),
    ]
    _zero, drawn = swings([minor for _label, minor in ends], width=WIDE)
    rows = [
        Row(label, money(minor, told.currency), bar, n * ROW)
        for n, ((label, minor), bar) in enumerate(zip(ends, drawn, strict=True))
    ]
    return SeasonPanel(rows, _sentence(told), _degree(told), _cap(told), height=ROW * len(rows))


def _sentence(told: Forecast) -> str:
    low, high = told.mild.total_minor, told.cold.total_minor
    if low == high:
        return _("The whole season will come to about %(amount)s.") % {"amount": money(low, told.currency)}
    words = {"low": money(low, told.currency), "high": money(high, told.currency)}
    return _("The whole season will come to between %(low)s and %(high)s.") % words


def _degree(told: Forecast) -> str:
    saved = money(told.saved_minor, told.currency)
    return _("Rooms one degree cooler for the rest of it would save about %(amount)s.") % {"amount": saved}


def _cap(told: Forecast) -> str:
    if told.cap_minor is None or told.cap_percent is None:
        return ""
    words = {"cap": money(told.cap_minor, told.currency), "percent": told.cap_percent}
    if told.cap_minor <= told.middle.framed_minor:
        reached = _("A middle winter reaches the cap of %(cap)s before tax; what is above it costs nothing.")
    else:
        reached = _(
            "You pay no more than the cap of %(cap)s before tax; a middle winter is %(percent)s %% of it."
        )
    return reached % words
