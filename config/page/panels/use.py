"""Heat used, as bars, a table and a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.template.defaultfilters import floatformat
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.period import Period
from config.chart import Bar, bars, round_top
from metering.enums import Quality, Resolution
from metering.queries.consumption import ConsumptionSeries

SPANS: Final = {Resolution.DAY: timedelta(days=30), Resolution.HOUR: timedelta(hours=48)}
STEPS: Final = {Resolution.DAY: timedelta(days=1), Resolution.HOUR: timedelta(hours=1)}
TABS: Final = {Resolution.DAY: gettext_lazy("30 days"), Resolution.HOUR: gettext_lazy("48 hours")}


@dataclass(frozen=True, slots=True)
class Tab:
    """One choice of resolution."""

    key: str
    words: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """One interval: its bar and how it is said. ``kind`` is the CSS class."""

    bar: Bar
    kind: str
    label: str
    figure: str

    @property
    def words(self) -> str:
        """The bar's own tooltip."""
        return f"{self.label}: {self.figure}"


@dataclass(frozen=True, slots=True)
class UsePanel:
    """Heat used over the last days or hours; no bars where no reading has arrived."""

    tabs: list[Tab]
    bars: list[Slot]
    top_kwh: float
    sentence: str
    column_words: str
    # The local days the bars stand for; None where they are hours, or none.
    days: Period[date] | None

    @property
    def newest_first(self) -> list[Slot]:
        """The table's order."""
        return self.bars[::-1]

    @property
    def first_words(self) -> str:
        """Where the axis begins."""
        return self.bars[0].label

    @property
    def last_words(self) -> str:
        """Where the axis ends."""
        return self.bars[-1].label

    @property
    def gaps(self) -> int:
        """How many intervals nobody measured."""
        return sum(slot.bar.is_gap for slot in self.bars)

    @property
    def estimates(self) -> int:
        """How many intervals share a measured sum by estimate."""
        return sum(slot.kind == "bar estimated" for slot in self.bars)


@dataclass(frozen=True, slots=True)
class _Interval:
    start: datetime
    energy_wh: int | None
    quality: Quality | None


def resolution_named(name: str | None) -> Resolution:
    """The resolution asked for in the address; days where it says nothing sensible."""
    return Resolution.HOUR if name == Resolution.HOUR.value else Resolution.DAY


def span(resolution: Resolution, *, now: datetime) -> Period[datetime]:
    """What the panel looks back on."""
    return Period(now - SPANS[resolution], now)


def use_panel(series: ConsumptionSeries, *, resolution: Resolution) -> UsePanel:
    """The panel of a series; intervals the series leaves out between two others become gaps."""
    intervals = list(_intervals(series, STEPS[resolution]))
    kwh = [None if interval.energy_wh is None else interval.energy_wh / 1000 for interval in intervals]
    top = round_top(max((value for value in kwh if value is not None), default=0.0))
    return UsePanel(
        tabs=[Tab(r.value, str(words), is_current=r == resolution) for r, words in TABS.items()],
        bars=[_slot(i, bar, resolution) for i, bar in zip(intervals, bars(kwh, top=top), strict=True)],
        top_kwh=top,
        sentence=_sentence(intervals, resolution),
        column_words=_("Day") if resolution == Resolution.DAY else _("Hour"),
        days=_days(intervals) if resolution == Resolution.DAY else None,
    )


def _days(intervals: list[_Interval]) -> Period[date] | None:
    if not intervals:
        return None
    first, last = (timezone.localdate(interval.start) for interval in (intervals[0], intervals[-1]))
    return Period(first, last + timedelta(days=1))


def _intervals(series: ConsumptionSeries, step: timedelta) -> Iterator[_Interval]:
    end = None
    rows = zip(series.starts, series.ends, series.energy_wh.tolist(), series.quality, strict=True)
    for start, next_end, energy_wh, quality in rows:
        while end is not None and end < start:
            yield _Interval(end, None, None)
            end += step
        yield _Interval(start, energy_wh, quality)
        end = next_end


def _slot(interval: _Interval, bar: Bar, resolution: Resolution) -> Slot:
    label = _label(interval.start, resolution)
    if interval.energy_wh is None:
        return Slot(bar, "gap", label, _("no reading"))
    figure = f"{floatformat(interval.energy_wh / 1000, 1)} kWh"
    if interval.quality in {None, Quality.MEASURED}:
        return Slot(bar, "bar", label, figure)
    return Slot(bar, "bar estimated", label, f"{figure} ({interval.quality.label})")


def _label(start: datetime, resolution: Resolution) -> str:
    local = timezone.localtime(start)
    day = formats.date_format(local, "MONTH_DAY_FORMAT")
    return day if resolution == Resolution.DAY else f"{day} {local:%H:%M}"


def _sentence(intervals: list[_Interval], resolution: Resolution) -> str:
    known = [interval for interval in intervals if interval.energy_wh is not None]
    if not known:
        return ""
    total_kwh = sum(interval.energy_wh or 0 for interval in known) / 1000
    most = max(known, key=lambda interval: interval.energy_wh or 0)
    figures = {
        "count": len(known),
        "total": floatformat(total_kwh, "0g"),
        "most": floatformat((most.energy_wh or 0) / 1000, 1),
        "when": _label(most.start, resolution),
    }
    if resolution == Resolution.DAY:
        words = ngettext(
            "%(total)s kWh in %(count)s day.",
            "%(total)s kWh in %(count)s days; most on %(when)s with %(most)s kWh.",
            len(known),
        )
    else:
        words = ngettext(
            "%(total)s kWh in %(count)s hour.",
            "%(total)s kWh in %(count)s hours; most at %(when)s with %(most)s kWh.",
            len(known),
        )
    return words % figures
