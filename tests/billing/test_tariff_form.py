"""A tariff as a file: read, refused with the place of every fault, written again as it was."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Utility
from accounts.scope import utility_scope
from billing.enums import TariffState
from billing.facts import Component
from billing.form_reader import FormError
from billing.models import HeatingSeason, TariffVersion
from billing.operations.tariff_files import form_of, refuse_senseless, take_tariff
from billing.tariff_form import dump, parse
from billing.terms import Banding, ComponentKind, DeadBand, Per, Rounding, Settlement, Surplus, Unit
from tests.billing.rating import tariffs
from tests.project import tree

GUIDE = (tree.ROOT / "docs" / "tariffs.md").read_text(encoding="utf-8")
LUOYANG = """
plan: Two parts, blocks and a late start
class: residential
from: 2025-11-15
text: Price list of 2025
settlement: both_ways
surplus: carry_over
seasons:
  - [2025-11-15, 2026-03-15]
components:
  - {name: Base fee, kind: area, unit: m2, per: season, price: 7.50, tax_rate: 0.09}
  - {name: First block, kind: energy, unit: kWh, price: 0.10, up_to: 40, banding: slice, edge_of: m2}
  - {name: Second block, kind: energy, unit: kWh, price: 0.20, above: 40, banding: slice, edge_of: m2}
  - {name: Late start, kind: outage, unit: m2, per: season, price: 7.50}
  - {name: Standby, kind: standby, unit: m2, per: season, price: 25, factor: 0.3}
  - {name: In advance, kind: advance, unit: m2, per: season, price: 25}
"""
HOME = """
from: 2025-11-15
to: 2026-03-15
floor_area_m2: 100
energy_kwh: 5000
failures:
  - {days: [2025-11-15, 2025-11-19], ratio: 1}
"""


def test_a_file_is_read_to_the_word() -> None:
    form = parse(LUOYANG)

    assert (form.starts_on, form.rounding, form.settlement, form.surplus) == (
        date(2025, 11, 15),
        Rounding.HALF_UP,
        Settlement.BOTH_WAYS,
        Surplus.CARRY_OVER,
    )
    second = form.components[2]
    assert (second.kind, second.unit, second.per) == (ComponentKind.ENERGY, Unit.KWH, Per.QUANTITY)
    assert (second.price, second.above, second.up_to) == (Decimal("0.20"), Decimal(40), None)
    assert second.banding is Banding.SLICE
    refuse_senseless(form)


def test_json_is_read_too() -> None:
    text = (
        '{"plan": "P", "from": "2025-01-01", "components": [{"kind": "energy", "unit": "MWh", "price": 0.1}]}'
    )
    # No float on the way: 0.1 is a tenth.
    assert parse(text).components[0].price == Decimal("0.1")


@pytest.mark.parametrize(
    "components",
    [
        tariffs.BODEN_2024,
        tariffs.BODEN_2019,
        tariffs.HELEN_2024,
        tariffs.LOJT,
        tariffs.BEIJING,
        tariffs.TIANJIN,
    ],
)
def test_what_is_written_is_read_back_as_it_was(components: tuple[Component, ...]) -> None:
    numbered = tuple(replace(component, id=n) for n, component in enumerate(components, start=1))
    form = replace(parse(LUOYANG), components=numbered)

    assert parse(dump(form)) == form
    refuse_senseless(form)


def test_degrees_and_index_formulas_are_written_too() -> None:
    text = """
plan: P
from: 2025-01-01
components:
  - kind: energy
    unit: MWh
    price: 86.40
    index: {base_price: 80, digits: 2, floor: 70, terms: [{name: gas, weight: 1, base: 100, value: 108}]}
  - kind: cooling
    unit: MWh
    price: 5
    incentive: {target_c: 29, band_c: 5, counts: whole, bonus: 4, min_days: 301}
"""
    form = parse(text)
    incentive = form.components[1].incentive

    assert incentive is not None
    assert (incentive.counts, incentive.min_days) == (DeadBand.WHOLE, 301)
    assert parse(dump(form)) == form
    refuse_senseless(form)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("price: 7.50, tax", "price: much, tax", "components[1].price: 'much' is no number."),
        ("kind: area", "kind: acre", "components[1].kind: 'acre' is none of fixed, area, energy,"),
        ("from: 2025-11-15", "from: 15.11.2025", "from: '15.11.2025' is no date such as 2026-11-15."),
        ("plan: Two parts, blocks and a late start", "", "plan: is missing."),
        ("tax_rate: 0.09", "taxrate: 0.09", "components[1].taxrate: nothing is known of this; known are"),
        ("[2025-11-15, 2026-03-15]", "[2025-11-15]", "seasons[1].season: ['2025-11-15'] is no pair"),
        ("above: 40", "above: 50", "has bands that overlap, leave a gap or end somewhere."),
        ("unit: m2, per: season, price: 7.50, tax", "unit: kW, per: season, price: 7.50, tax", "(Base fee):"),
        ("class: residential", "class: royal", "class: 'royal' is none of residential"),
        ("plan:", "plan: [", "The file cannot be read:"),
    ],
)
def test_a_fault_is_named_with_its_place(old: str, new: str, fault: str) -> None:
    with pytest.raises(FormError) as refused:
        refuse_senseless(parse(LUOYANG.replace(old, new, 1)))
    assert fault in str(refused.value)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(FormError) as refused:
        parse("components: [{price: x}, 7]")
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        "from",
        "plan",
        "components[1].kind",
        "components[1].unit",
        "components[1].price",
        "components[2].",
        "components[2].kind",
        "components[2].unit",
        "components[2].price",
    ]


@pytest.mark.usefixtures("scoped")
def test_a_file_becomes_a_draft_and_the_draft_a_file() -> None:
    version = take_tariff(parse(LUOYANG))

    assert version.state == TariffState.DRAFT
    assert HeatingSeason.objects.get().ends_on == date(2026, 3, 15)
    again = form_of(TariffVersion.objects.get())
    components = tuple(replace(component, id=n) for n, component in enumerate(again.components, start=1))
    assert replace(again, components=components) == parse(LUOYANG)
    with pytest.raises(FormError, match="meets days of another season"):
        take_tariff(parse(LUOYANG.replace("2026-03-15", "2026-03-20")))


def _files(folder: Path) -> tuple[str, str]:
    (folder / "tariff.yaml").write_text(LUOYANG, encoding="utf-8")
    (folder / "home.yaml").write_text(HOME, encoding="utf-8")
    return str(folder / "tariff.yaml"), str(folder / "home.yaml")


def test_a_tariff_is_tried_on_a_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("tariff", "try", *_files(tmp_path))

    assert capsys.readouterr().out.splitlines() == [
        "Base fee: 100 m² × 7.5 CNY/m² × 120 d / 120 d = 750.00 CNY; tax 6750",
        "First block: 4000 kWh × 0.1 CNY/kWh = 400.00 CNY; tax 0",
        "Second block: 1000 kWh × 0.2 CNY/kWh = 200.00 CNY; tax 0",
        "Late start: −100 m² × 7.5 CNY/m² × 4 d / 120 d = -25.00 CNY; tax 0",
        "net 1325.00 CNY, tax 67.50 CNY, total 1392.50 CNY",
        "in advance 2500.00 CNY, due 1392.50 CNY, to pay 0.00 CNY, back 0.00 CNY, carried over 1107.50 CNY",
    ]


def test_a_file_is_taken_over_and_given_back(
    utility: Utility, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, _home = _files(tmp_path)
    call_command("tariff", "check", file)
    call_command("tariff", "import", file, "--utility", utility.slug)
    capsys.readouterr()
    call_command("tariff", "export", "--utility", utility.slug)

    assert parse(capsys.readouterr().out) == parse(LUOYANG)
    with utility_scope(utility):
        assert TariffVersion.objects.get().state == TariffState.DRAFT


def test_a_file_is_taken_over_and_put_in_force_at_once(utility: Utility, tmp_path: Path) -> None:
    metered = tmp_path / "metered.yaml"
    lines = [line for line in LUOYANG.splitlines() if "settlement:" not in line and "advance" not in line]
    metered.write_text("\n".join(lines), encoding="utf-8")

    call_command("tariff", "import", str(metered), "--utility", utility.slug, "--activate")

    with utility_scope(utility):
        assert TariffVersion.objects.get().state == TariffState.ACTIVE


def test_the_command_says_what_it_cannot_do(utility: Utility, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("tariff", "check", str(tmp_path / "nowhere.yaml"))
    with pytest.raises(CommandError, match="There is no such version"):
        call_command("tariff", "export", "--utility", utility.slug)
    (tmp_path / "bad.yaml").write_text("components: []", encoding="utf-8")
    with pytest.raises(CommandError, match="plan: is missing"):
        call_command("tariff", "check", str(tmp_path / "bad.yaml"))


@pytest.mark.parametrize("example", re.findall(r"```yaml\n(.*?)```", GUIDE, flags=re.DOTALL))
def test_the_examples_of_the_guide_are_tariffs(example: str) -> None:
    form = parse(example)
    refuse_senseless(form)
    assert parse(dump(form)) == form


def test_the_guide_names_every_word_of_the_form() -> None:
    words = {
        word.value for kind in (ComponentKind, Unit, Per, Rounding, Settlement, Surplus) for word in kind
    }
    assert {word for word in words if f"`{word}`" not in GUIDE} == set()
