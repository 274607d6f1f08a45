"""The home's page: who sees what, with and without data, with and without JavaScript."""

from datetime import date, datetime, timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import MembershipRole
from accounts.models import Household, User, Utility
from accounts.scope import utility_scope
from comfort.models import Feedback
from comfort.operations import furnish_room
from comfort.operations.tickets import let_ticket_wait
from metering.models import TelemetryTag, TelemetryValue
from metering.operations.consumption import cut_consumption
from tests.billing.factories import a_bill, a_customer, a_tariff
from tests.comfort.factories import a_cold_spell
from tests.factories import a_building, a_clerk, a_household, a_membership, a_resident, a_substation, a_user
from tests.metering.factories import a_controller, a_meter, a_reading, a_room_sensor, a_room_temperature


def page_of(client: Client, household: Household, query: str = "") -> str:
    """The home's page as text."""
    answer = client.get(f"/homes/{household.pk}/{query}")
    assert answer.status_code == HTTPStatus.OK
    return answer.content.decode()


def a_measured_room(household: Household, *, name: str, temperature_c: float, age: timedelta) -> None:
    """A room whose sensor spoke ``age`` ago."""
    sensor = a_room_sensor(household=household)
    furnish_room(household=household, name=name, sensor=sensor)
    a_room_temperature(device=sensor, measured_at=timezone.now() - age, temperature_c=temperature_c)


def test_a_stranger_is_asked_to_sign_in_and_comes_back(client: Client, household: Household) -> None:
    answer = client.get(f"/homes/{household.pk}/")

    assert answer.headers["Location"] == f"/accounts/login/?next=/homes/{household.pk}/"


def test_the_first_page_leads_to_the_only_home(client: Client, household: Household, resident: User) -> None:
    client.force_login(resident)

    assert client.get("/").headers["Location"] == f"/homes/{household.pk}/"


def test_the_first_page_leads_to_the_home_looked_at_last(client: Client, household: Household) -> None:
    landlord, second = a_resident(household=household), a_household()
    a_membership(user=landlord, household=second)
    client.force_login(landlord)
    client.get(f"/homes/{second.pk}/")

    assert client.get("/").headers["Location"] == f"/homes/{second.pk}/"


def test_a_person_without_a_home_is_told_what_to_do(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - the scope
    client.force_login(a_user(email="new@example.com"))

    answer = client.get("/", follow=True)

    assert "new@example.com" in answer.content.decode()
    assert "not tied to a home yet" in answer.content.decode()


def test_someone_elses_home_is_not_found(client: Client, household: Household) -> None:
    client.force_login(a_resident(household=a_household()))

    for path in ("", "use", "comfort"):
        assert client.get(f"/homes/{household.pk}/{path}").status_code == HTTPStatus.NOT_FOUND


def test_a_home_is_closed_to_those_who_moved_out(client: Client, household: Household) -> None:
    former = a_user()
    a_membership(user=former, household=household, starts_on=date(2025, 1, 1), ends_on=date(2025, 6, 1))
    client.force_login(former)

    assert client.get(f"/homes/{household.pk}/").status_code == HTTPStatus.NOT_FOUND


def test_an_empty_home_says_what_is_still_to_come(
    client: Client, household: Household, resident: User
) -> None:
    client.force_login(resident)

    page = page_of(client, household)

    assert "There is no room sensor in this home yet." in page
    assert "No meter reading has arrived for this home yet." in page
    assert "No bill has been issued yet." in page
    assert "You have not told us anything yet." in page


def test_a_room_shows_its_value_and_a_silent_one_that_it_is_old(
    client: Client, household: Household, resident: User
) -> None:
    a_measured_room(household, name="Living room", temperature_c=21.44, age=timedelta(minutes=1))
    a_measured_room(household, name="Attic", temperature_c=17.0, age=timedelta(hours=3))
    client.force_login(resident)

    page = page_of(client, household)

    assert '<span class="value">21.4</span>' in page
    assert page.count('class="room"') == 1
    assert page.count('class="room stale"') == 1


def test_a_sensor_that_hangs_elsewhere_by_now_says_nothing_here(
    client: Client, household: Household, resident: User
) -> None:
    sensor = a_room_sensor(household=a_household())
    furnish_room(household=household, name="Living room", sensor=sensor)
    a_room_temperature(device=sensor, measured_at=timezone.now(), temperature_c=25.5)
    client.force_login(resident)

    page = page_of(client, household)

    assert "25.5" not in page
    assert "Nothing measured yet" in page


def test_the_water_that_heats_the_building_is_shown(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - the scope
    substation = a_substation()
    household = a_household(building=a_building(substation=substation))
    controller = a_controller(substation=substation)
    for name, value in (("secondary_supply_c", 46.2), ("outdoor_c", -2.34)):
        TelemetryValue.objects.create(
            device=controller,
            tag=TelemetryTag.objects.get(name=name),
            measured_at=timezone.now(),
            received_at=timezone.now(),
            value=value,
        )
    client.force_login(a_resident(household=household))

    page = page_of(client, household)

    assert "46.2 °C" in page
    assert "\N{MINUS SIGN}2.3 °C" in page
    assert "Aimed at" not in page


def test_a_caretaker_sees_no_money(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - the scope
    a_tariff()
    contract = a_customer()
    bill = a_bill(contract=contract)
    caretaker = a_resident(household=contract.household, role=MembershipRole.CARETAKER)
    client.force_login(caretaker)

    page = page_of(client, contract.household)

    assert "To pay" not in page
    assert "¥" not in page
    refused = client.get(f"/homes/{contract.household.pk}/bills/{bill}/")
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "Bills are the business of those who live here." in refused.content.decode()


def test_use_is_shown_by_day_and_on_demand_by_hour(
    client: Client, household: Household, resident: User
) -> None:
    meter = a_meter(household=household)
    now = timezone.now()
    start = now - timedelta(hours=60)
    for hour in range(60):
        a_reading(device=meter, measured_at=start + timedelta(hours=hour), energy_wh=1_000_000 + 1000 * hour)
    with utility_scope(household.utility):
        cut_consumption(at=now)
    client.force_login(resident)

    days, hours = page_of(client, household), page_of(client, household, "use?by=hour")

    assert "kWh in" in days
    assert "hours; most at" in hours
    assert "<!doctype html>" not in hours


def test_a_vote_is_recorded_with_its_words_and_shown_at_once(
    client: Client, household: Household, resident: User
) -> None:
    client.force_login(resident)

    answer = client.post(
        f"/homes/{household.pk}/feedback",
        {"sensation": "-2", "comment": "Cold feet", "token": "abc"},
        follow=True,
    )

    vote = Feedback.objects.get()
    assert (vote.sensation, vote.comment, vote.user, vote.room) == (-2, "Cold feet", resident, None)
    assert answer.redirect_chain == [(f"/homes/{household.pk}/#comfort", HTTPStatus.FOUND)]
    assert "Cold feet" in answer.content.decode()


def test_a_double_tap_is_one_vote_and_another_answer_another(
    client: Client, household: Household, resident: User
) -> None:
    client.force_login(resident)
    for sensation in ("-2", "-2", "0"):
        client.post(f"/homes/{household.pk}/feedback", {"sensation": sensation, "token": "abc"})

    assert sorted(Feedback.objects.values_list("sensation", flat=True)) == [-2, 0]


@pytest.mark.parametrize("sensation", ["4", "-4", "cold", ""])
def test_a_vote_off_the_scale_changes_nothing_and_says_so(
    client: Client, household: Household, resident: User, sensation: str
) -> None:
    client.force_login(resident)

    answer = client.post(f"/homes/{household.pk}/feedback", {"sensation": sensation})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "This vote could not be read." in answer.content.decode()
    assert Feedback.objects.count() == 0


def test_a_vote_about_a_room_of_another_home_is_refused(
    client: Client, household: Household, resident: User
) -> None:
    foreign = furnish_room(household=a_household(), name="Living room")
    client.force_login(resident)

    answer = client.post(f"/homes/{household.pk}/feedback", {"sensation": "1", "room": foreign.pk})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert Feedback.objects.count() == 0


def test_htmx_gets_the_comfort_panel_alone(client: Client, household: Household, resident: User) -> None:
    client.force_login(resident)

    answer = client.post(
        f"/homes/{household.pk}/feedback", {"sensation": "2"}, headers={"HX-Request": "true"}
    )

    page = answer.content.decode()
    assert answer.status_code == HTTPStatus.OK
    assert "<!doctype html>" not in page
    assert "Your vote is recorded." in page


def test_an_old_vote_is_not_shown(client: Client, household: Household, resident: User) -> None:
    long_ago: datetime = timezone.now() - timedelta(days=30)
    Feedback.objects.create(
        household=household, user=resident, sensation=3, given_at=long_ago, comment="last month"
    )
    client.force_login(resident)

    assert "last month" not in page_of(client, household)


def test_the_page_speaks_chinese(client: Client, household: Household, resident: User) -> None:
    client.force_login(resident)

    answer = client.get(f"/homes/{household.pk}/", headers={"Accept-Language": "zh-CN"})

    page = answer.content.decode()
    assert '<html lang="zh-hans">' in page
    assert answer.headers["Content-Language"] == "zh-hans"
    assert "How does it feel?" not in page


def test_what_is_personal_is_never_kept_by_caches(
    client: Client, household: Household, resident: User
) -> None:
    client.force_login(resident)

    assert "no-store" in client.get(f"/homes/{household.pk}/").headers["Cache-Control"]


def test_a_home_that_was_too_cold_reads_what_is_done_about_it(
    client: Client, household: Household, resident: User
) -> None:
    client.force_login(resident)
    spell = a_cold_spell(household=household, starts_at=timezone.now() - timedelta(hours=4))
    let_ticket_wait(
        ticket_id=spell.ticket_id, by=a_clerk(), at=timezone.now(), note="The fitter comes at two."
    )

    shown = client.get(f"/homes/{household.pk}/").content.decode()

    assert "We measured 17.1 °C; at least 18.0 °C is promised." in shown
    assert "It has lasted since" in shown
    assert "The fitter comes at two." in shown
