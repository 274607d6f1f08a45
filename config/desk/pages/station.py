"""One station: why its target is what it is, its curve with a trial on last week, and manual hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.rights import person
from accounts.models import Substation
from config.desk.pages import drawing
from config.desk.pages.base import DeskPage
from control.enums import Mode
from control.explanation import plant_reasons
from control.models import ManualHold, SubstationControl
from control.operations.curves import change_curve
from control.operations.holds import HoldError, hold_station, release_station
from control.operations.stations import set_mode
from control.queries.alarms import standing
from control.queries.answers import TargetView, newest_target
from control.queries.curves import Tried, design_supply_of, slope_of, try_curve


class CurveForm(forms.Form):
    """The curve as people know it."""

    slope = forms.FloatField(label=gettext_lazy("slope"), min_value=0.1, max_value=4)
    shift_k = forms.FloatField(label=gettext_lazy("shift, K"), min_value=-15, max_value=15)
    room_target_c = forms.FloatField(label=gettext_lazy("room target, °C"), min_value=15, max_value=25)


class HoldForm(forms.Form):
    """Why, and for how long."""

    reason = forms.CharField(label=gettext_lazy("reason"), max_length=500)
    hours = forms.FloatField(label=gettext_lazy("for hours"), min_value=0.25, max_value=14 * 24)


class StationPage(DeskPage):
    """`stations/<id>/`: everything an operator asks of one station."""

    may_see = "control.view_substationcontrol"
    may_change = "control.change_substationcontrol"

    def get(self, request: HttpRequest, station_id: int) -> HttpResponse:
        """Show it, with a curve on trial where one is given."""
        station = get_object_or_404(Substation, pk=station_id)
        control = SubstationControl.objects.select_related("substation").filter(substation=station).first()
        form = CurveForm(request.GET) if "slope" in request.GET else CurveForm(initial=_figures(control))
        tried = self._tried(control, form)
        return self._show(station, control, form=form, tried=tried)

    def post(self, request: HttpRequest, station_id: int) -> HttpResponse:
        """Do what was asked: change the curve, hold, release, watch, steer."""
        station = get_object_or_404(Substation, pk=station_id)
        control = get_object_or_404(SubstationControl, substation=station)
        try:
            said = self._act(request, control)
        except (HoldError, ValidationError) as error:
            messages.error(request, " ".join(getattr(error, "messages", [str(error)])))
        else:
            messages.success(request, said)
        return redirect("desk-station", station_id)

    def _act(self, request: HttpRequest, control: SubstationControl) -> str:
        asked, pk, by = request.POST.get("do"), control.substation_id, person(request)
        if asked == "curve":
            return self._change_curve(request, control)
        if asked == "hold":
            form = HoldForm(request.POST)
            if not form.is_valid():
                raise HoldError(_("A hold needs a reason and a time of a quarter of an hour to 14 days."))
            until = self.now + timedelta(hours=form.cleaned_data["hours"])
            hold_station(
                substation_id=pk, reason=form.cleaned_data["reason"], until=until, by=by, at=self.now
            )
            return _("The station is on hold; it keeps its last target for half an hour at most.")
        if asked == "release":
            release_station(substation_id=pk, by=by, at=self.now)
            return _("The station is released.")
        modes = {"watch": Mode.SHADOW, "steer": Mode.ACTIVE}
        if asked not in modes or control.mode == Mode.HOLD:
            raise HoldError(_("Release the station first."))
        set_mode(controls=[control], mode=modes[asked])
        return _("Recorded.")

    def _change_curve(self, request: HttpRequest, control: SubstationControl) -> str:
        form = CurveForm(request.POST)
        if not form.is_valid():
            raise ValidationError(_("These figures make no curve."))
        said = form.cleaned_data
        change_curve(
            substation_id=control.substation_id,
            design_supply_c=_design_supply(control, said),
            shift_k=said["shift_k"],
            room_target_c=said["room_target_c"],
        )
        return _("The curve is changed; the next decision follows it.")

    def _tried(self, control: SubstationControl | None, form: CurveForm) -> Tried | None:
        if control is None:
            return None
        if form.is_bound and form.is_valid():
            said = form.cleaned_data
            design_supply_c = _design_supply(control, said)
        else:
            # The slope in the form is rounded; the curve itself is not.
            said, design_supply_c = _figures(control), control.design_supply_c
        return try_curve(
            control,
            at=self.now,
            design_supply_c=design_supply_c,
            shift_k=said["shift_k"],
            room_target_c=said["room_target_c"],
        )

    def _show(
        self, station: Substation, control: SubstationControl | None, *, form: CurveForm, tried: Tried | None
    ) -> HttpResponse:
        target = newest_target(station)
        holds = ManualHold.objects.filter(substation=station).select_related("held_by").order_by("-pk")
        return self.page(
            "desk/station.html",
            title=station.name,
            station=station,
            control=control,
            form=form,
            target=target,
            why=_why(target),
            reasons=plant_reasons(target),
            trial=_trial(tried),
            hold=holds.filter(released_at=None).first(),
            holds=holds[:5],
            alarms=standing().filter(substation=station),
        )


def _figures(control: SubstationControl | None) -> dict[str, float]:
    if control is None:
        return {}
    return {
        "slope": round(slope_of(control), 3),
        "shift_k": control.shift_k,
        "room_target_c": control.room_target_c,
    }


def _design_supply(control: SubstationControl, said: dict[str, float]) -> float:
    return design_supply_of(
        slope=said["slope"], room_target_c=said["room_target_c"], design_outdoor_c=control.design_outdoor_c
    )


def _why(target: TargetView | None) -> dict[str, Any] | None:
    """The waterfall of the newest target: curve, rooms, votes, limits, target."""
    if target is None or target.terms.get("curve_c") is None:
        return None
    terms = target.terms
    rooms, votes = terms.get("feedback_k") or 0.0, terms.get("comfort_k") or 0.0
    limited = target.secondary_supply_c - terms["curve_c"] - rooms - votes
    steps = drawing.waterfall(
        (_("weather"), terms["curve_c"]),
        [(_("rooms"), rooms), (_("votes"), votes), (_("limits"), limited)],
        (_("target"), target.secondary_supply_c),
    )
    levels = [level for step in steps for level in (step.end, step.start) if level]
    scale = drawing.scale_of(levels)
    slot = drawing.WIDTH / len(steps)
    bars = [
        {
            "term": step,
            "x": round(n * slot + slot * 0.15),
            "width": round(slot * 0.7),
            "y": min(scale.y(step.end), scale.y(max(step.start, scale.low))),
            "height": max(2.0, abs(scale.y(step.end) - scale.y(max(step.start, scale.low)))),
        }
        for n, step in enumerate(steps)
    ]
    return {"bars": bars, "scale": scale}


def _trial(tried: Tried | None) -> dict[str, Any] | None:
    if tried is None:
        return None
    now, then, outdoor = tried.now_c.tolist(), tried.then_c.tolist(), tried.outdoor_c.tolist()
    scale = drawing.scale_of(now, then, outdoor)
    return {
        "tried": tried,
        "scale": scale,
        "now": drawing.polyline(now, scale),
        "then": drawing.polyline(then, scale),
        "outdoor": drawing.polyline(outdoor, scale),
        "mean_change_k": tried.mean_change_k,
    }
