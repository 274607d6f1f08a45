"""The comfort report: every building over some days, as a table and as CSV."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from typing import Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.period import Period, instants
from comfort.queries.report import BuildingComfort, comfort_report
from config.desk.pages.base import DeskPage

OVER_DAYS: Final = 7
LONGEST_DAYS: Final = 190
# The columns of the file, stable for whoever reads it with a program.
COLUMNS: Final = (
    "homes",
    "room_hours",
    "mean_c",
    "low_c",
    "middle_c",
    "high_c",
    "spread_k",
    "under_k_h",
    "over_k_h",
    "votes_cold",
    "votes_fine",
    "votes_warm",
    "cold_spells",
)


class PeriodForm(forms.Form):
    """Which days, the last one included."""

    start = forms.DateField(label=gettext_lazy("from"), widget=forms.DateInput({"type": "date"}))
    end = forms.DateField(label=gettext_lazy("to"), widget=forms.DateInput({"type": "date"}))

    def clean(self) -> None:
        """Refuse days in the wrong order, and more than a season."""
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and not start <= end <= start + timedelta(days=LONGEST_DAYS):
            raise forms.ValidationError(_("Choose up to 190 days, the first one first."))


class ComfortPage(DeskPage):
    """`comfort/`: the report."""

    may_see = "comfort.view_feedback"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it, or hand it out as CSV with ``?as=csv``."""
        today = self.utility.local_date(self.now)
        usual = {"start": today - timedelta(days=OVER_DAYS), "end": today - timedelta(days=1)}
        form = PeriodForm(request.GET) if "start" in request.GET else PeriodForm(initial=usual)
        days = form.cleaned_data if form.is_bound and form.is_valid() else usual
        period = Period(days["start"], days["end"] + timedelta(days=1))
        rows = comfort_report(instants(period, self.utility.zone))
        if request.GET.get("as") == "csv":
            return _csv(rows, days["start"])
        return self.page("desk/comfort.html", title=_("Comfort report"), form=form, rows=rows, days=days)


def _csv(rows: list[BuildingComfort], start: date) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="comfort-{start}.csv"'
    writer = csv.writer(answer)
    writer.writerow(["building", "substation", *COLUMNS])
    for row in rows:
        values = (getattr(row, name) for name in COLUMNS)
        figures = ["" if value is None else round(value, 3) for value in values]
        writer.writerow([_plain(row.building.name), _plain(row.building.substation.name), *figures])
    return answer


def _plain(name: str) -> str:
    """A spreadsheet takes a leading sign for a formula."""
    return f"'{name}" if name[:1] in "=+-@" else name
