"""The resident's verifier: it agrees with what was issued, and notices whatever is changed afterwards."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Utility
from billing import verify_proof
from billing.enums import CorrectionCause
from billing.models import Invoice
from billing.operations.corrections import Ground, credit_lines
from billing.proofs import canonical, digest
from billing.queries.proofs import proof
from billing.verify_proof import faults
from tests.billing.factories import AFTER_JANUARY, a_bill, a_customer, a_tariff

FILE = Path(verify_proof.__file__)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.fixture
def issued(bill: Invoice) -> dict[str, Any]:
    """The bill's proof as a resident downloads it."""
    answer: dict[str, Any] = json.loads(orjson.dumps(proof(bill, bill.lines.order_by("position"))))
    return answer


@pytest.fixture
def credited(bill: Invoice) -> dict[str, Any]:
    """The proof of a credit note on the bill."""
    ground = Ground(cause=CorrectionCause.AGREED, reason="Cold stairs.", actor=None)
    parts = {line.pk: 1_000 for line in bill.lines.all()}
    note = credit_lines(bill=bill, parts=parts, ground=ground, at=AFTER_JANUARY)
    answer: dict[str, Any] = json.loads(orjson.dumps(proof(note, note.lines.order_by("position"))))
    return answer


def leaves(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every plain value in a document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for n, inner in enumerate(value):
            yield from leaves(inner, (*path, n))
    else:
        yield path


def changed(document: dict[str, Any], path: tuple[Any, ...], new: object) -> dict[str, Any]:
    """A copy with another value at ``path``."""
    other = copy.deepcopy(document)
    inner: Any = other
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = new
    return other


def test_what_was_issued_holds(issued: dict[str, Any], credited: dict[str, Any]) -> None:
    assert faults(issued) == []
    assert faults(credited) == []
    assert [line["net_minor"] for line in issued["lines"]] == [31_000, 16_000]
    assert (credited["corrects"], credited["total_minor"]) == ("2026-000001", -2_000)


@pytest.mark.parametrize("which", ["issued", "credited"])
def test_no_plain_value_can_be_changed_unseen(request: pytest.FixtureRequest, which: str) -> None:
    document = request.getfixturevalue(which)
    paths = list(leaves(document))

    assert len(paths) > 60 if which == "issued" else 30
    for path in paths:
        for new in (7, "7", None, -1):
            if changed(document, path, new) != document:
                assert faults(changed(document, path, new)), path


def test_neither_lines_nor_keys_are_taken_away_or_added(issued: dict[str, Any]) -> None:
    for path in {leaf[:n] for leaf in leaves(issued) for n in range(len(leaf))}:
        inner: Any = issued
        for key in path:
            inner = inner[key]
        if isinstance(inner, dict):
            for key in inner:
                less = {k: v for k, v in inner.items() if k != key}
                assert faults(changed(issued, path, less) if path else less), (path, key)
            more = {**inner, "else": 1}
            assert faults(changed(issued, path, more) if path else more), path
        elif isinstance(inner, list) and inner and path:
            assert faults(changed(issued, path, inner[1:])), path


def test_a_forger_who_mends_the_digests_is_caught_by_the_sums(issued: dict[str, Any]) -> None:
    forged = copy.deepcopy(issued)
    line = forged["lines"][1]
    line["net_minor"] -= 1_000
    forged["net_minor"] -= 1_000
    forged["total_minor"] -= 1_000
    line["sha256"] = digest({key: value for key, value in line.items() if key != "sha256"})
    header = {key: value for key, value in forged.items() if key not in {"lines", "sha256"}}
    forged["sha256"] = digest({**header, "lines": [each["sha256"] for each in forged["lines"]]})

    assert faults(forged) == ["Line 2 says 15000 and 1440 tax; its trace gives 16000 and 1440."]


def test_a_register_that_was_cut_names_its_readings_and_is_cut_again(scoped: Utility) -> None:
    del scoped
    a_tariff()
    # Read on 31 December and 2 January, so the register of the first of January lies between.
    read = {date(2025, 12, 31): 1_900_000, date(2026, 1, 2): 1_957_001, date(2026, 2, 1): 3_000_000}
    bill = Invoice.objects.get(pk=a_bill(contract=a_customer(registers_wh=read)))
    document: dict[str, Any] = json.loads(orjson.dumps(proof(bill, bill.lines.order_by("position"))))
    (meter,) = document["lines"][1]["trace"]["metered"]["meters"]

    assert faults(document) == []
    assert "readings" not in meter["closing"]
    assert (meter["opening"]["energy_wh"], meter["opening"]["quality"]) == (1_928_500, "estimated")
    assert meter["opening"]["readings"] == [
        {"at": "2025-12-30T16:00:00Z", "energy_wh": 1_900_000},
        {"at": "2026-01-01T16:00:00Z", "energy_wh": 1_957_001},
    ]
    document["lines"][1]["trace"]["metered"]["meters"][0]["opening"]["readings"][0]["energy_wh"] += 1_000
    said = faults(document)
    assert f"Line 2: the register of {meter['serial']} at 2025-12-31T16:00:00Z is not its readings'." in said


@pytest.mark.parametrize("nonsense", [{}, {"format": 1}, {"format": verify_proof.FORMAT, "lines": [{}]}])
def test_what_is_no_proof_is_said_to_be_none(nonsense: dict[str, Any]) -> None:
    assert "no proof of ours" in faults(nonsense)[0]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(JSON)
def test_both_sides_write_json_down_alike(value: object) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    assert canonical(value) == text
    assert digest(value) == verify_proof.digest(value)


def test_it_runs_where_nothing_of_ours_is_installed(
    scoped: Utility, issued: dict[str, Any], tmp_path: Path
) -> None:
    del scoped
    alone = tmp_path / "verify_proof.py"
    alone.write_text(FILE.read_text(encoding="utf-8"), encoding="utf-8")
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps({"holds": True, "proof": issued}), encoding="utf-8")
    bad.write_text(json.dumps(changed(issued, ("lines", 1, "net_minor"), 1)), encoding="utf-8")

    def run(proof_file: Path) -> tuple[int, str]:
        # -I: neither this folder nor any package path of ours.
        done = subprocess.run(
            [sys.executable, "-I", "-S", alone, proof_file], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout

    assert run(good) == (0, "2026-000001: 2 lines and 512.30 CNY, all recomputed.\n")
    code, said = run(bad)
    assert code == 1
    assert "Line 2 says 1 and 1440 tax; its trace gives 16000 and 1440." in said
