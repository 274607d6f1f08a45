"""The words for what the plant did, made from codes and figures in the reader's language; none are stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from comfort.queries.demand import HomeEffect
from control.enums import AnswerState, TargetState
from control.queries.answers import ComfortAnswer, TargetView

Mark = Literal["done", "next", "failed"]
# Below it, a change of the water is none that anybody could measure.
VISIBLE_K: Final = 0.005

CLIPS: Final = {
    "comfort": gettext_lazy("The votes ask for more than this station may give."),
    "trust": gettext_lazy(
        "The rooms ask for more than 8 degrees beside the heating curve; that is the limit."
    ),
    "highest": gettext_lazy("The water is as hot as this station may make it."),
    "lowest": gettext_lazy("The water is as cool as this weather allows."),
    "deadband": gettext_lazy("Weather and rooms have changed too little to move the water; only votes did."),
    "rate": gettext_lazy("The water changes slowly, so the rest of the change is still to come."),
    "frost": gettext_lazy("The water comes back so cold that frost protection keeps it warmer."),
    "few_rooms": gettext_lazy("Too few rooms are measured here, so the weather alone leads."),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One thing on the way from a vote to the water: its stable code, how it stands, the words, when."""

    code: str
    mark: Mark
    text: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason with its stable code."""

    code: str
    text: str


def steps(answer: ComfortAnswer) -> list[Step]:
    """The vote's way so far, and the step that comes next."""
    return [_heard(answer), *_decided(answer), *_sent(answer), *_confirmed(answer)]


def reasons(answer: ComfortAnswer) -> list[Reason]:
    """Why the target is what it is, the votes first."""
    return [*_votes(answer), *_plant(answer.after)]


def _heard(answer: ComfortAnswer) -> Step:
    return Step("heard", "done", _("Your vote is recorded."), answer.feedback.given_at)


def _decided(answer: ComfortAnswer) -> Iterator[Step]:
    if answer.state == AnswerState.UNSTEERED:
        yield Step("unsteered", "failed", _("Your station is not steered from here at the moment."), None)
    elif answer.after is None:
        yield Step("decided", "next", _("Your vote counts in the station's next decision."), None)
    else:
        yield Step("decided", "done", _change(answer.before, answer.after), answer.after.issued_at)


def _change(before: TargetView | None, after: TargetView) -> str:
    figures = {"after": f"{after.secondary_supply_c:.2f}"}
    if before is None:
        return _("The water is to leave the station at %(after)s °C.") % figures
    figures["before"] = f"{before.secondary_supply_c:.2f}"
    if abs(after.secondary_supply_c - before.secondary_supply_c) < VISIBLE_K:
        return _("The water stays at %(after)s °C.") % figures
    if after.secondary_supply_c > before.secondary_supply_c:
        return _("The water is to rise from %(before)s to %(after)s °C.") % figures
    return _("The water is to fall from %(before)s to %(after)s °C.") % figures


def _sent(answer: ComfortAnswer) -> Iterator[Step]:
    after = answer.after
    if after is None:
        return
    if TargetState.SHADOWED in after.instants:
        text = _("Your station only watches for now: the target was not sent to it.")
        yield Step("watched", "failed", text, after.issued_at)
    elif TargetState.PUBLISHED in after.instants:
        sent_at = after.instants[TargetState.PUBLISHED]
        yield Step("sent", "done", _("The target was sent to the station."), sent_at)
    elif answer.state == AnswerState.DECIDED:
        yield Step("sent", "next", _("The target is on its way to the station."), None)


def _confirmed(answer: ComfortAnswer) -> Iterator[Step]:
    after = answer.after
    if after is None:
        return
    if TargetState.APPLIED in after.instants:
        applied_at = after.instants[TargetState.APPLIED]
        yield Step("applied", "done", _("The station has confirmed it and is at work."), applied_at)
    if TargetState.REJECTED in after.instants:
        text = _("The station refused it and keeps to its own curve.")
        yield Step("refused", "failed", text, after.instants[TargetState.REJECTED])
    if TargetState.EXPIRED in after.instants:
        text = _("No newer target came in time, so the station went back to its own curve.")
        yield Step("expired", "failed", text, after.instants[TargetState.EXPIRED])
    if after.state == TargetState.PUBLISHED:
        yield Step("applied", "next", _("The station has not answered yet."), None)


def _votes(answer: ComfortAnswer) -> Iterator[Reason]:
    if answer.effect is not None:
        yield Reason("home", _home(answer.effect))
        yield Reason("pool", _pool(answer.effect))
    terms = answer.after.terms if answer.after else {}
    if abs(terms.get("comfort_k", 0)) >= VISIBLE_K:
        figures = {"kelvins": f"{terms['comfort_k']:+.2f}"}
        yield Reason("votes", _("All votes together move the water by %(kelvins)s degrees.") % figures)


def _home(effect: HomeEffect) -> str:
    if abs(effect.home_k) < VISIBLE_K:
        return _("Your votes ask for no change.")
    figures = {
        "home": f"{abs(effect.home_k):.2f}",
        "building": f"{effect.building_alone_k:+.3f}",
        "station": f"{effect.station_alone_k:+.3f}",
    }
    if effect.home_k > 0:
        text = _(
            "Your votes ask for %(home)s degrees more. That moves the rooms' target by %(building)s degrees "
            "in your building and by %(station)s at your station."
        )
    else:
        text = _(
            "Your votes ask for %(home)s degrees less. That moves the rooms' target by %(building)s degrees "
            "in your building and by %(station)s at your station."
        )
    return text % figures


def _pool(effect: HomeEffect) -> str:
    figures = {
        "building_voters": effect.building_voters,
        "building_homes": effect.building_homes,
        "station_voters": effect.station_voters,
        "station_homes": effect.station_homes,
    }
    return (
        _(
            "One home, one voice: %(building_voters)s of %(building_homes)s homes in your building and "
            "%(station_voters)s of %(station_homes)s at your station have spoken; silence counts half."
        )
        % figures
    )


def plant_reasons(target: TargetView | None) -> list[Reason]:
    """What the plant itself says of a target, without anybody's votes: for those who run it."""
    return list(_plant(target))


def _plant(after: TargetView | None) -> Iterator[Reason]:
    if after is None:
        return
    terms = after.terms
    if terms.get("outdoor_c") is not None:
        figures = {"outdoor": f"{terms['outdoor_c']:.1f}", "curve": f"{terms['curve_c']:.1f}"}
        text = _("The weather, felt as %(outdoor)s °C, asks for water of %(curve)s °C.")
        yield Reason("weather", text % figures)
    if terms.get("room_c") is not None and terms.get("feedback_k"):
        figures = {"room": f"{terms['room_c']:.1f}", "kelvins": f"{terms['feedback_k']:+.1f}"}
        text = _("The cooler rooms are at %(room)s °C, which moves it by %(kelvins)s degrees.")
        yield Reason("rooms", text % figures)
    for code in terms.get("clips", []):
        if code in CLIPS:
            yield Reason(code, str(CLIPS[code]))
