"""Who can sign in to the demo, and how they are told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.contrib.auth.hashers import make_password

from accounts.enums import MembershipRole, StaffDuty
from accounts.models import Household, User
from accounts.operations.people import admit_member, appoint_staff

# Published with the demo, so it guards nothing.
PASSWORD: Final = "warm-rooms"  # noqa: S105 - as said


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a login; ``homes`` are numbers of the plan's flats."""

    email: str
    name: str
    what: str
    role: MembershipRole = MembershipRole.OWNER
    homes: tuple[int, ...] = ()
    duty: StaffDuty | None = None
    is_superuser: bool = False


RESIDENT: Final = Person(
    "resident@north-river.example", "Li Na", "resident, with a bill to pay", homes=(118,)
)
PEOPLE: Final = (
    RESIDENT,
    Person("landlord@north-river.example", "Wang Fang", "landlord of two homes", homes=(37, 158)),
    Person(
        "caretaker@north-river.example",
        "Zhang Wei",
        "caretaker, sees no money",
        role=MembershipRole.CARETAKER,
        homes=(118, 37),
    ),
    Person("clerk@north-river.example", "Chen Min", "customer service", duty=StaffDuty.SERVICE),
    Person("admin@north-river.example", "Admin", "everything", is_superuser=True),
)


def let_in(homes: list[Household], *, since: date) -> list[User]:
    """Create the people and tie them to ``homes`` (in the plan's order); needs a utility in scope."""
    # One hash for all: hashing is slow on purpose, and the password is no secret.
    password = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(
            email=person.email,
            name=person.name,
            password=password,
            is_superuser=person.is_superuser,
            is_staff=person.is_superuser,
        )
        for person in PEOPLE
    )
    for person, user in zip(PEOPLE, users, strict=True):
        for number in person.homes:
            admit_member(household=homes[number - 1], user=user, role=person.role, starts_on=since)
        if person.duty is not None:
            appoint_staff(user=user, duty=person.duty, starts_on=since)
    return users
