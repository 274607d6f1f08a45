"""A real substation's raw log of 2019 to 2024, faults in place: every class of them is found, and counted.

The table of `docs/validation.md` states the counts; this test holds it to them.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from metering.enums import Finding
from metering.validation import Findings, Meter, Series, series, validate
from tests import shared_data

LOG: Final = "substations/xai4heat_scada_L17.csv"
ROOT: Final = Path(__file__).resolve().parents[3]
# No reading but the two placeholders is above 865.5 kW.
STATION: Final = Meter(nominal_power_w=900_000)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    """The log, oldest first."""
    found = shared_data.find(LOG)
    if found is None:
        pytest.skip(f"{LOG} lies in the shared folder, which is not above this checkout")
    with found.open(newline="") as lines:
        return list(csv.DictReader(lines))[::-1]


def column(
    rows: list[dict[str, str]], name: str, factor: float = 1.0
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([float(row[name]) * factor if row[name] else np.nan for row in rows])


def of_circuit(rows: list[dict[str, str]], circuit: str) -> Series:
    at = [datetime.fromisoformat(row["datetime"]).replace(tzinfo=UTC) for row in rows]
    return series(
        np.array([int(one.timestamp()) for one in at]),
        column(rows, "e", 1e6),
        power_w=column(rows, "pe", 1e3),
        supply_c=column(rows, f"t_sup_{circuit}"),
        return_c=column(rows, f"t_ret_{circuit}"),
    )


def counts(found: Findings) -> dict[Finding, int]:
    return {finding: int(flags.sum()) for finding, flags in found.flags.items() if flags.any()}


def stated() -> dict[Finding, tuple[int, int]]:
    """The table of the page: finding, primary and secondary circuit."""
    lines = (ROOT / "docs/validation.md").read_text().splitlines()
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines if "| `" in line[:3]]
    table = {cells_of[0]: cells_of for cells_of in cells if len(cells_of) == 4 and cells_of[2].isdigit()}
    return {Finding(name): (int(row[2]), int(row[3])) for name, row in table.items()}


def test_the_page_states_what_is_found(rows: list[dict[str, str]]) -> None:
    primary = counts(validate(of_circuit(rows, "prim"), STATION))
    secondary = counts(validate(of_circuit(rows, "sec"), STATION))
    found = {
        finding: (primary.get(finding, 0), secondary.get(finding, 0)) for finding in {*primary, *secondary}
    }
    assert stated() == found


def test_every_fault_class_of_the_log_is_flagged(rows: list[dict[str, str]]) -> None:
    primary, secondary = of_circuit(rows, "prim"), of_circuit(rows, "sec")
    found = validate(primary, STATION)
    assert found.unusable[primary.energy_wh == 0].all()
    assert found.flags[Finding.BAD_GAUGE][primary.power_w >= 8e9].all()
    assert found.flags[Finding.BAD_GAUGE][primary.supply_c == 0].all()
    cold = (secondary.supply_c == -39.9) | (secondary.return_c == -39.9)
    assert validate(secondary, STATION).flags[Finding.BAD_GAUGE][cold].all()
    assert cold.sum() == 33


def test_what_is_left_is_one_rising_register_from_end_to_end(rows: list[dict[str, str]]) -> None:
    primary = of_circuit(rows, "prim")
    registers_wh = primary.energy_wh[~validate(primary, STATION).unusable]
    assert len(registers_wh) == 44_088
    assert np.diff(registers_wh).min() >= 0
    assert (registers_wh[0], registers_wh[-1]) == (13_911_035_000, 17_912_439_000)
