"""The schematic: source, stations and buildings with what they do now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.desk.pages.base import DeskPage
from config.desk.pages.drawing import warmth_class
from control.queries.network import BuildingNow, SourceNow, StationNow, network_now

# The schematic's grid, in its own units.
ROW: Final = 34
STATION_X: Final = 240
BUILDING_X: Final = 560
BUILDING_STEP: Final = 62
A_LINE: Final = 7
TOP: Final = 24


@dataclass(frozen=True, slots=True)
class BuildingBox:
    """A building's place in the drawing."""

    now: BuildingNow
    x: int
    y: int
    mood: str


@dataclass(frozen=True, slots=True)
class StationBox:
    """A station's place; its buildings stand in lines to its right."""

    now: StationNow
    y: int
    buildings: list[BuildingBox]


@dataclass(frozen=True, slots=True)
class SourceBox:
    """A source's place, in the middle of its stations."""

    now: SourceNow
    y: int
    stations: list[StationBox]


def laid_out(sources: list[SourceNow]) -> tuple[list[SourceBox], int]:
    """Everybody's place, and how high the drawing is."""
    y, boxes = TOP, []
    for source in sources:
        first, stations = y, []
        for station in source.stations:
            buildings = [
                BuildingBox(
                    now=building,
                    x=BUILDING_X + n % A_LINE * BUILDING_STEP,
                    y=y + n // A_LINE * ROW,
                    mood=warmth_class(building.rooms.middle_c),
                )
                for n, building in enumerate(station.buildings)
            ]
            stations.append(StationBox(station, y, buildings))
            y += ROW * max(1, -(-len(station.buildings) // A_LINE)) + ROW // 2
        boxes.append(SourceBox(source, (first + max(y - ROW * 3 // 2, first)) // 2, stations))
        y = max(y, first + ROW) + ROW // 2
    return boxes, y


class NetworkPage(DeskPage):
    """`network/`: the schematic, its sentence, its table."""

    may_see = "control.view_substationcontrol"

    def get(self, _request: HttpRequest) -> HttpResponse:
        """Show it."""
        sources = network_now(at=self.now)
        boxes, height = laid_out(sources)
        stations = [station for source in sources for station in source.stations]
        return self.page(
            "desk/network.html",
            title=_("Network"),
            sources=boxes,
            height=height,
            stations=stations,
            sentence=_sentence(stations),
        )


def _sentence(stations: list[StationNow]) -> str:
    troubled = [station.substation.name for station in stations if station.alarms]
    silent = [station.substation.name for station in stations if not station.water]
    said = ngettext("%(count)d station.", "%(count)d stations.", len(stations)) % {"count": len(stations)}
    if troubled:
        said += " " + _("Alarms stand at %(names)s.") % {"names": ", ".join(troubled)}
    if silent:
        said += " " + _("Nothing fresh is known of %(names)s.") % {"names": ", ".join(silent)}
    return said if troubled or silent else said + " " + _("All of them report, and no alarm stands.")
