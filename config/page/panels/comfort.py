"""What a resident said of late, and what the plant did about it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from accounts.queries.access import Access
from comfort.enums import Sensation
from comfort.models import Feedback
from comfort.queries.service import tickets_of
from control.enums import AnswerState
from control.explanation import Reason, Step, reasons, steps
from control.queries.answers import ComfortAnswer, comfort_answers

SHOWN: Final = 3
UNDER_WAY: Final = frozenset({AnswerState.WAITING, AnswerState.DECIDED, AnswerState.SENT})
# A page left open over night does not ask for ever.
ASK_FOR: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Answer:
    """One vote with its fate in sentences; ``mood`` is the CSS class."""

    vote: Feedback
    mood: str
    steps: list[Step]
    reasons: list[Reason]


@dataclass(frozen=True, slots=True)
class ComfortPanel:
    """The newest votes; ``is_waiting`` while the plant has not answered the newest one."""

    answers: list[Answer]
    is_waiting: bool


def comfort_panel(told: list[ComfortAnswer], *, at: datetime) -> ComfortPanel:
    """The panel of a home whose newest votes were answered so."""
    newest = told[0] if told else None
    is_waiting = newest is not None and newest.state in UNDER_WAY and at - newest.feedback.given_at < ASK_FOR
    return ComfortPanel([_answer(each) for each in told], is_waiting=is_waiting)


def comfort_context(access: Access, *, at: datetime) -> dict[str, Any]:
    """All that the comfort panel's template needs; a new token makes a new vote possible."""
    told = comfort_answers(access.household, at=at, since=access.since_instant, limit=SHOWN)
    return {
        "comfort": comfort_panel(told, at=at),
        "cold_tickets": tickets_of(access.household.pk, since=access.since_instant, limit=1),
        "sensations": Sensation.choices,
        "vote_token": secrets.token_urlsafe(9),
    }


def _answer(told: ComfortAnswer) -> Answer:
    return Answer(vote=told.feedback, mood=_mood(told.state), steps=steps(told), reasons=reasons(told))


def _mood(state: AnswerState) -> str:
    if state in UNDER_WAY:
        return "waiting"
    return "applied" if state == AnswerState.APPLIED else "refused"
