"""The desk's pages of distribution losses: what a main meter counted against what hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.defaultfilters import floatformat
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import Building, Substation, Utility
from accounts.period import Period, local_midnight
from config.chart import Bar, bars, round_top
from config.desk.pages.base import DeskPage
from metering.enums import DeviceKind, PlaceSum, Resolution
from metering.queries.losses import Balance, balances, total

SPANS: Final = {Resolution.DAY: timedelta(days=30), Resolution.MONTH: timedelta(days=730)}
TABS: Final = {Resolution.DAY: gettext_lazy("30 days"), Resolution.MONTH: gettext_lazy("24 months")}
MODELS: Final[Mapping[PlaceSum, type[Building | Substation]]] = {
    PlaceSum.BUILDING: Building,
    PlaceSum.SUBSTATION: Substation,
}
# So many buildings' last month fit on a page that opens at once.
LISTED: Final = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One interval as it is said and drawn; ``bar`` is the loss, a gap where it is not known."""

    label: str
    delivered: str
    used: str
    loss: str
    share: str
    note: str
    bar: Bar

    @property
    def words(self) -> str:
        """The bar's own tooltip."""
        return f"{self.label}: {self.loss} {self.share} {self.note}".strip()


class LossesPage(DeskPage):
    """Every building and station that has a meter of its own, with its loss over the last 30 days."""

    may_see = "metering.view_device"

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show them."""
        period = _span(Resolution.DAY, utility=self.utility, now=self.now)
        hung = Q(installations__device__kind=DeviceKind.HEAT_METER)
        rows = []
        for own, model in MODELS.items():
            listed = model.objects.filter(hung).distinct().order_by("name")[:LISTED]
            places = {place.pk: place for place in listed}
            found = balances(own, places, period=period, resolution=Resolution.DAY)
            rows += [_row(own, place, found[place.pk]) for place in places.values()]
        return self.page("desk/losses.html", title=_("Distribution losses"), rows=rows)


class LossPage(DeskPage):
    """One building's or station's loss by day or by month."""

    may_see = "metering.view_device"

    def get(self, request: HttpRequest, own: str, place_id: int) -> HttpResponse:
        """Show it.

        Raises:
            Http404: not a place of the utility in scope.
        """
        place_sum = next((known for known in MODELS if known.value == own), None)
        place = MODELS[place_sum].objects.filter(pk=place_id).first() if place_sum else None
        if place_sum is None or place is None:
            raise Http404(_("There is no such place at this utility."))
        resolution = Resolution.MONTH if request.GET.get("by") == Resolution.MONTH else Resolution.DAY
        period = _span(resolution, utility=self.utility, now=self.now)
        found = balances(place_sum, [place_id], period=period, resolution=resolution)[place_id]
        whole = total(found)
        return self.page(
            "desk/loss.html",
            title=_("Distribution loss: %(place)s") % {"place": place.name},
            lines=_lines(found, resolution=resolution),
            whole=_line(whole, "", bar=None) if whole else None,
            days=sum(row.loss_pct is not None for row in found),
            by=resolution.value,
            tabs=[(key.value, words, key == resolution) for key, words in TABS.items()],
            all_link=reverse("desk-losses"),
        )


def _row(own: PlaceSum, place: Building | Substation, found: list[Balance]) -> dict[str, Any]:
    whole = total(found)
    return {
        "name": place.name,
        "kind": place._meta.verbose_name,
        "link": reverse("desk-loss", args=[own.value, place.pk]),
        "line": _line(whole, "", bar=None) if whole else None,
        "days": sum(row.loss_pct is not None for row in found),
        "missing": max((row.missing for row in found), default=0),
        "parts": max((row.parts for row in found), default=0),
    }


def _span(resolution: Resolution, *, utility: Utility, now: datetime) -> Period[datetime]:
    since = utility.local_date(now - SPANS[resolution])
    if resolution == Resolution.MONTH:
        since = since.replace(day=1)
    return Period(local_midnight(since, utility.zone), now)


def _lines(rows: list[Balance], *, resolution: Resolution) -> list[Line]:
    kwh = [None if row.loss_pct is None else max(0.0, (row.loss_wh or 0) / 1000) for row in rows]
    top = round_top(max((value for value in kwh if value is not None), default=0.0))
    words = "MONTH_DAY_FORMAT" if resolution == Resolution.DAY else "YEAR_MONTH_FORMAT"
    return [
        _line(row, formats.date_format(timezone.localtime(row.start), words), bar=bar)
        for row, bar in zip(rows, bars(kwh, top=top), strict=True)
    ]


def _line(row: Balance, label: str, *, bar: Bar | None) -> Line:
    notes = []
    if row.missing:
        words = ngettext(
            "%(missing)s of %(parts)s part without a reading",
            "%(missing)s of %(parts)s parts without a reading",
            row.parts,
        )
        notes.append(words % {"missing": row.missing, "parts": row.parts})
    if row.delivered_wh is None:
        notes.append(_("the main meter has no reading"))
    if row.is_doubtful:
        notes.append(_("partly estimated or suspect"))
    at_most = _("at most %(energy)s") if row.missing and row.loss_wh is not None else "%(energy)s"
    return Line(
        label=label,
        delivered=_kwh(row.delivered_wh),
        used=_kwh(row.used_wh),
        loss=at_most % {"energy": _kwh(row.loss_wh)},
        share="" if row.loss_pct is None else f"{floatformat(row.loss_pct, 1)} %",
        note="; ".join(notes),
        bar=bar or Bar(0, 0, 0, 0, is_gap=True),
    )


def _kwh(energy_wh: int | None) -> str:
    return "-" if energy_wh is None else f"{floatformat(energy_wh / 1000, '1g')} kWh"
