"""Savings with their interval, heat indices, and what the sources should send out."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.desk import figures
from config.desk.pages import drawing
from config.desk.pages.base import DeskPage
from control.enums import FactorKind
from control.queries.dispatch import source_plans
from control.queries.heat_indices import heat_indices
from control.queries.savings import StationSaving, factors, heat_effects, station_savings

WHY_NOT: Final = {
    "baseline": gettext_lazy("Not enough days before it was steered: 30 with heat and weather are needed."),
    "reporting": gettext_lazy("Not enough days since it is steered: 14 with heat and weather are needed."),
    "scatter": gettext_lazy("Its heat follows the weather too loosely: the daily error is above 25 %."),
    "weather": gettext_lazy("It has become colder than it ever was in the baseline."),
    "flat": gettext_lazy("Its heat does not rise with the cold; the baseline says nothing."),
    "control": gettext_lazy("Left as it is, to be compared with."),
}
LISTED: Final = 20


class SavingPage(DeskPage):
    """`saving/`: what was saved against which baseline, how sure that is, and what it stands for."""

    may_see = "control.view_substationcontrol"

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        known = factors(self.utility.local_date(self.now))
        rows = [
            {
                "row": row,
                "why_not": WHY_NOT.get(row.why_not, ""),
                "cloud": _cloud(row),
                **{kind: kg for kind, kg in heat_effects(row.saved_gj, known).items() if row.saving},
            }
            for row in station_savings(at=self.now)
        ]
        missing = [kind.label for kind in FactorKind if kind not in known]
        return self.page(
            "desk/saving.html", title=_("Saving"), rows=rows, factors=known.values(), missing=missing
        )


class HeatIndexPage(DeskPage):
    """`heat-index/`: who takes much and who takes little beside others of its class."""

    may_see = "metering.view_reading"

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it; of the homes only the ends of the list."""
        found = heat_indices(at=self.now)
        over = [row for row in found.homes if row.index.verdict == "over"]
        under = [row for row in found.homes if row.index.verdict == "under"]
        groups = [
            (_("Stations"), found.stations),
            (_("Buildings"), found.buildings),
            (_("Homes that take much"), over[:LISTED]),
            (_("Homes that take little"), under[::-1][:LISTED]),
        ]
        counts = {"homes": len(found.homes), "over": len(over), "under": len(under)}
        return self.page(
            "desk/heat_index.html",
            title=_("Heat index"),
            groups=groups,
            period=found.period,
            sentence=_(
                "%(homes)s homes were metered through; %(over)s take over 1.3 times and %(under)s under "
                "0.7 times what is usual in their class."
            )
            % counts,
        )


class SourcesPage(DeskPage):
    """`sources/`: source, network and billing facts on one page."""

    may_see = "control.view_substationcontrol"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it; money only to those who may see it."""
        plans = source_plans(at=self.now)
        sees_money = request.user.has_perm("billing.view_invoice")
        owed = figures.owed(on=self.utility.local_date(self.now)) if sees_money else None
        return self.page(
            "desk/sources.html",
            title=_("Heat sources"),
            plans=[{"plan": plan, "drawn": _drawn(plan.next_day_w)} for plan in plans],
            owed=owed,
            utility=self.utility,
            warmth=figures.warmth(self.utility, at=self.now),
            arrivals=figures.arrivals(at=self.now),
        )


def _cloud(row: StationSaving) -> dict[str, Any] | None:
    """Both seasons as points over the weather, with the baseline's line."""
    if row.saving is None:
        return None
    scale = drawing.scale_of(row.baseline.heat_kwh.tolist(), row.reporting.heat_kwh.tolist(), [0.0])
    cold = min(row.baseline.outdoor_c.min(), row.reporting.outdoor_c.min())
    mild = max(row.baseline.outdoor_c.max(), row.reporting.outdoor_c.max())

    def points(outdoor: Any, heat: Any) -> list[tuple[float, float]]:  # noqa: ANN401 - columns
        span = max(mild - cold, 1.0)
        return [
            (round((x - cold) / span * drawing.WIDTH, 1), scale.y(y))
            for x, y in zip(outdoor.tolist(), heat.tolist(), strict=True)
        ]

    return {
        "scale": scale,
        "before": points(row.baseline.outdoor_c, row.baseline.heat_kwh),
        "after": points(row.reporting.outdoor_c, row.reporting.heat_kwh),
        "cold": cold,
        "mild": mild,
    }


def _drawn(hours: list[float]) -> dict[str, Any] | None:
    if not hours:
        return None
    kilowatts = [watts / 1000 for watts in hours]
    scale = drawing.scale_of(kilowatts, [0.0])
    return {"scale": scale, "line": drawing.polyline(kilowatts, scale), "kilowatts": kilowatts}
