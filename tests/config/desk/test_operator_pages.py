"""The operators' pages: what they show, what they do, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import Building, Household, Substation, User, Utility
from accounts.scope import utility_scope
from config.desk.urls import urlpatterns
from control.enums import Mode
from control.models import ManualHold, SubstationControl
from control.operations.holds import HoldError, hold_station, release_ended
from control.operations.tick import tick
from tests.control.factories import a_control, a_forecast, a_target
from tests.factories import a_building, a_clerk, a_household, a_substation, a_utility
from tests.metering.factories import a_controller, a_room_sensor, a_room_temperature, a_telemetry_value

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(scoped: Utility) -> User:
    """A network engineer."""
    assert scoped.pk
    return a_clerk(duty=StaffDuty.NETWORK)


@pytest.fixture
def desk(operator: User, client: Client) -> Client:
    """Their browser."""
    client.force_login(operator)
    return client


@pytest.fixture
def station(scoped: Utility) -> Substation:
    """A steered station with water, weather and a target."""
    assert scoped.pk
    substation, now = a_substation(name="Heping Garden"), timezone.now()
    a_control(substation=substation)
    controller = a_controller(substation=substation)
    for tag, value in (("secondary_supply_c", 44.5), ("secondary_return_c", 35.0)):
        a_telemetry_value(device=controller, tag=tag, value=value, measured_at=now)
    a_forecast(substation=substation, around=now, outdoor_c=-2.0)
    terms: dict[str, object] = {
        "curve_c": 45.0,
        "feedback_k": 1.5,
        "comfort_k": 0.5,
        "outdoor_c": -2.0,
        "room_c": 20.1,
    }
    a_target(
        substation=substation,
        controller=controller,
        issued_at=now,
        supply_c=46.0,
        terms={**terms, "clips": ["rate"]},
    )
    return substation


def a_measured_building(station: Substation) -> Building:
    """Two storeys of two flats, one of them cold, one not measured."""
    building = a_building(substation=station, name="Heping Garden 1")
    for storey, degrees in ((1, 17.0), (1, 21.0), (2, 26.0), (2, None)):
        home = a_household(building=building, storey=storey)
        if degrees is not None:
            sensor = a_room_sensor(household=home)
            a_room_temperature(device=sensor, temperature_c=degrees, measured_at=timezone.now())
    return building


def shown(desk: Client, name: str, *keys: int, **query: str) -> str:
    """A page as text."""
    answer = desk.get(reverse(name, args=keys), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_schematic_draws_and_tells_the_network(desk: Client, station: Substation) -> None:
    a_measured_building(station)

    page = shown(desk, "desk-network")

    assert "1 station. All of them report, and no alarm stands." in page
    assert "44.5 → 46.0 °C" in page
    assert 'class="box fine"' in page  # the middle of 17, 21 and 26 degrees
    assert "<svg" in page
    assert "<table" in page


def test_a_network_without_anything_says_so(desk: Client) -> None:
    assert "There is no substation yet." in shown(desk, "desk-network")


def test_the_map_of_flats_shows_storeys_from_the_top(desk: Client, station: Substation) -> None:
    building = a_measured_building(station)

    page = shown(desk, "desk-warmth", building.pk)

    assert "3 of 4 flats are measured: 17.0 to 26.0 °C; 1 of them are under 18.0 °C." in page
    assert page.index("Storey 2") < page.index("Storey 1")
    assert [page.count(f'<td class="{mood}">') for mood in ("cold", "fine", "hot", "unknown")] == [1, 1, 1, 1]


def test_a_target_is_explained_in_words_steps_and_a_table(desk: Client, station: Substation) -> None:
    page = shown(desk, "desk-station", station.pk)

    assert "The weather, felt as -2.0 °C, asks for water of 45.0 °C." in page
    assert "The water changes slowly, so the rest of the change is still to come." in page
    for figure in ("45.00 °C", "+1.50 K", "+0.50 K", "-1.00 K", "46.00 °C"):
        assert figure in page


def test_a_curve_is_tried_on_last_week_and_saved_only_on_purpose(desk: Client, station: Substation) -> None:
    figures = {"slope": "1.5", "shift_k": "1", "room_target_c": "20.5"}

    tried = shown(desk, "desk-station", station.pk, **figures)

    assert "Nothing is saved yet." in tried
    assert SubstationControl.objects.get().shift_k == 0.0
    desk.post(reverse("desk-station", args=[station.pk]), {**figures, "do": "curve"})
    control = SubstationControl.objects.get()
    # 20.5 degrees and 1.5 kelvins for each of the 29.5 down to the design point.
    assert (control.design_supply_c, control.shift_k) == (64.75, 1.0)


@pytest.mark.parametrize("figures", [{"slope": "9"}, {"slope": "0.01"}, {"slope": "nan"}, {"slope": "3.5"}])
def test_a_curve_that_cannot_be_is_refused(
    desk: Client, station: Substation, figures: dict[str, str]
) -> None:
    said = {"shift_k": "0", "room_target_c": "20.5", **figures}

    assert desk.get(reverse("desk-station", args=[station.pk]), said).status_code == 200
    desk.post(reverse("desk-station", args=[station.pk]), {**said, "do": "curve"})

    assert SubstationControl.objects.get().design_supply_c == 60.0


def test_a_hold_has_a_reason_and_an_end_and_the_tick_keeps_off(desk: Client, station: Substation) -> None:
    address = reverse("desk-station", args=[station.pk])
    desk.post(address, {"do": "hold", "reason": "", "hours": "2"})
    assert SubstationControl.objects.get().mode == Mode.ACTIVE

    desk.post(address, {"do": "hold", "reason": "Pump 2 is being changed.", "hours": "2"})

    assert SubstationControl.objects.get().mode == Mode.HOLD
    assert "Pump 2 is being changed." in shown(desk, "desk-station", station.pk)
    assert tick(now=timezone.now()).stations == 0
    desk.post(address, {"do": "steer"})
    assert SubstationControl.objects.get().mode == Mode.HOLD
    desk.post(address, {"do": "release"})
    hold = ManualHold.objects.get()
    assert (SubstationControl.objects.get().mode, hold.released_by) == (Mode.ACTIVE, hold.held_by)


def test_a_hold_ends_by_itself_and_the_station_goes_back_to_what_it_was(operator: User) -> None:
    now, substation = timezone.now(), a_substation()
    a_control(substation=substation, mode=Mode.SHADOW)
    hold_station(
        substation_id=substation.pk, reason="Works.", until=now + timedelta(hours=1), by=operator, at=now
    )
    with pytest.raises(HoldError, match="on hold already"):
        hold_station(
            substation_id=substation.pk, reason="More.", until=now + timedelta(hours=2), by=operator, at=now
        )

    assert release_ended(now=now + timedelta(minutes=59)) == 0
    assert tick(now=now + timedelta(minutes=61)).stations == 1
    assert SubstationControl.objects.get().mode == Mode.SHADOW
    assert ManualHold.objects.get().released_by is None


def test_a_hold_for_ever_is_refused(operator: User) -> None:
    now, substation = timezone.now(), a_substation()
    a_control(substation=substation)
    for until in (now, now - timedelta(hours=1), now + timedelta(days=15)):
        with pytest.raises(HoldError, match="within 14 days"):
            hold_station(substation_id=substation.pk, reason="Works.", until=until, by=operator, at=now)


def test_shadow_and_steering_are_switched_on_the_page(desk: Client, station: Substation) -> None:
    for asked, mode in (("watch", Mode.SHADOW), ("steer", Mode.ACTIVE)):
        desk.post(reverse("desk-station", args=[station.pk]), {"do": asked})
        assert SubstationControl.objects.get().mode == mode


def test_a_station_that_is_not_steered_says_so(desk: Client) -> None:
    assert "not steered from here" in shown(desk, "desk-station", a_substation().pk)


def test_pages_speak_chinese(desk: Client, station: Substation) -> None:
    a_measured_building(station)
    for name, keys in (("desk-network", ()), ("desk-station", (station.pk,))):
        page = desk.get(reverse(name, args=keys), headers={"Accept-Language": "zh-hans"}).content.decode()
        assert "换热站" in page


# --- the wall of the operators' pages, as tests/project/test_wall.py has it for all others ---


def pages_of(building: Building, home: Household) -> Iterator[str]:
    """Every address of the desk's pages with the keys of this building's network and of a home in it."""
    keys: dict[str, int | str] = {
        "household_id": home.pk,
        "station_id": building.substation_id,
        "building_id": building.pk,
        "own": "building",
        "place_id": building.pk,
    }
    for entry in urlpatterns:
        if entry.name == "desk-utility":
            continue
        wanted = list(entry.pattern.converters)
        assert set(wanted) <= keys.keys(), f"Teach the walk to name a stranger's {wanted}."
        yield reverse(str(entry.name), args=[keys[key] for key in wanted])


def test_no_page_shows_another_utilitys_network(desk: Client) -> None:
    with utility_scope(a_utility()):
        foreign = a_building(substation=a_substation(name="Secret Station"), name="Secret Building")
        home = a_household(building=foreign, customer_number="Secret 1")
        a_control(substation=foreign.substation)
    for address in pages_of(foreign, home):
        answer = desk.get(address)
        assert answer.status_code in {200, 404}
        assert "Secret" not in answer.content.decode(), address
        refused = desk.post(address, {"do": "hold", "reason": "Mine.", "hours": "2"})
        assert refused.status_code in {403, 404, 405}, address
    with utility_scope(foreign.utility_id):
        assert SubstationControl.objects.get().mode == Mode.ACTIVE


def test_nobody_without_a_desk_opens_a_page_and_lookers_change_nothing(
    client: Client, station: Substation
) -> None:
    building = a_measured_building(station)
    home = Household.objects.filter(building=building).earliest("pk")
    for address in pages_of(building, home):
        assert client.get(address).status_code == 302
    client.force_login(a_clerk(duty=StaffDuty.AUDITOR))
    for address in pages_of(building, home):
        assert client.get(address).status_code == 200
        assert client.post(address, {"do": "watch"}).status_code in {403, 405}
    assert SubstationControl.objects.get().mode == Mode.ACTIVE
