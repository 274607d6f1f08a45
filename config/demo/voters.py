"""Residents who say how it feels, through the operation of a phone's vote; only if the demo is asked to."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import numpy as np

from accounts.enums import MembershipRole
from accounts.models import Household, Membership, User, Utility
from accounts.operations.people import admit_member
from accounts.scope import utility_scope
from comfort.operations import give_feedback
from control.twin import votes
from control.twin.noise import keys
from metering.queries.latest import latest_room_temperatures

SEED: Final = 1


def cast(utility: Utility, *, at: datetime, minutes: float) -> int:
    """Let whoever feels like it vote on the room they are in; how many did."""
    with utility_scope(utility):
        felt = {
            room.household_id: room.temperature_c
            for room in latest_room_temperatures()
            if room.household_id is not None
        }
        chance = keys(list(felt))
        speak_up = votes.speak_up(chance, at=at, minutes=minutes, seed=SEED)
        said = votes.sensations(chance, room_c=np.array(list(felt.values())), at=at, seed=SEED)
        spoken = {
            home: int(sensation)
            for home, speaks, sensation in zip(felt, speak_up, said, strict=True)
            if speaks
        }
        for household in Household.objects.filter(pk__in=spoken):
            sensation = spoken[household.pk]
            give_feedback(
                household=household, user=_resident(utility, household, at=at), sensation=sensation, at=at
            )
    return len(spoken)


def _resident(utility: Utility, household: Household, *, at: datetime) -> User:
    """Somebody who lives there; a home nobody signs in to gets a member without a password."""
    member = Membership.objects.filter(household=household).select_related("user").first()
    if member is not None:
        return member.user
    email = f"{household.customer_number.lower()}@{utility.slug}.example"
    user, _created = User.objects.get_or_create(email=email, defaults={"password": "!"})
    today = utility.local_date(at)
    admit_member(household=household, user=user, role=MembershipRole.MEMBER, starts_on=today)
    return user
