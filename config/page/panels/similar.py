"""Heat a m² beside that of homes alike: pairs of bars, a sentence and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.template.defaultfilters import floatformat
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import SimilarGroup
from billing.neighbours import floor_of, size_of
from billing.queries.similar import MonthCompared
from config.chart import Bar, bars, round_top

FLOORS: Final = {
    "ground": gettext_lazy("on the ground floor"),
    "middle": gettext_lazy("on a middle floor"),
    "top": gettext_lazy("on the top floor"),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """One month: the own bar, that of homes alike, and how both are said. Gaps are drawn by neither."""

    label: str
    own: Bar
    alike: Bar
    own_words: str
    alike_words: str
    cold_words: str
    homes: str


@dataclass(frozen=True, slots=True)
class SimilarPanel:
    """Twelve months; no pairs where there is nothing to show."""

    pairs: list[Pair]
    top: float
    sentence: str
    group_words: str

    @property
    def newest_first(self) -> list[Pair]:
        """The table's order, without months of which nothing is known."""
        return [pair for pair in reversed(self.pairs) if not (pair.own.is_gap and pair.alike.is_gap)]


def similar_panel(months: Sequence[MonthCompared]) -> SimilarPanel:
    """The panel; figures are kWh a m²."""
    known = [month for month in months if month.own_wh_m2 is not None or month.alike is not None]
    if not known:
        return SimilarPanel([], 1.0, "", "")
    values = [
        None if wh is None else wh / 1000
        for month in months
        for wh in (month.own_wh_m2, None if month.alike is None else month.alike.median_wh_m2)
    ]
    top = round_top(max((value for value in values if value is not None), default=0.0))
    drawn = bars(values, top=top)
    pairs = [
        _pair(month, own, alike) for month, own, alike in zip(months, drawn[::2], drawn[1::2], strict=True)
    ]
    groups = [month.alike for month in months if month.alike is not None]
    return SimilarPanel(pairs, top, _sentence(known), group_words(groups[-1]) if groups else "")


def group_words(group: SimilarGroup) -> str:
    """Who the others are: homes of 60 to 80 m² on a middle floor."""
    size, floor = size_of(group.key), FLOORS.get(floor_of(group.key))
    if size is None:
        return _("homes of all sizes")
    low, high = size
    if low is None:
        told = _("homes below %(high)s m²") % {"high": high}
    elif high is None:
        told = _("homes from %(low)s m²") % {"low": low}
    else:
        told = _("homes of %(low)s to %(high)s m²") % {"low": low, "high": high}
    return told if floor is None else _("%(homes)s %(floor)s") % {"homes": told, "floor": floor}


def _pair(month: MonthCompared, own: Bar, alike: Bar) -> Pair:
    group = month.alike
    in_cold = month.in_cold(month.own_wh_m2)
    return Pair(
        label=formats.date_format(month.month, "YEAR_MONTH_FORMAT"),
        own=own,
        alike=alike,
        own_words=_kwh(month.own_wh_m2),
        alike_words=_kwh(None if group is None else group.median_wh_m2),
        cold_words="\N{EN DASH}" if in_cold is None else floatformat(in_cold, 1),
        homes="\N{EN DASH}" if group is None else f"{group.homes}",
    )


def _kwh(wh_m2: int | None) -> str:
    return "\N{EN DASH}" if wh_m2 is None else floatformat(wh_m2 / 1000, 1)


def _sentence(months: Sequence[MonthCompared]) -> str:
    compared = next((month for month in reversed(months) if month.difference is not None), None)
    if compared is None or compared.difference is None or compared.alike is None:
        return _("There are not yet enough homes like yours to compare with: fewer than ten others.")
    words = {
        "month": formats.date_format(compared.month, "YEAR_MONTH_FORMAT"),
        "percent": abs(round(100 * compared.difference)),
        "count": compared.alike.homes,
    }
    if not words["percent"]:
        told = _("%(month)s: as much heat a m² as the middle of %(count)s homes.")
    elif compared.difference < 0:
        told = _("%(month)s: %(percent)s %% less heat a m² than the middle of %(count)s homes.")
    else:
        told = _("%(month)s: %(percent)s %% more heat a m² than the middle of %(count)s homes.")
    return " ".join([told % words, *_in_same_cold(months, compared)])


def _in_same_cold(months: Sequence[MonthCompared], now: MonthCompared) -> list[str]:
    """The same home in the same cold: the month beside the first one that is known."""
    first = next((month for month in months if month.in_cold(month.own_wh_m2)), None)
    then = None if first is None else first.in_cold(first.own_wh_m2)
    here = now.in_cold(now.own_wh_m2)
    if first is None or then is None or here is None or first.month == now.month:
        return []
    change = round(100 * (here / then - 1))
    words = {"month": formats.date_format(first.month, "YEAR_MONTH_FORMAT"), "percent": abs(change)}
    if change < 0:
        return [_("In the same cold it was %(percent)s %% less than in %(month)s.") % words]
    return [_("In the same cold it was %(percent)s %% more than in %(month)s.") % words]
