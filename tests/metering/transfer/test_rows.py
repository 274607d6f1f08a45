"""A row of a file becomes a reading exactly, or says why it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metering.enums import Quality
from metering.transfer.columns import HeaderError, layout
from metering.transfer.rows import Dialect, Fault, Said, read_row

NOW = datetime(2026, 2, 1, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def read(row: dict[str, Any], *, zone: ZoneInfo | None = None, decimal_comma: bool = False) -> Said | Fault:
    """The row, with a serial number and an instant unless it brings its own."""
    row = {"serial": "58496405", "measured_at": "2026-01-05T06:00:00Z", **row}
    return read_row(
        row, line=7, layout=layout(row), dialect=Dialect(zone, decimal_comma=decimal_comma), received_at=NOW
    )


@pytest.mark.parametrize(
    ("column", "written", "target", "number"),
    [
        ("energy_wh", "123", "energy_wh", 123),
        ("energy_kwh", "6884.125", "energy_wh", 6_884_125),
        ("energy_mwh", "1.5", "energy_wh", 1_500_000),
        ("energy_gj", "3.6", "energy_wh", 1_000_000),
        ("energy_mj", "7.2", "energy_wh", 2000),
        ("volume_m3", "645.319", "volume_l", 645_319),
        ("volume_l", "12", "volume_l", 12),
    ],
)
def test_registers_are_converted_exactly(column: str, written: str, target: str, number: int) -> None:
    found = read({column: written})

    assert isinstance(found, Said)
    assert (found.values, found.raw) == ({target: number}, {})


def test_what_is_no_whole_watt_hour_is_kept_as_written() -> None:
    found = read({"energy_gj": "1.0000001"})

    assert isinstance(found, Said)
    assert (found.values["energy_wh"], found.raw) == (277_778, {"energy_gj": "1.0000001"})


def test_a_decimal_comma_and_points_between_thousands() -> None:
    found = read({"energy_kwh": "1.234,5", "supply_c": "51,7"}, decimal_comma=True)

    assert isinstance(found, Said)
    assert found.values == {"energy_wh": 1_234_500, "supply_c": 51.7}


def test_an_instant_without_a_zone_takes_the_files() -> None:
    found = read({"measured_at": "2026-01-05 07:00", "energy_wh": "1"}, zone=STOCKHOLM)

    assert isinstance(found, Said)
    assert found.measured_at == datetime(2026, 1, 5, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ({"serial": ""}, "serial", "missing"),
        ({"measured_at": ""}, "measured_at", "not an instant"),
        ({"measured_at": "2026-01-05 07:00"}, "measured_at", "no zone"),
        ({"measured_at": "2027-01-05T07:00Z"}, "measured_at", "in the future"),
        ({"energy_wh": "many"}, "energy_wh", "'many' is not a number"),
        ({"energy_wh": "NaN"}, "energy_wh", "not a number"),
        ({"energy_wh": "-1"}, "energy_wh", "cannot be true"),
        ({"energy_wh": ""}, "", "no register"),
        ({"energy_wh": "1", "quality": "good"}, "quality", "no quality"),
        ({"energy_wh": "1", "status": "x" * 201}, "status", "Longer than 200"),
    ],
)
def test_a_fault_names_line_column_and_reason(row: dict[str, str], column: str, reason: str) -> None:
    found = read({"energy_wh": "1", **row})

    assert isinstance(found, Fault)
    assert (found.line, found.column) == (7, column)
    assert reason in found.reason


@pytest.mark.parametrize(("written", "shown"), [("2025-10-26 02:30", "twice"), ("2025-03-30 02:30", "never")])
def test_what_the_clock_shows_twice_or_never_is_not_guessed(written: str, shown: str) -> None:
    found = read({"measured_at": written, "energy_wh": "1"}, zone=STOCKHOLM)

    assert isinstance(found, Fault)
    assert shown in found.reason
    offset = read({"measured_at": f"{written}+02:00", "energy_wh": "1"}, zone=STOCKHOLM)
    assert isinstance(offset, Said)


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["serial", "energy_wh"], "'measured_at' is missing"),
        (["serial", "measured_at", "supply_c"], "no register"),
        (["serial", "measured_at", "energy_kwh", "energy_wh"], "in another unit"),
        (["serial", "serial", "measured_at"], "twice"),
        (["serial", "measured_at", "energy"], "'energy' is unknown"),
    ],
)
def test_columns_that_are_not_those_of_readings_are_refused(names: list[str], reason: str) -> None:
    with pytest.raises(HeaderError, match=reason):
        layout(names)


@given(
    st.dictionaries(st.sampled_from(["serial", "measured_at", "energy_kwh", "quality"]), st.text(max_size=30))
)
def test_no_text_makes_it_stumble(row: dict[str, str]) -> None:
    found = read({"energy_kwh": "1", **row})

    assert isinstance(found, Said | Fault)
    assert not isinstance(found, Said) or found.quality in set(Quality)
