"""The archive: everything of one's own, nothing of anybody else's."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.enums import MembershipRole
from accounts.models import Household, User
from config.privacy.archive import build_archive, build_exports
from tests.billing.factories import a_bill, a_customer, a_tariff
from tests.comfort.factories import a_vote
from tests.factories import a_household, a_membership, a_resident, a_user
from tests.metering.factories import a_device, a_meter, a_reading, an_installation

AT = datetime(2026, 1, 10, 4, tzinfo=UTC)


def opened(archive: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return {
            name.removesuffix(".json"): json.loads(file.read(name))
            for name in file.namelist()
            if name.endswith(".json")
        }


def test_only_the_days_that_were_mine_are_in_it(household: Household) -> None:
    former = a_user(name="Wang")
    a_membership(user=former, household=household, starts_on=date(2026, 1, 5), ends_on=date(2026, 1, 8))
    meter = a_meter(household=household)
    for day in range(10):
        a_reading(device=meter, measured_at=AT - timedelta(days=day), energy_wh=1_000 - day)
    a_vote(household=household, user=a_resident(household=household))

    parts = opened(build_archive(former, progress=lambda _percent: None))

    assert [row["energy_wh"] for row in parts["home-1/readings"]] == [995, 996, 997]
    assert parts["home-1/votes"] == []
    assert parts["person"][0]["name"] == "Wang"


def test_what_a_device_said_elsewhere_is_not_in_it(household: Household, resident: User) -> None:
    meter, moved = a_device(), AT - timedelta(days=2)
    an_installation(device=meter, household=a_household(), ends_at=moved)
    an_installation(device=meter, household=household, starts_at=moved)
    for day in range(5):
        a_reading(device=meter, measured_at=AT - timedelta(days=day), energy_wh=1_000 - day)

    parts = opened(build_archive(resident, progress=lambda _percent: None))

    assert [row["energy_wh"] for row in parts["home-1/readings"]] == [998, 999, 1_000]


@pytest.mark.usefixtures("scoped")
def test_a_caretakers_archive_has_no_money() -> None:
    a_tariff()
    contract = a_customer()
    a_bill(contract=contract)
    owner = a_resident(household=contract.household)
    caretaker = a_resident(household=contract.household, role=MembershipRole.CARETAKER)

    mine = opened(build_archive(owner, progress=lambda _percent: None))
    theirs = opened(build_archive(caretaker, progress=lambda _percent: None))

    assert len(mine["home-1/bills"]) == 1
    assert mine["home-1/bill_lines"]
    assert not {name for name in theirs if "bill" in name or "payment" in name}


def test_a_table_opens_in_a_spreadsheet_and_runs_nothing(household: Household) -> None:
    person = a_user(name="=1+1")
    a_membership(user=person, household=household)
    archive = build_archive(person, progress=lambda _percent: None)

    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        text = file.read("person.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["name"] == "'=1+1"
    assert opened(archive)["person"][0]["name"] == "=1+1"


def test_the_page_makes_shows_and_hands_out_the_archive(client: Client, resident: User) -> None:
    client.force_login(resident)
    assert client.get("/data/archive").status_code == HTTPStatus.NOT_FOUND
    page = client.post("/data", {"do": "export"}, follow=True).content.decode()
    assert "Your archive is being made" in page

    assert build_exports(clock=timezone.now) == 1

    assert "Download the archive" in client.get("/data").content.decode()
    assert opened(client.get("/data/archive").content)["person"][0]["email"] == resident.email


def test_the_page_says_why_a_payer_is_not_forgotten(client: Client, resident: User) -> None:
    client.force_login(resident)

    assert "Move out first" in client.post("/data", {"do": "forget"}, follow=True).content.decode()


def test_the_page_forgets_in_two_weeks_or_not_at_all(client: Client, household: Household) -> None:
    client.force_login(a_resident(household=household, role=MembershipRole.MEMBER))

    assert "Keep me" in client.post("/data", {"do": "forget"}, follow=True).content.decode()
    assert "Forget me in two weeks" in client.post("/data", {"do": "keep"}, follow=True).content.decode()


def test_the_api_tells_how_far_it_is(api: APIClient, resident: User) -> None:
    api.force_login(resident)
    assert api.get("/api/v1/me/data/export").status_code == HTTPStatus.NOT_FOUND
    assert api.post("/api/v1/me/data/export").status_code == HTTPStatus.ACCEPTED
    assert api.get("/api/v1/me/data").json()["export"]["state"] == "waiting"
    build_exports(clock=timezone.now)

    assert api.get("/api/v1/me/data").json()["export"]["progress_pct"] == 100
    assert api.get("/api/v1/me/data/export").headers["Content-Type"] == "application/zip"
    refused = api.post("/api/v1/me/data/erasure")
    assert (refused.status_code, refused.json()["type"].split("/")[-1]) == (409, "erasure_refused")
