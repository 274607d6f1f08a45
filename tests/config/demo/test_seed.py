from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.enums import MembershipRole
from accounts.models import Building, Contract, Household, Membership, Substation, User, Utility
from accounts.queries.access import desk_utilities, homes_of
from accounts.scope import utility_scope
from billing.models import HeatingSeason, TariffComponent
from comfort.models import Room
from config.demo import people, plan, seed
from control.models import SubstationControl
from control.twin.registry import NothingToSimulateError, read_layout
from metering.enums import DeviceKind
from metering.models import Device, Installation
from tests.factories import a_utility

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def seeded(db: None) -> Utility:  # noqa: ARG001 - it is the database
    """The demo's utility."""
    return seed.seed(now=NOW)


def test_the_community_has_its_two_stations_twelve_buildings_and_240_homes(seeded: Utility) -> None:
    with utility_scope(seeded):
        assert Substation.objects.count() == 2
        assert Building.objects.count() == 12
        assert Household.objects.count() == 240
        assert Contract.objects.count() == 240
        kinds = Counter(Device.objects.values_list("kind", flat=True))
        assert kinds[DeviceKind.HEAT_METER] == 240
        assert kinds[DeviceKind.GATEWAY] == 12
        assert kinds[DeviceKind.SUBSTATION_CONTROLLER] == 2
        assert kinds[DeviceKind.ROOM_SENSOR] == Room.objects.count() >= 320
        assert Installation.objects.count() == sum(kinds.values())


def test_every_home_has_a_living_room_with_a_sensor(seeded: Utility) -> None:
    with utility_scope(seeded):
        measured = Room.objects.filter(name=plan.LIVING_ROOM, sensor__isnull=False)
        assert measured.values("household").distinct().count() == 240


def test_the_stations_are_steered_and_the_tariff_is_that_of_beijing(seeded: Utility) -> None:
    with utility_scope(seeded):
        assert list(SubstationControl.objects.values_list("mode", flat=True)) == ["active", "active"]
        prices = TariffComponent.objects.values_list("kind", "per", "price")
        assert [(kind, per, str(price)) for kind, per, price in prices] == [
            ("area", "season", "12.000000"),
            ("energy", "quantity", "0.160000"),
        ]
        (season,) = HeatingSeason.objects.all()
        assert str(season) == "2026-11-15 - 2027-03-16"


def test_a_second_seeding_finds_everything_there(seeded: Utility) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert seed.seed(now=NOW) == seeded
    assert len(_statements(queries)) == 1
    assert User.objects.count() == len(people.PEOPLE)


@pytest.mark.usefixtures("db")
def test_seeding_takes_few_statements_whatever_the_number_of_homes() -> None:
    with CaptureQueriesContext(connection) as queries:
        seed.seed(now=NOW)
    # Twelve buildings, two stations and five people are made one by one; homes and devices never.
    assert len(_statements(queries)) < 90


def test_people_reach_what_they_should(seeded: Utility) -> None:
    homes = {
        person.email: [(access.role, access.sees_money) for access in homes_of(_user(person.email), at=NOW)]
        for person in people.PEOPLE
    }
    assert homes == {
        "resident@north-river.example": [(MembershipRole.OWNER, True)],
        "landlord@north-river.example": [(MembershipRole.OWNER, True)] * 2,
        "caretaker@north-river.example": [(MembershipRole.CARETAKER, False)] * 2,
        "clerk@north-river.example": [],
        "admin@north-river.example": [],
    }
    desks = {person.email: desk_utilities(_user(person.email), at=NOW) for person in people.PEOPLE}
    assert [email for email, found in desks.items() if found == [seeded]] == [
        "clerk@north-river.example",
        "admin@north-river.example",
    ]


@pytest.mark.usefixtures("seeded")
def test_everybody_signs_in_with_the_printed_password(client: Client) -> None:
    for person in people.PEOPLE:
        assert client.login(email=person.email, password=people.PASSWORD)


def test_the_twin_reads_the_whole_community_in_a_bounded_number_of_queries(seeded: Utility) -> None:
    with CaptureQueriesContext(connection) as queries:
        layout = read_layout(seeded, now=NOW)
    assert len(queries) <= 8
    assert (len(layout.stations), len(layout.buildings), len(layout.homes)) == (2, 12, 240)
    assert (len(layout.meters), len(layout.sensors)) == (240, 322)
    assert sum(building.forwards_telegrams for building in layout.buildings) == 4
    assert {station.controller for station in layout.stations} == {"plc-01", "plc-02"}
    assert layout.stations[0].curve.design_supply_c == seed.DESIGN_SUPPLY_C


@pytest.mark.usefixtures("db")
def test_the_twin_refuses_a_utility_without_homes() -> None:
    with pytest.raises(NothingToSimulateError):
        read_layout(a_utility(), now=NOW)


def test_nobody_else_can_see_a_home_of_the_demo(seeded: Utility) -> None:
    with utility_scope(seeded):
        owners = Membership.objects.filter(role=MembershipRole.OWNER).values_list("user__email", flat=True)
    assert sorted(owners) == ["landlord@north-river.example"] * 2 + ["resident@north-river.example"]


def _user(email: str) -> User:
    return User.objects.get(email=email)


def _statements(queries: CaptureQueriesContext) -> list[str]:
    return [each["sql"] for each in queries if not each["sql"].startswith(("SAVEPOINT", "RELEASE"))]
