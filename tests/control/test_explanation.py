"""The words for what the plant did."""

from __future__ import annotations

from datetime import timedelta

import pytest

from comfort.queries.demand import HomeEffect
from control.enums import AnswerState, TargetState
from control.explanation import CLIPS, reasons, steps
from control.queries.answers import ComfortAnswer, TargetView
from control.regulator.types import Clip
from tests.comfort.factories import a_vote
from tests.factories import a_household
from tests.metering.factories import NOON

pytestmark = pytest.mark.usefixtures("scoped")


def _target(supply_c: float, *states: TargetState, **terms: object) -> TargetView:
    instants = {state: NOON + timedelta(seconds=n) for n, state in enumerate(states)}
    return TargetView(
        command="c",
        issued_at=NOON,
        expires_at=NOON + timedelta(minutes=30),
        secondary_supply_c=supply_c,
        cause="comfort",
        state=states[-1],
        detail="",
        instants=instants,
        terms={"clips": [], **terms},
    )


def _effect(home_k: float) -> HomeEffect:
    return HomeEffect(home_k, home_k / 10, 0.0, home_k / 100, 0.0, 20, 1, 120, 3)


def _answer(
    state: AnswerState,
    *,
    before: TargetView | None = None,
    after: TargetView | None = None,
    effect: HomeEffect | None = None,
) -> ComfortAnswer:
    vote = a_vote(household=a_household())
    return ComfortAnswer(feedback=vote, state=state, before=before, after=after, effect=effect)


@pytest.mark.parametrize(
    ("before_c", "words"),
    [
        (None, "The water is to leave the station at 46.50 °C."),
        (46.5, "The water stays at 46.50 °C."),
        (46.0, "The water is to rise from 46.00 to 46.50 °C."),
        (47.0, "The water is to fall from 47.00 to 46.50 °C."),
    ],
)
def test_a_change_is_told_by_its_direction(before_c: float | None, words: str) -> None:
    before = None if before_c is None else _target(before_c, TargetState.ISSUED)
    answer = _answer(AnswerState.DECIDED, before=before, after=_target(46.5, TargetState.ISSUED))

    assert steps(answer)[1].text == words


@pytest.mark.parametrize(
    ("states", "last"),
    [
        ((TargetState.ISSUED,), ("sent", "next")),
        ((TargetState.ISSUED, TargetState.PUBLISHED), ("applied", "next")),
        ((TargetState.ISSUED, TargetState.PUBLISHED, TargetState.APPLIED), ("applied", "done")),
        ((TargetState.ISSUED, TargetState.PUBLISHED, TargetState.REJECTED), ("refused", "failed")),
        ((TargetState.ISSUED, TargetState.EXPIRED), ("expired", "failed")),
        ((TargetState.SHADOWED,), ("watched", "failed")),
    ],
)
def test_the_last_step_is_how_far_it_came(states: tuple[TargetState, ...], last: tuple[str, str]) -> None:
    step = steps(_answer(AnswerState.DECIDED, after=_target(46.5, *states)))[-1]

    assert (step.code, step.mark) == last


@pytest.mark.parametrize(
    ("home_k", "words"), [(0.5, "0.50 degrees more"), (-0.5, "0.50 degrees less"), (0.0, "no change")]
)
def test_a_home_is_told_what_its_votes_ask_for(home_k: float, words: str) -> None:
    assert words in reasons(_answer(AnswerState.WAITING, effect=_effect(home_k)))[0].text


def test_rooms_and_clips_are_reasons_too() -> None:
    after = _target(
        46.5,
        TargetState.ISSUED,
        outdoor_c=-3.2,
        curve_c=47.0,
        room_c=19.9,
        feedback_k=1.6,
        comfort_k=0.05,
        clips=["deadband", "rate"],
    )

    told = reasons(_answer(AnswerState.DECIDED, after=after))

    assert [reason.code for reason in told] == ["votes", "weather", "rooms", "deadband", "rate"]
    assert told[1].text == "The weather, felt as -3.2 °C, asks for water of 47.0 °C."


def test_every_clip_that_a_target_can_carry_has_its_words() -> None:
    # Where nobody knows the weather there is no target to explain.
    assert set(CLIPS) == {str(clip.name).lower() for clip in Clip} - {"no_outdoor"}
