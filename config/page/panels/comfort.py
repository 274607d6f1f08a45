"""What a resident said of late, and what the plant did about it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from accounts.queries.access import Access
from comfort.enums import Sensation
from comfort.models import Feedback

SHOWN: Final = 3
LOOK_BACK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; ``mark`` is its CSS class: done, next or failed."""

    mark: str
    words: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One vote with its evidence and its fate. ``state`` is the CSS class: waiting, applied or refused."""

    sensation_words: str
    given_at: datetime
    comment: str
    room_temperature_c: float | None
    state: str
    reason: str = ""
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ComfortPanel:
    """The newest votes; ``is_waiting`` while the plant has not answered the newest one."""

    answers: list[Answer]
    is_waiting: bool


def comfort_panel(access: Access, *, at: datetime) -> ComfortPanel:
    """The panel of a home."""
    votes = Feedback.objects.filter(household=access.household, given_at__gt=at - LOOK_BACK)
    answers = [
        Answer(
            sensation_words=str(vote.get_sensation_display()),
            given_at=vote.given_at,
            comment=vote.comment,
            room_temperature_c=vote.room_temperature_c,
            state="waiting",
        )
        for vote in votes.order_by("-given_at", "-pk")[:SHOWN]
    ]
    return ComfortPanel(answers, is_waiting=False)


def comfort_context(access: Access, *, at: datetime) -> dict[str, Any]:
    """All that the comfort panel's template needs; a new token makes a new vote possible."""
    return {
        "comfort": comfort_panel(access, at=at),
        "sensations": Sensation.choices,
        "vote_token": secrets.token_urlsafe(9),
    }
