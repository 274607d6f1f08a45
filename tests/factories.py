"""Makers of the network and its people: keyword-only, unique by default, one row (or one home) a call.

A maker of tenant-owned rows needs a utility in scope, as everything else does.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count

from accounts.enums import Currency, CustomerClass, Emitter, MembershipRole, Orientation, StaffDuty
from accounts.models import (
    Building,
    Contract,
    HeatSource,
    Household,
    Membership,
    StaffRole,
    Substation,
    User,
    Utility,
)

PASSWORD = "warm rooms for all 24"
SEASON_START = date(2025, 11, 15)
_numbers = count(1)


def a_utility(
    *,
    slug: str = "",
    name: str = "Beijing Demo Heat",
    currency: Currency = Currency.CNY,
    time_zone: str = "Asia/Shanghai",
    locale: str = "en",
) -> Utility:
    """A heat supplier; Beijing's money and clock unless told otherwise."""
    slug = slug or f"utility-{next(_numbers)}"
    return Utility.objects.create(slug=slug, name=name, currency=currency, time_zone=time_zone, locale=locale)


def a_heat_source(*, name: str = "") -> HeatSource:
    """A plant."""
    return HeatSource.objects.create(name=name or f"Plant {next(_numbers)}")


def a_substation(
    *, source: HeatSource | None = None, name: str = "", emitter: Emitter = Emitter.RADIATOR
) -> Substation:
    """A heat-exchanger station in Beijing."""
    return Substation.objects.create(
        source=source or a_heat_source(),
        name=name or f"Station {next(_numbers)}",
        emitter=emitter,
        latitude_deg=Decimal("39.90420"),
        longitude_deg=Decimal("116.40740"),
    )


def a_building(*, substation: Substation | None = None, name: str = "", storeys: int = 6) -> Building:
    """A building on a station of its own, or on the one given."""
    name = name or f"Building {next(_numbers)}"
    return Building.objects.create(
        substation=substation or a_substation(), name=name, address=f"{name}, Heat Street", storeys=storeys
    )


def a_household(
    *,
    building: Building | None = None,
    customer_number: str = "",
    floor_area_m2: Decimal = Decimal("80.00"),
    storey: int = 3,
    emitter: Emitter = Emitter.RADIATOR,
) -> Household:
    """A home with everything above it: building, substation, source."""
    number = next(_numbers)
    return Household.objects.create(
        building=building or a_building(),
        customer_number=customer_number or f"C{number:06d}",
        label=f"{storey}-{number}",
        floor_area_m2=floor_area_m2,
        storey=storey,
        orientation=Orientation.SOUTH,
        emitter=emitter,
    )


def a_user(*, email: str = "", name: str = "Li Na") -> User:
    """A person who signs in with ``PASSWORD``; tied to nothing yet."""
    return User.objects.create_user(email or f"person-{next(_numbers)}@example.com", PASSWORD, name=name)


def a_membership(
    *,
    user: User,
    household: Household,
    role: MembershipRole = MembershipRole.OWNER,
    starts_on: date = SEASON_START,
    ends_on: date | None = None,
) -> Membership:
    """A person's tie to a home."""
    return Membership.objects.create(
        user=user, household=household, role=role, starts_on=starts_on, ends_on=ends_on
    )


def a_resident(
    *, household: Household, role: MembershipRole = MembershipRole.OWNER, starts_on: date = SEASON_START
) -> User:
    """A person who lives in ``household``."""
    user = a_user()
    a_membership(user=user, household=household, role=role, starts_on=starts_on)
    return user


def a_contract(
    *,
    household: Household,
    customer_name: str = "Li Na",
    customer_class: CustomerClass = CustomerClass.RESIDENTIAL,
    starts_on: date = SEASON_START,
    ends_on: date | None = None,
) -> Contract:
    """Who pays for the heat of ``household``."""
    return Contract.objects.create(
        household=household,
        customer_name=customer_name,
        customer_class=customer_class,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def a_clerk(*, duty: StaffDuty = StaffDuty.SERVICE, email: str = "", starts_on: date = SEASON_START) -> User:
    """A member of the staff of the utility in scope, who may open its desk."""
    user = a_user(email=email, name="Wang Wei")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    StaffRole.objects.create(user=user, duty=duty, starts_on=starts_on)
    return user
