"""Readings leave the house with those who may take them, and it is on record."""

from __future__ import annotations

import csv
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import DatabaseError, transaction
from django.http import FileResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.enums import StaffDuty
from accounts.models import Household, Utility
from accounts.scope import utility_scope
from metering.models import ReadingExport
from tests.factories import a_clerk, a_household, a_utility
from tests.metering.factories import NOON, a_meter, a_reading

PAGE = reverse("admin:metering_readings_export")
LIST = reverse("admin:metering_readingexport_changelist")
DAY = {"first_day": "2026-01-05", "last_day": "2026-01-05", "kind": "csv", "serials": ""}


def rows(answer: object) -> list[list[str]]:
    """The file that came."""
    assert isinstance(answer, FileResponse)
    return list(csv.reader(answer.getvalue().decode().splitlines()))


@pytest.fixture
def engineer(client: Client, household: Household) -> Client:
    """A network engineer of a utility with two meters that were read, the second also a day later."""
    for serial in ("4711", "4712"):
        meter = a_meter(household=household, serial=serial)
        a_reading(device=meter, measured_at=NOON, energy_wh=1000)
    a_reading(device=meter, measured_at=NOON + timedelta(days=1), energy_wh=2000)
    with utility_scope(a_utility()):
        a_reading(device=a_meter(household=a_household(), serial="9999"), measured_at=NOON, energy_wh=1)
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    return client


def test_the_days_asked_for_come_as_a_file_and_are_on_record(engineer: Client, scoped: Utility) -> None:
    found = rows(engineer.post(PAGE, DAY))

    assert [row[0] for row in found] == ["serial", "4711", "4712"]
    assert found[1][1:3] == ["2026-01-05T04:00:00+00:00", "1000"]
    record = ReadingExport.objects.get()
    assert (record.rows, record.serials, record.file_name) == (2, [], "readings-2026-01-05-2026-01-05.csv")
    assert record.utility == scoped
    assert record.made_by is not None
    assert record.made_by.email in engineer.get(LIST).content.decode()


def test_only_the_meters_named_are_exported(engineer: Client) -> None:
    found = rows(engineer.post(PAGE, {**DAY, "last_day": "2026-01-06", "serials": "4712\n9999"}))

    assert [row[0] for row in found[1:]] == ["4712", "4712"]
    assert ReadingExport.objects.get().serials == ["4712", "9999"]


@pytest.mark.parametrize("duty", [StaffDuty.SERVICE, StaffDuty.BILLING, StaffDuty.AUDITOR])
def test_who_does_not_work_on_the_network_takes_nothing_along(
    client: Client, household: Household, duty: StaffDuty
) -> None:
    a_reading(device=a_meter(household=household), measured_at=NOON, energy_wh=1000)
    client.force_login(a_clerk(duty=duty))

    for answer in (client.get(PAGE), client.post(PAGE, DAY)):
        assert answer.status_code == HTTPStatus.FORBIDDEN
    assert client.get(LIST).status_code == HTTPStatus.OK
    assert not ReadingExport.objects.exists()


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"last_day": "2026-01-04"}, "The last day is before the first."),
        ({"last_day": "2026-04-07"}, "At most 92 days at once."),
        ({"first_day": "0001-01-01", "last_day": "0001-01-01"}, "Choose days from 1970 until today."),
        ({"last_day": "9999-12-31"}, "Choose days from 1970 until today."),
        ({"kind": "xlsx"}, "xlsx is not one of the available choices"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_words(
    engineer: Client, asked: dict[str, str], refusal: str
) -> None:
    assert refusal in engineer.post(PAGE, {**DAY, **asked}).content.decode()
    assert not ReadingExport.objects.exists()


def test_the_record_can_be_neither_changed_nor_deleted(engineer: Client) -> None:
    rows(engineer.post(PAGE, DAY))
    record = ReadingExport.objects.filter(made_at__lte=timezone.now())

    for change in (lambda: record.update(rows=0), record.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert ReadingExport.objects.get().rows == 2
