"""Readings out of files and into them: exactly, once, and with a word for every row that is refused."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Household
from accounts.scope import utility_scope
from metering.enums import Finding
from metering.models import ConsumptionMark, Reading, ReadingFlag, ValidationCursor, ValidationRequest
from metering.operations.validation import validate_readings
from tests.factories import a_household, a_utility
from tests.metering.factories import a_meter

HEADER = "serial;measured_at;energy_gj;volume_m3;supply_c\n"


def run(command: str, *args: Any, **options: Any) -> str:  # noqa: ANN401 - a command's
    """What the command says."""
    said = StringIO()
    call_command(command, *map(str, args), stdout=said, stderr=StringIO(), **options)
    return said.getvalue().strip()


@pytest.fixture
def file(tmp_path: Path, household: Household) -> Path:
    """Two good rows of one meter, one of a meter nobody knows, one without a number."""
    a_meter(household=household, serial="58496405")
    path = tmp_path / "readings.csv"
    path.write_text(
        HEADER
        + "58496405;2026-01-05 07:00;3,6;1,25;51,7\n"
        + "58496405;2026-01-05 08:00;7,2;1,5;\n"
        + "999;2026-01-05 08:00;7,2;1,5;\n"
        + "58496405;2026-01-05 09:00;viel;;\n"
    )
    return path


def imported(file: Path, household: Household, **options: Any) -> str:  # noqa: ANN401 - as above
    """Import a file of that house."""
    more = {"utility": household.utility.slug, "zone": "Europe/Stockholm", "decimal_comma": True, **options}
    return run("import_readings", file, **more)


def test_a_file_is_stored_converted_and_marked_for_cutting(
    file: Path, household: Household, tmp_path: Path
) -> None:
    ConsumptionMark.objects.all().delete()
    faults = tmp_path / "faults.csv"

    said = imported(file, household, faults=faults)

    assert said == "4 rows: 2 stored, 0 known already, 2 refused."
    stored = Reading.objects.order_by("measured_at").values_list("energy_wh", "volume_l", "supply_c")
    assert list(stored) == [(1_000_000, 1250, 51.7), (2_000_000, 1500, None)]
    assert ConsumptionMark.objects.count() == 1
    assert list(csv.reader(faults.read_text().splitlines())) == [
        ["line", "column", "reason"],
        ["5", "energy_gj", "'viel' is not a number."],
        ["4", "serial", "No heat meter '999' is registered."],
    ]


def test_what_is_imported_behind_the_cursor_is_validated_all_the_same(
    household: Household, tmp_path: Path
) -> None:
    meter = a_meter(household=household, serial="58496405")
    tomorrow = timezone.now() + timedelta(days=1)
    ValidationCursor.objects.create(utility=household.utility, validated_through=tomorrow)
    path = tmp_path / "dip.csv"
    path.write_text(
        HEADER
        + "58496405;2026-01-05 07:00;3,6;1,25;51,7\n"
        + "58496405;2026-01-05 08:00;0;1,25;51,7\n"
        + "58496405;2026-01-05 09:00;3,6072;1,25;51,7\n"
    )

    imported(path, household)
    validate_readings(at=tomorrow + timedelta(minutes=10))

    found = ReadingFlag.objects.values_list("device_id", "measured_at", "finding")
    assert list(found) == [(meter.pk, datetime(2026, 1, 5, 7, tzinfo=UTC), Finding.DIP)]


def test_a_dry_run_asks_for_no_validation(file: Path, household: Household) -> None:
    imported(file, household, dry_run=True)
    assert ValidationRequest.objects.count() == 0

    imported(file, household)
    assert ValidationRequest.objects.count() == 1


def test_the_same_file_again_changes_nothing_and_a_contradiction_is_refused(
    file: Path, household: Household
) -> None:
    imported(file, household)

    assert imported(file, household) == "4 rows: 0 stored, 2 known already, 2 refused."
    file.write_text(HEADER + "58496405;2026-01-05 07:00;3,7;;\n")
    assert imported(file, household) == "1 rows: 0 stored, 0 known already, 1 refused."
    assert Reading.objects.count() == 2


def test_a_dry_run_says_the_same_and_stores_nothing(file: Path, household: Household) -> None:
    assert imported(file, household, dry_run=True) == "4 rows: 2 would be stored, 0 known already, 2 refused."
    assert Reading.objects.count() == 0


def test_another_utilitys_meter_is_unknown(file: Path, household: Household) -> None:
    with utility_scope(a_utility()):
        a_meter(household=a_household(), serial="999")

    assert imported(file, household).startswith("4 rows: 2 stored")


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_what_is_exported_is_imported_again_as_it_was(
    file: Path, household: Household, tmp_path: Path, ending: str
) -> None:
    imported(file, household)
    before = list(
        Reading.objects.order_by("pk").values("measured_at", "energy_wh", "volume_l", "supply_c", "quality")
    )
    path, slug = tmp_path / f"out.{ending}", household.utility.slug

    args = (path, "--from", "2026-01-05", "--to", "2026-01-06", "--utility", slug)
    assert run("export_readings", *args) == "2 readings exported."
    assert run("import_readings", path, utility=slug) == "2 rows: 0 stored, 2 known already, 0 refused."
    Reading.objects.all().delete()
    assert run("import_readings", path, utility=slug) == "2 rows: 2 stored, 0 known already, 0 refused."

    after = Reading.objects.order_by("pk").values(
        "measured_at", "energy_wh", "volume_l", "supply_c", "quality"
    )
    assert list(after) == before
    assert run("export_readings", *args, "--meters", "1") == "0 readings exported."


def test_files_that_are_none_are_refused_in_words(file: Path, household: Household, tmp_path: Path) -> None:
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR2")
    latin = tmp_path / "latin.csv"
    latin.write_bytes("serial;Zähler".encode("latin-1"))

    for path, reason in (
        (broken, "not Parquet"),
        (latin, "not CSV in UTF-8"),
        (tmp_path / "no.csv", "No such file"),
    ):
        with pytest.raises(CommandError, match=reason):
            imported(path, household)
    with pytest.raises(CommandError, match="not an IANA time zone"):
        imported(file, household, zone="Mars/Olympus")
    with pytest.raises(CommandError, match="There is no utility 'nobody'"):
        imported(file, household, utility="nobody")
