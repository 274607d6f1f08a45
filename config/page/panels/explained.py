"""Why a bill is another than the year before's: bars to either side, a sentence and a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from billing.enums import COMPONENT_KINDS
from billing.operations.explanations import Explanation
from config.chart import Swing, swings
from config.page.templatetags.page import money, period_words

# The drawing's own units; a phone is about as many pixels wide.
WIDE: Final = 340
ROW: Final = 46
KINDS: Final = dict(COMPONENT_KINDS)


@dataclass(frozen=True, slots=True)
class Row:
    """One cause: its bar, and how it is said. ``y`` is where it begins in the drawing."""

    label: str
    minor: int
    amount: str
    bar: Swing
    y: int
    kinds: list[tuple[str, str]]

    @property
    def bar_y(self) -> int:
        """The bar's upper edge."""
        return self.y + 22

    @property
    def rule_y(self) -> int:
        """Where the line of nothing ends beside the bar."""
        return self.bar_y + 12

    @property
    def text_y(self) -> int:
        """The line its words stand on."""
        return self.y + 14

    @property
    def css(self) -> str:
        """Whether it made the bill larger or smaller."""
        return "more" if self.minor > 0 else "less"


@dataclass(frozen=True, slots=True)
class ExplainedPanel:
    """The causes in order, where nothing lies, and the whole in one sentence."""

    rows: list[Row]
    zero_x: float
    sentence: str
    height: int
    width: int = WIDE


def explained_panel(explanation: Explanation) -> ExplainedPanel:
    """The panel."""
    currency, causes = explanation.now.bill.currency, explanation.causes
    zero_x, drawn = swings([cause.minor for cause in causes], width=WIDE)
    rows = [
        Row(
            label=cause.label,
            minor=cause.minor,
            amount=signed(cause.minor, currency),
            bar=bar,
            y=n * ROW,
            kinds=[(str(KINDS[kind.value]), signed(minor, currency)) for kind, minor in cause.kinds],
        )
        for n, (cause, bar) in enumerate(zip(causes, drawn, strict=True))
    ]
    return ExplainedPanel(rows, zero_x, _sentence(explanation, rows), height=ROW * len(rows))


def signed(minor: int, currency: str) -> str:
    """An amount with its sign before it: +¥12.80, −¥17.60."""
    sign = "+" if minor > 0 else "\N{MINUS SIGN}" if minor < 0 else ""
    return f"{sign}{money(abs(minor), currency)}"


def _sentence(explanation: Explanation, rows: list[Row]) -> str:
    difference, currency = explanation.difference_minor, explanation.now.bill.currency
    words = {
        "amount": money(abs(difference), currency),
        "before": period_words(explanation.before.bill),
    }
    if difference > 0:
        told = _("%(amount)s more than for %(before)s.") % words
    elif difference < 0:
        told = _("%(amount)s less than for %(before)s.") % words
    else:
        told = _("The same amount as for %(before)s.") % words
    most = max(rows, key=lambda row: abs(row.minor))
    if not most.minor:
        return told
    what = _("What did most: %(cause)s, %(amount)s.") % {"cause": most.label, "amount": most.amount}
    return f"{told} {what}"
