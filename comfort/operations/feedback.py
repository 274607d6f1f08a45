"""A resident's vote is recorded together with what was measured when it was given."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from accounts.models import Building, Household, User
from comfort.models import Feedback, Room
from comfort.queries.rooms import RoomView, rooms_now
from metering.queries.latest import latest_telemetry

# An older value is no evidence of what somebody feels now.
FRESH: Final = timedelta(hours=2)
# Devices' clocks run a little ahead of ours.
AHEAD: Final = timedelta(minutes=5)
# The columns of the evidence and the signals that fill them.
SIGNALS: Final = {
    "outdoor_c": "outdoor_c",
    "supply_c": "secondary_supply_c",
    "supply_target_c": "secondary_supply_target_c",
}


class FeedbackError(ValueError):
    """A vote that cannot be taken; the sentence says why."""


class KeyReusedError(FeedbackError):
    """The key already names another vote of this home."""


@dataclass(frozen=True, slots=True)
class _Evidence:
    room_temperature_c: float | None
    room_measured_at: datetime | None
    outdoor_c: float | None
    supply_c: float | None
    supply_target_c: float | None


@transaction.atomic
def give_feedback(  # noqa: PLR0913 - who, where, what, when, and the request's own name
    *,
    household: Household,
    user: User,
    sensation: int,
    at: datetime,
    room: Room | None = None,
    comment: str = "",
    key: str = "",
) -> Feedback:
    """Record a vote and its evidence. The same ``key`` again is the same vote, not a second one.

    To undo or change a vote, give another: the newest within six hours replaces the others.

    Raises:
        FeedbackError: the sensation is not -3 to 3, or the room is in another home.
        KeyReusedError: ``key`` was given before, with another sensation, room or comment.
    """
    if not -3 <= sensation <= 3:  # noqa: PLR2004 - the seven steps of the scale
        raise FeedbackError(f"A sensation is -3 to 3, not {sensation}.")
    if room is not None and room.household_id != household.pk:
        raise FeedbackError(f"Room {room.pk} is not in household {household.pk}.")
    said = {"sensation": sensation, "room": room, "comment": comment}
    evidence = asdict(_evidence(household, room=room, at=at))
    row = {**said, **evidence, "user": user, "given_at": at}
    if not key:
        return Feedback.objects.create(household=household, **row)
    feedback, _created = Feedback.objects.get_or_create(household=household, key=key, defaults=row)
    if any(getattr(feedback, name) != value for name, value in said.items()):
        raise KeyReusedError(f"The key '{key}' already names another vote.")
    return feedback


def _evidence(household: Household, *, room: Room | None, at: datetime) -> _Evidence:
    seen = _seen_room(household, room=room, at=at)
    building = Building.objects.get(pk=household.building_id)
    latest = latest_telemetry([building.substation_id], list(SIGNALS.values()), at - FRESH)
    signals = {
        column: value
        for column, tag in SIGNALS.items()
        for value, measured_at in [latest.get((building.substation_id, tag), (None, at))]
        if measured_at <= at + AHEAD
    }
    return _Evidence(
        room_temperature_c=seen.temperature_c if seen else None,
        room_measured_at=seen.measured_at if seen else None,
        outdoor_c=signals.get("outdoor_c"),
        supply_c=signals.get("supply_c"),
        supply_target_c=signals.get("supply_target_c"),
    )


def _seen_room(household: Household, *, room: Room | None, at: datetime) -> RoomView | None:
    """The room of the vote if it has a fresh value; for a vote on the home, its first room that has."""
    fresh = [
        view
        for view in rooms_now(household.pk)
        if view.measured_at is not None and at - FRESH <= view.measured_at <= at + AHEAD
    ]
    return next((view for view in fresh if room is None or view.id == room.pk), None)
