"""The home: rooms now, comfort, what to pay, heat used, bills."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.queries.outages import standing_outages
from billing.operations.forecasts import NoForecastError, forecast
from billing.queries.invoices import invoices_of, with_owed
from billing.queries.similar import similar_homes
from comfort.queries.rooms import rooms_now
from config.page.panels.bills import bills, due_panel
from config.page.panels.comfort import comfort_context
from config.page.panels.cost import heat_cost_minor
from config.page.panels.rooms import STALE_AFTER, room_lines, supply_now
from config.page.panels.season import season_panel
from config.page.panels.similar import similar_panel
from config.page.panels.use import resolution_named, span, use_panel
from config.page.views.base import HomeView, ResidentView
from metering.queries.consumption import consumption
from metering.queries.latest import latest_readings

LAST_HOME: Final = "page_household"
# From the outward contract; the live process itself is another server.
TICKETS: Final = "/api/v1/live/tickets"


class Entry(ResidentView):
    """`/`: the home looked at last, or the first one, or the way to a first one."""

    may_be_looked_at = True

    def get(self, request: HttpRequest) -> HttpResponse:
        """Go there."""
        if not self.homes:
            return redirect("page:claim")
        ids = [home.household.pk for home in self.homes]
        last = request.session.get(LAST_HOME)
        return redirect("page:household", last if last in ids else ids[0])


class HouseholdPage(HomeView):
    """The whole page of one home."""

    may_be_looked_at = True

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show it."""
        if self.look is None:
            request.session[LAST_HOME] = self.access.household.pk
        return self.show()

    def show(self, *, status: int = 200, fault: str = "") -> HttpResponse:
        """The page, with what went wrong beside the form it went wrong in."""
        return self.page("page/household.html", status=status, fault=fault, **self._panels(), **self._money())

    def _panels(self) -> dict[str, Any]:
        household, at = self.access.household, self.now
        return {
            "outages": standing_outages(household, at=at),
            "rooms": room_lines(rooms_now(household.pk), at=at),
            "meter": latest_readings([household.pk]).get(household.pk),
            "supply": supply_now(household.building.substation_id, at=at),
            **comfort_context(self.access, at=at),
            **_use(self),
            "live_url": settings.LIVE_URL,
            "ticket_url": TICKETS,
            "stale_after_s": int(STALE_AFTER.total_seconds()),
        }

    def _money(self) -> dict[str, Any]:
        if not self.access.sees_money:
            return {}
        newest = with_owed(invoices_of(self.access)).order_by("-period_start", "-pk")
        all_bills = bills(newest, on=self.access.utility.local_date(self.now))
        return {"bills": all_bills, "due": due_panel(all_bills)}


class UsePart(HomeView):
    """The consumption panel alone, at another resolution."""

    may_be_looked_at = True

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        return self.page("page/panels/use.html", **_use(self))


def _use(view: HomeView) -> dict[str, Any]:
    resolution = resolution_named(view.request.GET.get("by"))
    period = view.access.visible(span(resolution, now=view.now))
    series = consumption(view.access.household.pk, period, resolution, within=view.access.time)
    panel = use_panel(series, resolution=resolution)
    cost_minor = heat_cost_minor(view.access, panel.days) if panel.days else None
    return {"use": panel, "heat_cost_minor": cost_minor}


class SimilarPage(HomeView):
    """The home's heat beside that of homes alike."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        months = similar_homes(self.access, today=self.access.utility.local_date(self.now))
        return self.page("page/similar.html", panel=similar_panel(months))


class SeasonPage(HomeView):
    """What the running season will have cost."""

    needs_money = True

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it, or say why nobody can tell."""
        try:
            told = forecast(self.access, at=self.now)
        except NoForecastError as error:
            return self.page("page/season.html", fault=str(error))
        return self.page("page/season.html", told=told, panel=season_panel(told))
