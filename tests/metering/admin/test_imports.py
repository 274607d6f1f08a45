"""Readings come in at the desk: tried first, decided by a person, stored by a worker, on record."""

from __future__ import annotations

import csv
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.http import FileResponse
from django.test import Client
from django.urls import reverse

from accounts.enums import StaffDuty
from accounts.models import Household
from accounts.scope import utility_scope
from metering.models import Reading, ReadingImport
from metering.operations.import_jobs import MOST_BYTES
from metering.tasks import run_import_task
from tests.factories import a_clerk, a_utility
from tests.metering.factories import a_meter

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as TestResponse

PAGE = reverse("admin:metering_readings_import")
HEADER = b"serial;measured_at;energy_gj\n"
GOOD = HEADER + b"4711;2026-01-05 07:00;3,6\n4711;2026-01-05 08:00;7,2\n999;2026-01-05 08:00;7,2\n"
HOW = {"zone": "Europe/Stockholm", "decimal_comma": "on"}


def send(client: Client, content: bytes, *, name: str = "season.csv", **how: str) -> TestResponse:
    """Upload a file."""
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content), **HOW, **how})


def table(answer: object) -> list[list[str]]:
    """The file that came."""
    assert isinstance(answer, FileResponse)
    return list(csv.reader(answer.getvalue().decode().splitlines()))


def work() -> ReadingImport:
    """What a worker does with the newest import."""
    job = ReadingImport.objects.latest("pk")
    run_import_task(job.utility_id, job.pk)
    return ReadingImport.objects.get(pk=job.pk)


def page_of(job: ReadingImport) -> str:
    """Where its progress stands."""
    return reverse("admin:metering_readingimport_change", args=[job.pk])


@pytest.fixture
def engineer(client: Client, household: Household) -> Client:
    """A network engineer of a utility with one meter."""
    a_meter(household=household, serial="4711")
    client.force_login(a_clerk(duty=StaffDuty.NETWORK))
    return client


def test_a_file_is_tried_then_decided_then_stored(engineer: Client) -> None:
    sent = send(engineer, GOOD)
    waiting = engineer.get(sent.headers["Location"])
    assert waiting.headers["Refresh"] == "2"
    assert "<progress" in waiting.content.decode()

    tried = work()
    assert (tried.state, tried.rows, tried.stored, tried.refused) == ("tried", 3, 2, 1)
    assert not Reading.objects.exists()
    page = engineer.get(page_of(tried))
    assert "Refresh" not in page.headers
    assert "No heat meter &#x27;999&#x27; is registered." in page.content.decode()

    engineer.post(reverse("admin:metering_import_decide", args=[tried.pk]))
    done = work()
    assert (done.state, done.rows, done.rows_total, done.stored) == ("imported", 3, 3, 2)
    assert list(Reading.objects.order_by("pk").values_list("energy_wh", flat=True)) == [1_000_000, 2_000_000]
    assert done.content is None
    assert done.decided_by == done.made_by
    listed = engineer.get(reverse("admin:metering_readingimport_changelist")).content.decode()
    assert "season.csv" in listed
    assert done.made_by.email in listed


def test_fifty_refused_rows_are_shown_and_all_are_in_the_file(engineer: Client) -> None:
    send(engineer, HEADER + b"".join(b"4711;2026-01-05 07:00;viel%d\n" % n for n in range(60)))
    job = work()

    assert engineer.get(page_of(job)).content.decode().count("is not a number.") == 50
    rows = table(engineer.get(reverse("admin:metering_import_faults", args=[job.pk])))
    assert rows[0] == ["line", "column", "reason"]
    assert rows[60] == ["61", "energy_gj", "'viel59' is not a number."]
    assert len(rows) == 61


def test_what_is_decided_twice_is_stored_once(engineer: Client) -> None:
    send(engineer, GOOD)
    job = work()
    address = reverse("admin:metering_import_decide", args=[job.pk])
    engineer.post(address)
    assert "does not wait for a decision" in engineer.post(address, follow=True).content.decode()
    work()
    engineer.post(address)

    assert work().stored == 2
    assert Reading.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "name", "how", "refusal"),
    [
        (b"serial;when\n", "a.csv", {}, "The column &#x27;when&#x27; is unknown"),
        (b"PAR2", "a.parquet", {}, "The file is not Parquet"),
        (GOOD, "a.csv", {"zone": "Mars/Olympus"}, "Mars/Olympus is not an IANA time zone."),
        (b" " * (MOST_BYTES + 1), "a.csv", {}, "The file has more than 32 MiB"),
        (b"", "a.csv", {}, "The submitted file is empty."),
    ],
)
def test_what_is_no_file_of_readings_is_refused_in_words(
    engineer: Client, content: bytes, name: str, how: dict[str, str], refusal: str
) -> None:
    assert refusal in send(engineer, content, name=name, **how).content.decode()
    assert not ReadingImport.objects.exists()


@pytest.mark.parametrize("duty", [StaffDuty.SERVICE, StaffDuty.BILLING, StaffDuty.AUDITOR])
def test_who_does_not_work_on_the_network_imports_nothing(
    engineer: Client, client: Client, duty: StaffDuty
) -> None:
    send(engineer, GOOD)
    job = work()
    client.force_login(a_clerk(duty=duty))
    decide = reverse("admin:metering_import_decide", args=[job.pk])

    for answer in (client.get(PAGE), send(client, GOOD), client.post(decide)):
        assert answer.status_code == HTTPStatus.FORBIDDEN
    seen = client.get(page_of(job))
    assert seen.status_code == HTTPStatus.OK
    assert decide not in seen.content.decode()
    assert ReadingImport.objects.get().state == "tried"


def test_another_utility_sees_and_decides_nothing(engineer: Client, client: Client) -> None:
    send(engineer, GOOD)
    job = work()
    with utility_scope(a_utility()):
        client.force_login(a_clerk(duty=StaffDuty.ADMIN))

    for name in ("metering_readingimport_change", "metering_import_faults"):
        assert client.get(reverse(f"admin:{name}", args=[job.pk])).status_code == HTTPStatus.NOT_FOUND
    decide = reverse("admin:metering_import_decide", args=[job.pk])
    assert client.post(decide).status_code == HTTPStatus.NOT_FOUND
    assert ReadingImport.objects.get().state == "tried"


def test_a_finished_import_can_be_neither_changed_nor_deleted(engineer: Client) -> None:
    send(engineer, HEADER + b"4711;2026-01-05 07:00;x\n" * 5000 + b"\xff\n")
    failed = work()
    assert failed.state == "failed"
    record = ReadingImport.objects.filter(pk=failed.pk)

    for change in (lambda: record.update(rows=0), record.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert failed.error in engineer.get(page_of(failed)).content.decode().replace("&#x27;", "'")
