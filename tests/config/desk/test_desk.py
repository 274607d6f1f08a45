"""The desk: who enters, for whom they work, what they see first."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import Household, StaffRole, User, Utility
from accounts.scope import utility_scope
from comfort.operations import give_feedback
from config.desk import figures
from config.desk.middleware import SESSION_KEY
from metering.enums import Reason
from metering.models import QuarantinedMessage
from tests.billing.factories import a_bill, a_customer, a_tariff
from tests.factories import a_clerk, a_household, a_membership, a_resident, a_substation, a_user, a_utility
from tests.metering.factories import a_meter, a_reading, a_room_sensor, a_room_temperature


@pytest.fixture
def superuser(db: None) -> User:  # noqa: ARG001 - it is the database
    """Who runs the whole service."""
    return User.objects.create_superuser("root@example.com", "root of all")


def a_message(*, utility: Utility | None, topic: str = "heat/v1/x/up/y/reading") -> QuarantinedMessage:
    """A message that waits."""
    return QuarantinedMessage.objects.create(
        utility=utility,
        topic=topic,
        payload=b"{",
        sha256="0" * 64,
        received_at=timezone.now(),
        last_received_at=timezone.now(),
        reason=Reason.MALFORMED,
        detail="No JSON.",
    )


def test_a_resident_has_no_desk(client: Client, household: Household) -> None:
    client.force_login(a_resident(household=household))

    assert client.get("/admin/").status_code == HTTPStatus.FOUND


def test_a_clerk_sees_only_the_homes_of_their_utility(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - the scope
    clerk, own = a_clerk(), a_household(customer_number="OWN-1")
    with utility_scope(a_utility()):
        foreign = a_household(customer_number="FOREIGN-1")
    client.force_login(clerk)

    page = client.get("/admin/accounts/household/").content.decode()

    assert own.customer_number in page
    assert foreign.customer_number not in page
    assert client.get(f"/admin/accounts/household/{foreign.pk}/change/").status_code == HTTPStatus.FOUND


def test_a_clerk_sees_people_of_their_utility_and_no_superuser(
    client: Client, scoped: Utility, superuser: User
) -> None:
    StaffRole.objects.create(
        user=superuser, duty=StaffDuty.ADMIN, starts_on=scoped.local_date(timezone.now())
    )
    resident = a_resident(household=a_household())
    with utility_scope(a_utility()):
        foreign = a_resident(household=a_household())
    client.force_login(a_clerk(duty=StaffDuty.ADMIN))

    page = client.get("/admin/accounts/user/").content.decode()

    assert resident.email in page
    assert foreign.email not in page
    assert superuser.email not in page
    assert client.get(f"/admin/accounts/user/{superuser.pk}/password/").status_code != HTTPStatus.OK


def test_an_auditor_looks_and_does_not_touch(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - the scope
    household = a_household()
    client.force_login(a_clerk(duty=StaffDuty.AUDITOR))
    path = f"/admin/accounts/household/{household.pk}/change/"

    assert client.get(path).status_code == HTTPStatus.OK
    assert client.post(path, {"label": "changed"}).status_code == HTTPStatus.FORBIDDEN
    household.refresh_from_db()
    assert household.label != "changed"


def test_a_superuser_chooses_whose_desk_it_is(client: Client, superuser: User) -> None:
    first, second = a_utility(name="Alpha Heat"), a_utility(name="Beta Heat")
    client.force_login(superuser)
    assert client.get("/admin/").context["utility"] == first

    client.post("/admin/utility", {"utility": second.pk})

    assert client.get("/admin/").context["utility"] == second


def test_a_clerk_cannot_choose_a_foreign_desk(client: Client, scoped: Utility) -> None:
    client.force_login(a_clerk())
    foreign = a_utility()

    answer = client.post("/admin/utility", {"utility": foreign.pk})

    assert answer.status_code == HTTPStatus.NOT_FOUND
    assert SESSION_KEY not in client.session
    assert client.get("/admin/").context["utility"] == scoped


@pytest.mark.django_db
def test_strangers_choose_nothing(client: Client) -> None:
    client.force_login(a_user())

    assert client.post("/admin/utility", {"utility": "1"}).headers["Location"].startswith("/admin/login/")


def test_with_no_utility_at_all_the_desk_offers_to_make_one(client: Client, superuser: User) -> None:
    client.force_login(superuser)

    assert "/admin/accounts/utility/add/" in client.get("/admin/").content.decode()
    assert client.get("/admin/accounts/household/").headers["Location"] == "/admin/"


def test_the_sidebar_counts_what_waits_in_quarantine(client: Client, scoped: Utility) -> None:
    a_message(utility=scoped)
    a_message(utility=None, topic="elsewhere")
    a_message(utility=a_utility(), topic="heat/v1/other/up/y/reading")

    assert figures.quarantine_waiting(strangers=False) == 1
    assert figures.quarantine_waiting(strangers=True) == 2
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    items = [item for group in client.get("/admin/").context["sidebar_navigation"] for item in group["items"]]
    assert [item["badge"] for item in items if "badge" in item] == ["1"]


def test_readings_are_counted_by_the_meters_they_came_from(scoped: Utility) -> None:  # noqa: ARG001 - the scope
    now = timezone.now()
    heard, silent = a_meter(household=a_household()), a_meter(household=a_household())
    for minutes in (1, 30, 59, 61):
        a_reading(device=heard, measured_at=now - timedelta(minutes=minutes), energy_wh=1_000 - minutes)
    a_reading(device=silent, measured_at=now - timedelta(days=1))

    assert figures.arrivals(at=now) == figures.Arrivals(readings=3, meters_heard=1, meters_hung=2)


def test_a_home_is_as_warm_as_its_coldest_fresh_room(scoped: Utility) -> None:
    now = timezone.now()
    for temperatures in ((21.0, 17.5), (19.0,), (24.0, 23.0)):
        household = a_household()
        for temperature_c in temperatures:
            sensor = a_room_sensor(household=household)
            a_room_temperature(device=sensor, measured_at=now, temperature_c=temperature_c)
    stale = a_room_sensor(household=a_household())
    a_room_temperature(device=stale, measured_at=now - timedelta(hours=3), temperature_c=10.0)

    assert figures.warmth(scoped, at=now) == figures.Warmth(measured=3, cold=1, median_c=19.0)


def test_the_coldest_homes_lead_their_list(scoped: Utility) -> None:  # noqa: ARG001 - the scope
    now = timezone.now()
    for temperature_c in (21.0, 17.5, 19.0):
        sensor = a_room_sensor(household=a_household())
        a_room_temperature(device=sensor, measured_at=now, temperature_c=temperature_c)

    assert [home.temperature_c for home in figures.coldest_homes(at=now)] == [17.5, 19.0, 21.0]


def test_the_newest_votes_are_listed_with_what_was_said(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - as above
    household = a_household()
    resident = a_resident(household=household)
    now = timezone.now()
    for sensation, ago in ((-2, timedelta(minutes=5)), (1, timedelta(minutes=1)), (3, timedelta(days=8))):
        give_feedback(household=household, user=resident, sensation=sensation, at=now - ago)
    client.force_login(a_clerk())

    assert [vote.sensation for vote in figures.newest_votes(at=now)] == [1, -2]
    assert "A little warm" in client.get("/admin/").content.decode()


def test_no_fresh_room_is_no_warmth(scoped: Utility) -> None:
    assert figures.warmth(scoped, at=timezone.now()) == figures.Warmth(measured=0, cold=0, median_c=None)


def test_what_is_owed_is_the_ledgers_word(client: Client, scoped: Utility) -> None:
    a_tariff()
    a_bill(contract=a_customer())
    owed = figures.owed(on=scoped.local_date(timezone.now()))

    assert owed.open_minor == owed.late_minor > 0
    assert owed.late_bills == 1
    client.force_login(a_clerk(duty=StaffDuty.BILLING))
    assert f"¥{owed.open_minor / 100:,.2f}" in client.get("/admin/").content.decode()


def test_a_station_without_a_target_says_so(client: Client, scoped: Utility) -> None:  # noqa: ARG001 - the scope
    substation = a_substation(name="Station North")
    client.force_login(a_clerk())

    page = client.get("/admin/").content.decode()

    assert figures.stations(at=timezone.now()) == [figures.Station(substation, None, None, "", "")]
    assert "Station North" in page
    assert "No target has been issued yet." in page


@pytest.mark.parametrize(
    "path",
    [
        "utility/",
        "heatsource/",
        "substation/",
        "building/",
        "household/",
        "user/",
        "membership/",
        "contract/",
        "staffrole/",
        "household/add/",
        "user/add/",
    ],
)
def test_every_list_and_form_of_the_network_and_its_people_opens(
    client: Client,
    scoped: Utility,  # noqa: ARG001 - the scope
    superuser: User,
    path: str,
) -> None:
    a_resident(household=a_household())
    client.force_login(superuser)

    assert client.get(f"/admin/accounts/{path}").status_code == HTTPStatus.OK


def test_a_clerk_sets_no_password_of_somebody_another_utility_answers_for_too(scoped: Utility) -> None:
    person = a_resident(household=a_household())
    clerk = a_clerk(duty=StaffDuty.ADMIN)
    browser = Client()
    browser.force_login(clerk)
    form = {"password1": "taken-over-1", "password2": "taken-over-1", "usable_password": "true"}
    own = browser.post(f"/admin/accounts/user/{person.pk}/password/", form)
    elsewhere = a_utility()
    with utility_scope(elsewhere):
        a_membership(user=person, household=a_household())

    foreign = browser.post(f"/admin/accounts/user/{person.pk}/password/", {**form, "password1": "again-9-x"})

    assert (own.status_code, foreign.status_code) == (302, 403)
    person.refresh_from_db()
    assert person.check_password("taken-over-1")
    assert scoped != elsewhere
