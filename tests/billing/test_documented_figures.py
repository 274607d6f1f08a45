"""docs/billing.md: every figure in its tables is what the code computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import transaction

from accounts.period import Period
from billing.enums import AccountCode, SkipReason
from billing.models import Invoice, Posting
from billing.operations.drafts import draft_invoice
from billing.operations.explanations import explain
from billing.operations.invoices import issue_invoice
from billing.operations.numbering import take_numbers
from billing.operations.replays import revisions
from billing.operations.tariffs import activate_version
from billing.rating.bill import rate
from billing.rating.credits import Credit, Credited
from billing.rating.degrees import beyond
from billing.rating.money import round_minor, split
from billing.rating.settlement import settle
from billing.terms import Banding, DeadBand, EdgeOf, Rounding, Settlement, Surplus, Unit
from tests.billing.factories import (
    AFTER_JANUARY,
    AREA,
    ENERGY,
    JANUARY,
    REGISTERS,
    a_bill,
    a_customer,
    a_tariff,
    a_version,
)
from tests.billing.operations.test_replays import read_again
from tests.billing.rating import homes, tariffs
from tests.billing.winters import a_winter, forecast_of
from tests.billing.years import both_bills, two_winters
from tests.project import tree

PAGE = (tree.ROOT / "docs" / "billing.md").read_text(encoding="utf-8")


def _table(heading: str) -> list[list[str]]:
    """The rows of the table whose first column is called ``heading``."""
    lines = PAGE.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def _codes(rows: Sequence[Sequence[str]]) -> set[str]:
    return {row[0].strip("`") for row in rows}


def _major(minor: int) -> str:
    return f"{Decimal(minor).scaleb(-2):.2f}"


@pytest.mark.parametrize(("exact", "half_up", "half_even"), _table("exact"))
def test_rounding(exact: str, half_up: str, half_even: str) -> None:
    assert round_minor(Fraction(exact), Rounding.HALF_UP) == int(half_up)
    assert round_minor(Fraction(exact), Rounding.HALF_EVEN) == int(half_even)


@pytest.mark.parametrize(("whole", "weights", "parts"), _table("whole"))
def test_splitting(whole: str, weights: str, parts: str) -> None:
    assert split(int(whole), [int(weight) for weight in weights.split()]) == list(map(int, parts.split()))


@pytest.mark.parametrize(("energy_wh", "unit", "price", "amount"), _table("energy, Wh"))
def test_units(energy_wh: str, unit: str, price: str, amount: str) -> None:
    tariff = homes.tariff(homes.energy(price, unit=Unit(unit)))

    assert _major(rate(homes.home(homes.part(of=tariff, energy_wh=int(energy_wh)))).net_minor) == amount


@pytest.mark.parametrize(("kwh", "base", "heat", "cap", "due"), _table("heat of the season, kWh"))
def test_the_cap(kwh: str, base: str, heat: str, cap: str, due: str) -> None:
    tariff = homes.tariff(homes.area("12"), homes.energy("0.16"), homes.cap("24"))
    bill = rate(homes.home(homes.part(of=tariff, energy_wh=int(kwh) * 1_000)))
    lines = [_major(line.net_minor) for line in bill.lines]

    assert [*lines, "0.00"][:3] == [base, heat, cap]
    assert _major(bill.net_minor) == due


@pytest.mark.parametrize(("power_kw", "fee"), _table("subscribed kW"))
def test_power_bands(power_kw: str, fee: str) -> None:
    year = Period(date(2024, 1, 1), date(2025, 1, 1))
    part = homes.part(of=homes.tariff(*tariffs.BODEN_2024[:4]), period=year)

    assert _major(rate(homes.home(part, power_kw=Decimal(power_kw))).net_minor) == fee


@pytest.mark.parametrize(("cooling_c", "edge", "whole"), _table("cooling, °C"))
def test_neutral_bands(cooling_c: str, edge: str, whole: str) -> None:
    for counts, degrees in ((DeadBand.EDGE, edge), (DeadBand.WHOLE, whole)):
        terms = replace(tariffs.TARNBY, counts=counts)
        assert beyond(terms, Fraction(cooling_c) - 40) == int(degrees)


@pytest.mark.parametrize(("rule", "charged", "paid", "to_pay", "back"), _table("rule"))
def test_settlements(rule: str, charged: str, paid: str, to_pay: str, back: str) -> None:
    done = settle(
        charged_minor=int(Decimal(charged) * 100),
        paid_minor=int(Decimal(paid) * 100),
        rule=Settlement(rule.strip("`")),
        surplus=Surplus.REFUND,
    )

    assert (_major(done.to_pay_minor), _major(done.refund_minor)) == (to_pay, back)


@pytest.mark.usefixtures("scoped")
def test_the_worked_bill_and_its_postings() -> None:
    plan = a_tariff().plan
    dearer = [AREA, replace(ENERGY, price=Decimal("0.20"))]
    activate_version(version=a_version(plan=plan, starts_on=date(2026, 1, 11), components=dearer))
    contract = a_customer(registers_wh=REGISTERS | {date(2026, 1, 11): 2_400_000})
    draft = draft_invoice(contract=contract, period=JANUARY, at=AFTER_JANUARY)
    invoice = issue_invoice(invoice=draft, at=AFTER_JANUARY)

    rows = [
        [line.description, line.formula, _major(line.net_minor), _major(line.tax_minor)]
        for line in invoice.lines.all()
    ]
    assert [*rows, ["**Sum**", "", _major(invoice.net_minor), _major(invoice.tax_minor)]] == _table("line")
    assert f"{_major(invoice.total_minor)} yuan are to be paid" in PAGE
    receivable, revenue, tax = Posting.objects.order_by("pk").values_list("amount_minor", flat=True)
    assert (
        f"posted as {_major(receivable)} to `receivable`, {_major(revenue)} to `revenue` "
        f"and {_major(tax)} to `tax`"
    ) in PAGE


@pytest.mark.usefixtures("scoped")
def test_numbers() -> None:
    given: list[str] = []
    for _what, number in _table("what happens"):
        with transaction.atomic():
            (taken,) = take_numbers(series="invoice", year=2026, count=1)
            transaction.set_rollback(number == "none")
        given.append("none" if number == "none" else taken)

    assert given == [number for _what, number in _table("what happens")]


def test_every_reason_and_every_account_is_explained() -> None:
    assert _codes(_table("reason")) == set(SkipReason.values)
    assert _codes(_table("account")) == set(AccountCode.values)


def test_credits_in_parts() -> None:
    rows = _table("taken back")
    line, before = Credited(number="2026-000001", position=2, net_minor=16_000, tax_minor=1_440), 0
    for taken, net, tax in rows[:-1]:
        minor = int(Decimal(taken) * 100)
        credit = Credit(line=line, before_minor=before, minor=minor, currency="CNY", minor_digits=2)
        assert (_major(credit.net_minor), _major(credit.tax_minor)) == (net, tax)
        before += minor
    assert rows[-1] == [f"**{_major(before)}**", _major(-line.net_minor), _major(-line.tax_minor)]


@pytest.mark.usefixtures("scoped")
def test_the_bill_whose_reading_was_late() -> None:
    rows = {row[0].strip("*"): row[1:] for row in _table("line | issued")}
    a_tariff()
    contract = a_customer()
    bill_id = a_bill(contract=contract)
    read_again(contract, {date(2026, 2, 1): 3_200_000})
    (revision,) = revisions(bill_ids=[bill_id])
    added = {row.description: row.net_minor + row.tax_minor for row in revision.added}

    for charge in (*revision.kept, *revision.replaced):
        name = charge.line.description
        assert rows[name] == [_major(charge.left_minor), _major(added.get(name, charge.left_minor))]
    assert rows["Sum"] == [_major(revision.before_minor), _major(revision.after_minor)]
    assert f"asks for {_major(revision.difference_minor)}" in PAGE


@pytest.mark.parametrize(("kwh", "first", "second", "third"), _table("heat in blocks, kWh"))
def test_blocks(kwh: str, first: str, second: str, third: str) -> None:
    edges = [(Decimal(0), Decimal(20)), (Decimal(20), Decimal(30)), (Decimal(30), None)]
    blocks = [
        replace(
            homes.energy(price),
            above=above,
            up_to=up_to,
            banding=Banding.SLICE,
            edge_of=EdgeOf.M2,
        )
        for price, (above, up_to) in zip(("0.10", "0.20", "0.30"), edges, strict=True)
    ]
    bill = rate(homes.home(homes.part(of=homes.tariff(*blocks), energy_wh=int(kwh) * 1_000)))
    amounts = [_major(line.net_minor) for line in bill.lines]

    # A block that nothing reached is no line.
    assert amounts == [amount for amount in (first, second, third) if amount != "0.00"]


@pytest.mark.usefixtures("scoped")
def test_why_this_amount() -> None:
    _before, now = both_bills(two_winters())
    explanation = explain(Invoice.objects.get(pk=now))
    told = [_major(cause.minor) for cause in explanation.causes]

    assert [row[-1] for row in _table("cause")] == [*told, _major(explanation.difference_minor)]


@pytest.mark.usefixtures("scoped")
def test_what_the_season_will_cost() -> None:
    told = forecast_of(a_winter())

    ends = [_major(outcome.total_minor) for outcome in (told.mild, told.cold)]
    assert [row[-1] for row in _table("the rest of the winter")] == ends
