from __future__ import annotations

import numpy as np
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from control.enums import Mode
from control.models import SubstationControl
from control.operations.stations import set_mode
from control.queries.curves import SHOWN_C
from control.queries.stations import plant_of
from control.regulator import curve


@admin.register(SubstationControl)
class SubstationControlAdmin(ModelAdmin):
    """How the stations are steered. The mode changes through the actions, the figures on the page."""

    list_display = ("substation", "mode", "design_outdoor_c", "design_supply_c", "room_target_c", "shift_k")
    list_filter = ("mode",)
    list_select_related = ("substation",)
    search_fields = ("substation__name",)
    autocomplete_fields = ("substation",)
    # A hold needs a reason and an end, so it has a form: on the station's page.
    actions = ("activate", "watch")

    def get_readonly_fields(
        self, _request: HttpRequest, obj: SubstationControl | None = None
    ) -> tuple[str, ...]:
        """A station that is not steered yet has no curve to show."""
        return ("mode",) if obj is None else ("mode", "heating_curve")

    @admin.display(description=_("heating curve"))
    def heating_curve(self, control: SubstationControl) -> SafeString:
        """Supply by outdoor temperature, before rooms and votes."""
        points = curve.points(plant_of([control]), np.array(SHOWN_C))[0]
        cells = format_html_join(
            "",
            "<td>{} °C<br><b>{} °C</b></td>",
            zip((f"{shown:.0f}" for shown in SHOWN_C), (f"{point:.1f}" for point in points), strict=True),
        )
        return format_html('<table style="text-align:center;border-spacing:1em 0"><tr>{}</tr></table>', cells)

    @admin.action(description=_("Steer: send every target"), permissions=["change"])
    def activate(self, request: HttpRequest, controls: QuerySet[SubstationControl]) -> None:
        """Let the controller send."""
        self._set(request, controls, Mode.ACTIVE)

    @admin.action(description=_("Watch: decide, but send nothing"), permissions=["change"])
    def watch(self, request: HttpRequest, controls: QuerySet[SubstationControl]) -> None:
        """Let the controller decide only."""
        self._set(request, controls, Mode.SHADOW)

    def _set(self, request: HttpRequest, controls: QuerySet[SubstationControl], mode: Mode) -> None:
        changed = set_mode(controls=list(controls), mode=mode)
        words = ngettext("%(count)d station: %(mode)s.", "%(count)d stations: %(mode)s.", changed)
        messages.success(request, words % {"count": changed, "mode": mode.label})
