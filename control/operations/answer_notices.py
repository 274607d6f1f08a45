"""Telling who voted what the station answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q

from accounts.enums import NoticeKind
from accounts.operations.notices import Occasion, tell
from comfort.models import Feedback
from control.enums import TargetState
from control.models import TargetTransition

LOOKED_BACK: Final = timedelta(hours=2)
# A vote that waited longer is answered on the page, not by a bell in the night.
VOTED_WITHIN: Final = timedelta(hours=6)


def tell_of_answers(*, at: datetime) -> int:
    """The answers of the last hours in the utility in scope, one a vote; how many people were told."""
    answered = TargetTransition.objects.filter(
        state__in=[TargetState.APPLIED, TargetState.REJECTED],
        at__gt=at - LOOKED_BACK,
        target__terms__newest_vote__isnull=False,
    ).select_related("target")
    return tell(_occasions(answered.order_by("target__issued_at", "pk"), at=at), at=at)


def _occasions(answered: Iterable[TargetTransition], *, at: datetime) -> Iterator[Occasion]:
    """Each vote with the first target that counted it."""
    answers = list(answered)
    stations = {answer.target.substation_id for answer in answers}
    votes = Feedback.objects.filter(
        Q(household__building__substation__in=stations), given_at__gt=at - VOTED_WITHIN
    ).values_list("pk", "user_id", "household_id", "given_at", "household__building__substation_id")
    for vote, user_id, household_id, given_at, substation_id in votes:
        counted = (
            answer
            for answer in answers
            if answer.target.substation_id == substation_id
            and answer.target.issued_at >= given_at
            and (answer.target.terms["newest_vote"] or 0) >= vote
        )
        if answer := next(counted, None):
            yield Occasion(
                household_id=household_id,
                kind=NoticeKind.COMFORT,
                key=f"vote:{vote}",
                facts={
                    "vote": vote,
                    "is_applied": answer.state == TargetState.APPLIED,
                    "supply_c": answer.target.secondary_supply_c,
                },
                only=user_id,
            )
