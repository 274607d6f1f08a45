"""The inbox, how one is told, and outages."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.enums import NoticeKind, StaffDuty
from accounts.models import Household, Notice, NoticeChoice, NoticeSettings, Outage, User
from accounts.operations.notices import Occasion, tell
from accounts.queries.notices import choices_of
from tests.factories import a_clerk, a_user

HOURS = {"quiet_from_hour": "21", "quiet_to_hour": "6", "digest_hour": "", "language": "", "phone": ""}


@pytest.fixture
def person(client: Client, resident: User) -> User:
    client.force_login(resident)
    return resident


def be_told(household: Household) -> None:
    facts = {"value": 5.0}
    tell(
        [Occasion(household_id=household.pk, kind=NoticeKind.FROST, key="k", facts=facts)], at=timezone.now()
    )


@pytest.mark.usefixtures("person")
def test_the_inbox_tells_in_the_readers_language(client: Client, household: Household) -> None:
    assert "Nothing has been told to you yet." in client.get("/notices").content.decode()
    be_told(household)

    assert "The coldest room has 5.0 °C." in client.get("/notices").content.decode()
    chinese = client.get("/notices", headers={"accept-language": "zh-CN"}).content.decode()
    assert "5.0" in chinese
    assert "The coldest room" not in chinese


@pytest.mark.usefixtures("person")
def test_reading_marks_what_was_shown(client: Client, household: Household) -> None:
    be_told(household)
    client.post("/notices", {"up_to": str(Notice.objects.get().pk)})

    assert Notice.objects.get().read_at is not None


@pytest.mark.usefixtures("person")
def test_a_stranger_marks_nothing_of_mine(client: Client, household: Household) -> None:
    be_told(household)
    client.force_login(a_user())
    client.post("/notices", {"up_to": str(Notice.objects.get().pk)})

    assert Notice.objects.get().read_at is None
    assert "5.0" not in client.get("/notices").content.decode()


def test_choices_are_kept_and_shown_again(client: Client, person: User) -> None:
    said = {**HOURS, "frost_email": "on", "frost_limit": "10", "use_limit": "40", "leak_limit": "20"}
    answer = client.post("/notices/settings", said, follow=True)

    assert "Kept." in answer.content.decode()
    assert NoticeSettings.objects.get(user=person).quiet_from_hour == 21
    frost = next(one for one in choices_of(person) if one.kind == NoticeKind.FROST)
    assert (frost.by_email, frost.by_push, frost.limit) == (True, False, 10.0)


@pytest.mark.usefixtures("person")
def test_a_limit_out_of_bounds_is_refused_and_keeps_what_was_typed(client: Client) -> None:
    said = {**HOURS, "frost_limit": "99", "use_limit": "40", "leak_limit": "20"}
    answer = client.post("/notices/settings", said)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert 'value="99"' in answer.content.decode()
    assert not NoticeChoice.objects.exists()


def test_the_api_keeps_and_tells_the_same(api: APIClient, household: Household, resident: User) -> None:
    api.force_login(resident)
    wishes = api.get("/api/v1/me/notices/settings").json()
    assert len(wishes["push_key"]) == 87
    assert [one["unit"] for one in wishes["choices"] if one["kind"] == "use"] == ["%"]
    wishes["choices"] = [{"kind": "bill", "by_email": False, "by_push": False, "by_sms": False}]

    kept = api.put("/api/v1/me/notices/settings", wishes, format="json")

    assert kept.status_code == HTTPStatus.OK
    assert [one["by_email"] for one in kept.json()["choices"] if one["kind"] == "bill"] == [False]
    be_told(household)
    (line,) = api.get("/api/v1/me/notices").json()["results"]
    assert (line["kind"], line["title"], line["path"]) == (
        "frost",
        "A room is near freezing",
        f"/homes/{household.pk}/",
    )
    api.post("/api/v1/me/notices", {"up_to": line["id"]}, format="json")
    assert api.get("/api/v1/me/notices").json()["results"][0]["read_at"] is not None


def test_the_api_names_the_field_that_is_wrong(api: APIClient, resident: User) -> None:
    api.force_login(resident)
    wishes = api.get("/api/v1/me/notices/settings").json()
    wishes["choices"] = [{"kind": "bill", "by_email": True, "by_push": True, "by_sms": True, "limit": 3}]

    answer = api.put("/api/v1/me/notices/settings", wishes, format="json")

    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert answer.json()["errors"][0]["field"].startswith("bill")


@pytest.mark.usefixtures("person")
def test_a_clerk_announces_an_outage_and_its_homes_see_it(
    client: Client, api: APIClient, household: Household, resident: User
) -> None:
    assert "There is none" in client.get(f"/homes/{household.pk}/outages").content.decode()
    clerk = a_clerk(duty=StaffDuty.ADMIN)
    desk = Client()
    desk.force_login(clerk)
    start = timezone.now() - timedelta(hours=1)
    said = {
        "building": household.building_id,
        "reason": "burst main",
        "starts_at_0": start.strftime("%Y-%m-%d"),
        "starts_at_1": start.strftime("%H:%M:%S"),
    }
    answer = desk.post("/admin/accounts/outage/add/", said)
    assert answer.status_code == HTTPStatus.FOUND, answer.content.decode()

    outage = Outage.objects.get()
    assert outage.announced_by == clerk
    assert Notice.objects.get().user == resident
    assert "burst main" in client.get(f"/homes/{household.pk}/").content.decode()
    assert "burst main" in client.get(f"/homes/{household.pk}/outages").content.decode()
    api.force_login(resident)
    (seen,) = api.get(f"/api/v1/households/{household.pk}/outages").json()["outages"]
    assert (seen["reason"], seen["ended_at"]) == ("burst main", None)

    desk.post("/admin/accounts/outage/", {"action": "end_these", "_selected_action": [outage.pk]})
    outage.refresh_from_db()
    assert outage.ended_at is not None
    assert "burst main" not in client.get(f"/homes/{household.pk}/").content.decode()


def test_an_outage_needs_one_place(household: Household) -> None:
    desk = Client()
    desk.force_login(a_clerk(duty=StaffDuty.ADMIN))
    said = {"reason": "x", "starts_at_0": "2026-01-01", "starts_at_1": "00:00:00"}
    page = desk.post("/admin/accounts/outage/add/", said).content.decode()

    assert "one of the two" in page
    assert not Outage.objects.filter(building=household.building).exists()
