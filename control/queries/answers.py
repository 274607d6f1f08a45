"""What the plant did about a home's votes: the facts, one answer a vote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Prefetch, QuerySet

from accounts.models import Household, Substation
from comfort.models import Feedback
from comfort.queries.demand import HomeEffect, home_effect
from control.enums import AnswerState, Mode, TargetState
from control.models import SubstationControl, Target, TargetTransition

# The resident sees this much; the staff sees everything.
LOOKED_BACK: Final = timedelta(days=7)


OF_TARGET: Final = {
    TargetState.ISSUED: AnswerState.DECIDED,
    TargetState.SHADOWED: AnswerState.WATCHED,
    TargetState.PUBLISHED: AnswerState.SENT,
    TargetState.APPLIED: AnswerState.APPLIED,
    TargetState.REJECTED: AnswerState.REFUSED,
    TargetState.EXPIRED: AnswerState.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class TargetView:
    """A target and how far it came; ``instants`` has the time of every state it reached."""

    command: str
    issued_at: datetime
    expires_at: datetime
    secondary_supply_c: float
    cause: str
    state: TargetState
    detail: str
    instants: dict[TargetState, datetime]
    terms: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ComfortAnswer:
    """One vote, the target that stood before it, the first one that counted it, and what it weighs now.

    ``effect`` is told for the home's newest vote only: it is what all its standing votes do at the moment.
    """

    feedback: Feedback
    state: AnswerState
    before: TargetView | None
    after: TargetView | None
    effect: HomeEffect | None


@dataclass(frozen=True, slots=True)
class StationNow:
    """How the home's station is steered and what it was told last; ``mode`` is None where it is not."""

    substation: Substation
    mode: Mode | None
    current: TargetView | None


def station_now(household: Household) -> StationNow:
    """The home's station as it stands."""
    substation = Substation.objects.get(buildings=household.building_id)
    control = SubstationControl.objects.filter(substation=substation).first()
    return StationNow(
        substation=substation,
        mode=Mode(control.mode) if control else None,
        current=newest_target(substation),
    )


def newest_target(substation: Substation) -> TargetView | None:
    """What the station was told last; None where nothing ever was."""
    newest = _targets(substation).order_by("-issued_at").first()
    return target_view(newest) if newest else None


def comfort_answers(
    household: Household, *, at: datetime, since: datetime, limit: int = 1
) -> list[ComfortAnswer]:
    """The answers to the home's newest votes of the last week, newest first, at most ``limit``.

    ``since`` is when the one who asks came: what the people before them said is not told.
    """
    votes = Feedback.objects.filter(household=household, given_at__gt=max(at - LOOKED_BACK, since))
    newest = list(votes.select_related("room").order_by("-given_at", "-pk")[:limit])
    if not newest:
        return []
    station = station_now(household)
    effect = home_effect(household, at)
    return [
        _answer(vote, station, effect=effect if number == 0 else None) for number, vote in enumerate(newest)
    ]


def target_view(target: Target) -> TargetView:
    """The target with its states in the order they were reached; transitions should be fetched already."""
    reached = sorted(target.transitions.all(), key=lambda transition: transition.pk)
    last = reached[-1]
    return TargetView(
        command=str(target.command),
        issued_at=target.issued_at,
        expires_at=target.expires_at,
        secondary_supply_c=target.secondary_supply_c,
        cause=target.cause,
        state=TargetState(last.state),
        detail=last.detail,
        instants={TargetState(transition.state): transition.at for transition in reached},
        terms=target.terms,
    )


def _answer(vote: Feedback, station: StationNow, *, effect: HomeEffect | None) -> ComfortAnswer:
    targets = _targets(station.substation)
    counted = targets.filter(issued_at__gte=vote.given_at, terms__newest_vote__gte=vote.pk)
    after = counted.order_by("issued_at").first()
    border = after.issued_at if after else vote.given_at
    before = targets.filter(issued_at__lt=border).order_by("-issued_at").first()
    view = target_view(after) if after else None
    return ComfortAnswer(
        feedback=vote,
        state=_state(station, view),
        before=target_view(before) if before else None,
        after=view,
        effect=effect,
    )


def _state(station: StationNow, after: TargetView | None) -> AnswerState:
    if after is not None:
        return OF_TARGET[after.state]
    steered = station.mode in {Mode.ACTIVE, Mode.SHADOW}
    return AnswerState.WAITING if steered else AnswerState.UNSTEERED


def _targets(substation: Substation) -> QuerySet[Target]:
    fate = Prefetch("transitions", queryset=TargetTransition.objects.all())
    return Target.objects.filter(substation=substation).prefetch_related(fate)
