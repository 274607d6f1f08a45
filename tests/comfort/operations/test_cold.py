"""A home under the minimum: found by its own sensors, recorded with its evidence, never averaged away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Building, Household, Utility
from accounts.period import Period
from accounts.scope import utility_scope
from comfort.enums import EntryKind, Fault, TicketState
from comfort.models import ColdSpell, ColdTicket, TicketEntry
from comfort.operations.cold import watch_rooms
from comfort.operations.tickets import TicketError, close_ticket, let_ticket_wait, note_ticket, take_ticket
from comfort.queries.service import service_failures
from metering.models import Device, RoomTemperature
from tests.comfort.factories import a_room
from tests.factories import a_building, a_clerk, a_household, a_utility
from tests.metering.factories import NOON, a_controller, a_room_sensor, a_telemetry_value

pytestmark = pytest.mark.django_db
STEP = timedelta(minutes=15)


def says(
    sensor: Device, temperature_c: Callable[[float], float] | float, *, hours: float, until: datetime
) -> None:
    """A value every quarter of an hour up to ``until``; a function gets the hours before that."""
    RoomTemperature.objects.bulk_create(
        RoomTemperature(
            device=sensor,
            measured_at=until - n * STEP,
            temperature_c=temperature_c(n / 4) if callable(temperature_c) else temperature_c,
            received_at=until - n * STEP,
        )
        for n in range(int(hours * 4) + 1)
    )


def a_measured_home(*, building: Building | None = None) -> tuple[Household, Device]:
    """A home whose living room is measured."""
    home = a_household(building=building)
    sensor = a_room_sensor(household=home)
    a_room(household=home, name="Living room", sensor=sensor)
    return home, sensor


def test_two_hours_below_open_a_ticket_with_the_evidence(scoped: Utility) -> None:
    assert scoped.minimum_room_c == 18
    home, sensor = a_measured_home()
    controller = a_controller(substation=home.building.substation)
    a_telemetry_value(device=controller, tag="outdoor_c", value=-8.5, measured_at=NOON - STEP)
    a_telemetry_value(device=controller, tag="secondary_supply_c", value=41.0, measured_at=NOON - STEP)
    # Under the minimum for five hours, after having been at twenty.
    says(sensor, lambda before: 17.2 if before <= 5 else 20.0, hours=8, until=NOON)

    assert watch_rooms(at=NOON).began == 1

    spell = ColdSpell.objects.get()
    assert spell.household == home
    assert spell.starts_at == NOON - timedelta(hours=5)
    assert (spell.minimum_c, spell.lowest_c, spell.ends_at) == (18.0, 17.2, None)
    assert spell.evidence["rooms"][0]["room"] == "Living room"
    assert spell.evidence["rooms"][0]["lowest_c"] == 17.2
    assert spell.evidence["plant"]["outdoor_c"]["value"] == -8.5
    assert spell.evidence["plant"]["secondary_supply_c"]["at"] == (NOON - STEP).isoformat()
    assert spell.ticket.state == TicketState.NEW
    assert [entry.kind for entry in spell.ticket.entries.all()] == [EntryKind.COLD]


@pytest.mark.parametrize(
    "temperature_c",
    [
        pytest.param(lambda before: 17.0 if before < 1.5 else 18.5, id="for an hour and a half"),
        pytest.param(lambda before: 18.1 if before == 1 else 17.0, id="but for one value"),
        pytest.param(lambda _before: 18.0, id="exactly the minimum"),
        pytest.param(lambda _before: 3.0, id="what no room can be"),
    ],
)
def test_less_than_that_opens_nothing(scoped: Utility, temperature_c: Callable[[float], float]) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, temperature_c, hours=6, until=NOON)

    assert watch_rooms(at=NOON).began == 0
    assert not ColdTicket.objects.exists()


def test_an_open_window_is_no_cold_home(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    # The sash stands open for half an hour: the value falls by six kelvins at once and comes back.
    says(sensor, lambda before: 14.5 if before in {0.5, 0.75} else 20.5, hours=6, until=NOON)

    assert watch_rooms(at=NOON).began == 0


def test_a_sensor_that_stopped_speaking_opens_nothing(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, 16.0, hours=6, until=NOON - timedelta(hours=1))

    assert watch_rooms(at=NOON).began == 0


def test_one_cold_home_is_not_averaged_away_by_its_warm_building(scoped: Utility) -> None:
    assert scoped.pk
    building = a_building()
    for _ in range(9):
        says(a_measured_home(building=building)[1], 24.0, hours=3, until=NOON)
    cold, sensor = a_measured_home(building=building)
    says(sensor, 16.5, hours=3, until=NOON)

    assert watch_rooms(at=NOON).began == 1
    assert ColdSpell.objects.get().household == cold


def test_each_utility_has_its_own_minimum(scoped: Utility) -> None:
    scoped.minimum_room_c = 20
    scoped.save()
    _home, sensor = a_measured_home()
    says(sensor, 19.5, hours=3, until=NOON)

    assert watch_rooms(at=NOON).began == 1
    assert ColdSpell.objects.get().minimum_c == 20.0


def test_the_watch_leaves_other_utilities_alone(scoped: Utility) -> None:
    assert scoped.pk
    with utility_scope(a_utility()):
        _home, sensor = a_measured_home()
        says(sensor, 15.0, hours=3, until=NOON)

    assert watch_rooms(at=NOON).began == 0


def test_watching_twice_changes_nothing(scoped: Utility) -> None:
    assert scoped.pk
    says(a_measured_home()[1], 17.0, hours=3, until=NOON)
    watch_rooms(at=NOON)

    again = watch_rooms(at=NOON)

    assert (again.began, again.ended) == (0, 0)
    assert (ColdSpell.objects.count(), TicketEntry.objects.count()) == (1, 1)


def test_the_shortfall_is_the_area_under_the_minimum(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, lambda before: 17.0 if before <= 4 else 20.0, hours=8, until=NOON)
    watch_rooms(at=NOON)

    watch_rooms(at=NOON + timedelta(minutes=5))

    # One kelvin under it for four hours.
    assert ColdSpell.objects.get().shortfall_k_h == pytest.approx(4.0)


def test_it_ends_when_the_home_is_clearly_warm_and_keeps_its_ticket(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, 17.0, hours=3, until=NOON)
    watch_rooms(at=NOON)
    later = NOON + timedelta(hours=2)
    says(sensor, 18.2, hours=1, until=NOON + timedelta(hours=1.25))
    says(sensor, 18.6, hours=0.5, until=later)
    assert watch_rooms(at=later).ended == 0  # a little above for not quite an hour

    much_later = later + timedelta(minutes=30)
    says(sensor, 18.8, hours=0.25, until=much_later)

    assert watch_rooms(at=much_later).ended == 1
    spell = ColdSpell.objects.get()
    assert spell.ends_at == NOON + timedelta(hours=1.75)
    assert spell.ticket.state == TicketState.NEW
    assert spell.ticket.entries.filter(kind=EntryKind.WARM).exists()


def test_cold_again_is_the_same_ticket_until_it_is_closed(scoped: Utility) -> None:
    assert scoped.pk
    home, sensor = a_measured_home()
    clerk = a_clerk()
    for number in range(2):
        day = NOON + timedelta(days=number)
        says(sensor, 17.0, hours=3, until=day)
        watch_rooms(at=day)
        says(sensor, 19.0, hours=1.25, until=day + timedelta(hours=2))
        watch_rooms(at=day + timedelta(hours=2))
    assert ColdTicket.objects.get().spells.count() == 2

    close_ticket(ticket_id=ColdTicket.objects.get().pk, by=clerk, at=NOON, fault=Fault.SUPPLY)
    day = NOON + timedelta(days=2)
    says(sensor, 17.0, hours=3, until=day)
    watch_rooms(at=day)

    assert list(home.cold_tickets.order_by("opened_at").values_list("state", flat=True)) == ["closed", "new"]


def test_a_day_of_silence_ends_it_where_it_was_last_heard(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, 17.0, hours=3, until=NOON)
    watch_rooms(at=NOON)

    assert watch_rooms(at=NOON + timedelta(hours=20)).ended == 0
    assert watch_rooms(at=NOON + timedelta(hours=25)).ended == 1
    assert ColdSpell.objects.get().ends_at == NOON
    assert TicketEntry.objects.latest("pk").kind == EntryKind.SILENT


def test_out_of_season_nothing_begins_and_what_runs_ends(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, 17.0, hours=3, until=NOON)

    assert watch_rooms(at=NOON, heat_due=False).began == 0
    watch_rooms(at=NOON)
    assert watch_rooms(at=NOON + STEP, heat_due=False).ended == 1
    assert TicketEntry.objects.latest("pk").kind == EntryKind.UNDUE


@pytest.mark.parametrize("homes", [1, 3])
def test_the_statements_do_not_grow_with_the_homes(
    scoped: Utility, django_assert_num_queries: DjangoAssertNumQueries, homes: int
) -> None:
    assert scoped.pk
    building = a_building()
    for _ in range(homes):
        says(a_measured_home(building=building)[1], 17.0, hours=3, until=NOON)

    with django_assert_num_queries(18):
        assert watch_rooms(at=NOON).began == homes


def test_billing_reads_what_happened_and_whose_fault_it_was(scoped: Utility) -> None:
    assert scoped.pk
    home, sensor = a_measured_home()
    other, _sensor = a_measured_home()
    says(sensor, lambda before: 17.0 if before <= 4 else 20.0, hours=8, until=NOON)
    watch_rooms(at=NOON)
    season = Period(NOON - timedelta(days=30), NOON + timedelta(days=30))

    (running,) = service_failures([home.pk, other.pk], season)
    assert (running.household_id, running.fault, running.period.end) == (home.pk, Fault.UNKNOWN, None)

    later = NOON + timedelta(hours=3)
    says(sensor, 19.0, hours=1.5, until=later)
    watch_rooms(at=later)
    close_ticket(ticket_id=running.ticket_id, by=a_clerk(), at=later, fault=Fault.SUPPLY)
    (failure,) = service_failures([home.pk], season)
    assert failure.fault == Fault.SUPPLY
    assert failure.period == Period(NOON - timedelta(hours=4), later - timedelta(hours=1) + STEP)
    assert service_failures([home.pk], Period(NOON - timedelta(days=9), NOON - timedelta(days=8))) == []
    assert service_failures([home.pk], Period(later, later + timedelta(days=8))) == []


def test_a_spell_that_has_ended_never_changes(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, 17.0, hours=3, until=NOON)
    watch_rooms(at=NOON)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        ColdSpell.objects.update(minimum_c=19.0)
    watch_rooms(at=NOON + timedelta(hours=30))

    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        ColdSpell.objects.update(ends_at=None)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        TicketEntry.objects.update(note="It was warm.")


def test_a_ticket_is_worked_by_people(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, 17.0, hours=3, until=NOON)
    watch_rooms(at=NOON)
    clerk, fitter = a_clerk(), a_clerk()
    ticket = ColdTicket.objects.get()

    take_ticket(ticket_id=ticket.pk, assignee=fitter, by=clerk, at=NOON)
    let_ticket_wait(ticket_id=ticket.pk, by=fitter, at=NOON, note="A new valve comes on Tuesday.")
    note_ticket(ticket_id=ticket.pk, by=fitter, at=NOON, note="Riser 3 is air-locked.")

    ticket.refresh_from_db()
    assert (ticket.state, ticket.assignee) == (TicketState.WAITING, fitter)
    written = [(entry.kind, entry.author, entry.for_residents) for entry in ticket.entries.order_by("pk")]
    assert written == [
        (EntryKind.COLD, None, False),
        (EntryKind.TAKEN, clerk, False),
        (EntryKind.WAITS, fitter, True),
        (EntryKind.NOTE, fitter, False),
    ]


def test_our_own_fault_cannot_be_closed_while_it_is_still_cold(scoped: Utility) -> None:
    assert scoped.pk
    _home, sensor = a_measured_home()
    says(sensor, 17.0, hours=3, until=NOON)
    watch_rooms(at=NOON)
    ticket, clerk = ColdTicket.objects.get(), a_clerk()

    with pytest.raises(TicketError, match="still under the minimum"):
        close_ticket(ticket_id=ticket.pk, by=clerk, at=NOON, fault=Fault.SUPPLY)
    with pytest.raises(TicketError, match="what the cause was"):
        close_ticket(ticket_id=ticket.pk, by=clerk, at=NOON, fault=Fault.UNKNOWN)
    with pytest.raises(TicketError, match="what it is about"):
        note_ticket(ticket_id=ticket.pk, by=clerk, at=NOON, note="  ")
    assert ColdTicket.objects.get().state == TicketState.NEW

    close_ticket(ticket_id=ticket.pk, by=clerk, at=NOON, fault=Fault.HOME, note="A window stood open.")
    with pytest.raises(TicketError, match="is closed"):
        take_ticket(ticket_id=ticket.pk, assignee=clerk, by=clerk, at=NOON)
