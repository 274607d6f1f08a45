"""Every published amount of `billing_vectors.json`, from a tariff of the product's own form."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from accounts.period import Period
from billing.facts import Component, Incentive, InMonths, Overdue, Part
from billing.rating.bill import Bill, advance, rate
from billing.rating.lines import Adjustment
from billing.rating.money import round_minor
from billing.rating.settlement import settle
from billing.rating.trace import from_json, to_json
from billing.terms import ComponentKind, Rounding, Settlement, Surplus, Unit
from billing.verify_proof import amounts
from tests import shared_data
from tests.billing.rating import homes, tariffs

Inputs = Mapping[str, str]
YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))
MISSING = "shared/data/billing_vectors.json is beside no parent folder; HEARTHLINE_SHARED_DATA may name it"
WH = {"kWh": Fraction(1_000), "MWh": Fraction(1_000_000), "GJ": Fraction(10**9, 3_600)}
# What the publisher printed wrong, and what its own prices give.
SLIPS = {
    "boden2020-20-energy": "6341.40",
    "hofor-vat-energy-20240101": "740.65",
    "vme-193-sum-of-rounded": "126013.00",
}


def _vectors(kind: str) -> list[Any]:
    file = shared_data.find("billing_vectors.json")
    if file is None:
        return [pytest.param({}, marks=pytest.mark.skip(reason=MISSING), id="absent")]
    rows = json.loads(file.read_text(encoding="utf-8"))[kind]
    return [pytest.param(row, id=row["id"]) for row in rows]


def _energy_wh(inputs: Inputs) -> int:
    return next((int(Fraction(inputs[unit]) * wh) for unit, wh in WH.items() if unit in inputs), 0)


def _bill(*components: Component, inputs: Inputs, period: Period[date] = YEAR) -> Bill:
    """A year's bill of a home with these measures; its heat and water are the winter's."""
    heat = homes.metered(_energy_wh(inputs), volume_l=0)
    months = {component.months for component in components if component.months}
    part = Part(
        period=period,
        tariff=homes.tariff(*components),
        metered=heat,
        in_months=tuple(InMonths(months=m, metered=heat if 1 in m else None) for m in months),
    )
    power = inputs.get("kW")
    home = homes.home(
        part, area_m2=inputs.get("m2", "100"), power_kw=None if power is None else Decimal(power)
    )
    return rate(home)


def _total_of(bill: Bill, kinds: set[str] | None) -> int:
    lines = [line for line in bill.lines if isinstance(line, Adjustment) or not kinds or line.kind in kinds]
    for line in bill.lines:
        again = from_json(json.loads(json.dumps(to_json(line))))
        assert (again.net_minor, again.tax_minor) == (line.net_minor, line.tax_minor)
        # The resident's own verifier, which knows nothing of our rating, agrees.
        assert amounts(to_json(line)) == (line.net_minor, line.tax_minor)
    return sum(line.net_minor + line.tax_minor for line in lines)


def _boden(row: Mapping[str, Any]) -> int:
    name, _amount, what = row["id"].split("-")
    tariff = {
        "boden2024": tariffs.BODEN_2024,
        "boden2019": tariffs.BODEN_2019,
        "boden2020": tariffs.BODEN_2020,
    }[name]
    kinds = {"energy": {"energy"}, "total": None}.get(what, {"power"})
    return _total_of(_bill(*tariff, inputs={"kW": "10", **row["inputs"]}), kinds)


def _hofor(row: Mapping[str, Any]) -> int:
    _hofor, of, what, _day = row["id"].split("-")
    if of == "cooling":
        percent = homes.priced(
            ComponentKind.COOLING, "0", unit=Unit.PERCENT, incentive=_bonus(tariffs.HOFOR_COOLING, "0.8")
        )
        return -_total_of(_cooled(homes.energy(row["inputs"]["energy"], unit=Unit.MWH), percent), {"cooling"})
    excl = row["inputs"]["excl"]
    if what == "effect":
        return _total_of(_bill(tariffs.power(excl, tax_rate="0.25"), inputs={"kW": "1"}), None)
    if what == "energy":
        price = homes.energy(excl, unit=Unit.MWH, tax_rate="0.25")
        return _total_of(_bill(price, inputs={"MWh": "1"}), None)
    cooling = homes.priced(
        ComponentKind.COOLING,
        "0",
        unit=Unit.MWH,
        tax_rate="0.25",
        incentive=_bonus(tariffs.HOFOR_COOLING, excl),
    )
    return -_total_of(_cooled(cooling), None)


def _bonus(incentive: Incentive, bonus: str) -> Incentive:
    # 1 MWh in 20 m³ are 43 °C: with 37 °C asked for and 5 °C neutral, exactly one degree counts.
    return replace(incentive, target_c=Decimal(37), bonus=Decimal(bonus))


def _cooled(*components: Component) -> Bill:
    heat = homes.metered(1_000_000, volume_l=20_000)
    return rate(homes.home(Part(period=YEAR, tariff=homes.tariff(*components), metered=heat)))


def _lojt(row: Mapping[str, Any]) -> int:
    what = row["id"].removeprefix("lojt-vat-")
    component = dict(zip(["GJ", "fixed", "m2", "meter"], tariffs.LOJT, strict=True))[what]
    assert component.price == Decimal(row["inputs"]["excl"])
    # One GJ is no whole number of watt-hours; nine are.
    count = 9 if what == "GJ" else 1
    return _total_of(_bill(component, inputs={"GJ": "9", "m2": "1"}), None) // count


def _vme(row: Mapping[str, Any]) -> int:
    tariff = tariffs.VME_HEAT if "kWh" in row["inputs"] else tariffs.VME_PARTS
    return _total_of(_bill(*tariff, inputs=row["inputs"]), None)


PUBLISHERS: dict[str, Callable[[Mapping[str, Any]], int]] = {
    "boden": _boden,
    "hofor": _hofor,
    "lojt": _lojt,
    "vme": _vme,
    "odsherred": lambda row: _total_of(_bill(*tariffs.ODSHERRED, inputs=row["inputs"]), None),
    "tekniska": lambda row: _total_of(_bill(*tariffs.TEKNISKA_MINI, inputs=row["inputs"]), None),
    "eksjo": lambda row: _total_of(_bill(*tariffs.EKSJO, inputs=row["inputs"]), None),
}


@pytest.mark.parametrize("row", _vectors("published"))
def test_a_published_amount(row: Mapping[str, Any]) -> None:
    publisher = next(name for name in PUBLISHERS if row["id"].startswith(name))
    minor = PUBLISHERS[publisher](row)

    assert row["match"] is (row["id"] not in SLIPS)
    expected = Decimal(SLIPS.get(row["id"], row["expected"]))
    # Some publishers print whole kronor: what we have to the cent, read as they print it.
    digits = max(0, -int(expected.as_tuple().exponent))
    printed = round_minor(Fraction(minor, 10 ** (2 - min(digits, 2))), Rounding.HALF_UP)
    assert Decimal(printed).scaleb(-digits) == expected


@pytest.mark.parametrize("row", _vectors("computed_cn"))
def test_a_case_computed_from_a_chinese_formula(row: Mapping[str, Any]) -> None:
    got = _chinese(row["id"].split("-")[0], row["inputs"])

    assert {name: got[name] for name in row["expected"]} == row["expected"]


def _chinese(city: str, inputs: Inputs) -> dict[str, str]:
    if "GJ" in inputs:
        by_gj, by_kwh = homes.energy("44.45", unit=Unit.GJ), homes.energy("0.16")
        totals = (_bill(price, inputs=inputs).total_minor for price in (by_gj, by_kwh))
        return dict(zip(["by_GJ", "by_kWh"], map(_major, totals), strict=True))
    components = tariffs.BEIJING if city == "beijing" else tariffs.TIANJIN
    rule = Settlement.LOWER if city == "beijing" else Settlement.BOTH_WAYS
    heat = homes.part(of=homes.tariff(*components), energy_wh=_energy_wh(inputs))
    home = homes.home(heat, area_m2=inputs["m2"])
    bill, asked = rate(home), advance(home)
    settled = settle(
        charged_minor=bill.total_minor, paid_minor=asked.total_minor, rule=rule, surplus=Surplus.REFUND
    )
    basic, metered = bill.lines[:2]
    return {
        "basic": _major(basic.net_minor),
        "metered": _major(metered.net_minor),
        "two_part": _major(basic.net_minor + metered.net_minor),
        "area": _major(asked.total_minor),
        "total": _major(bill.total_minor),
        "due": _major(settled.due_minor),
        "prepaid": _major(settled.paid_minor),
        "refund": _major(settled.refund_minor),
        "late_fee_per_day_2permille": _late(asked.total_minor),
    }


def _late(overdue_minor: int) -> str:
    day = Period(date(2026, 1, 1), date(2026, 1, 2))
    late = Overdue(period=day, amount=Decimal(overdue_minor).scaleb(-2))
    part = Part(period=day, tariff=homes.tariff(tariffs.TIANJIN[-1]), metered=None)
    return _major(rate(homes.home(part, overdue=(late,))).total_minor)


def _major(minor: int) -> str:
    return f"{Decimal(minor).scaleb(-2):.2f}"
