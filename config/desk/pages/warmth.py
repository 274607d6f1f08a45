"""How warm the flats of a building are, storey by storey."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from accounts.models import Building
from config.desk.pages.base import DeskPage
from config.desk.pages.drawing import warmth_class
from control.queries.network import FlatNow, flats_now


class WarmthPage(DeskPage):
    """`buildings/<id>/warmth/`: the building's front as a map of its flats."""

    may_see = "comfort.view_feedback"

    def get(self, _request: HttpRequest, building_id: int) -> HttpResponse:
        """Show it."""
        building = get_object_or_404(Building.objects.select_related("substation"), pk=building_id)
        flats = flats_now(building.pk, at=self.now)
        storeys = [
            (storey, [(flat, warmth_class(flat.temperature_c)) for flat in row])
            for storey, row in groupby(flats, key=lambda flat: flat.household.storey)
        ]
        return self.page(
            "desk/warmth.html",
            title=_("Warmth in %(building)s") % {"building": building},
            building=building,
            storeys=storeys,
            columns=max((len(row) for _storey, row in storeys), default=0),
            buildings=Building.objects.order_by("name"),
            sentence=_sentence(flats, minimum_c=float(self.utility.minimum_room_c)),
        )


def _sentence(flats: list[FlatNow], *, minimum_c: float) -> str:
    known = [flat.temperature_c for flat in flats if flat.temperature_c is not None]
    if not known:
        return _("No flat of this building has been measured in the last two hours.")
    figures = {
        "measured": len(known),
        "all": len(flats),
        "lowest": f"{min(known):.1f}",
        "highest": f"{max(known):.1f}",
        "cold": sum(value < minimum_c for value in known),
        "minimum": f"{minimum_c:.1f}",
    }
    return (
        _(
            "%(measured)s of %(all)s flats are measured: %(lowest)s to %(highest)s °C; "
            "%(cold)s of them are under %(minimum)s °C."
        )
        % figures
    )
