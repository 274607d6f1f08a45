"""Every kind of component beyond the two parts: what it charges, on which days, and the laws of all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.period import Period, end_of
from billing.facts import Component, Failure, Incentive, Index, IndexTerm, InMonths, Part, Temperatures
from billing.formulas import index_from, index_json
from billing.rating.bill import rate
from billing.rating.charges import MissingFactError, NoReadingsError
from billing.rating.degrees import beyond, on_curve
from billing.rating.indices import resolved
from billing.rating.lines import Adjustment, Charge
from billing.rating.settlement import settle
from billing.rating.trace import from_json, holds, to_json
from billing.terms import (
    Banding,
    ComponentKind,
    DeadBand,
    During,
    EdgeOf,
    Per,
    Settlement,
    Surplus,
    TaxBasis,
    Unit,
)
from billing.verify_proof import amounts
from tests.billing.rating import homes, tariffs

wh = st.integers(min_value=0, max_value=10**8)
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))


@pytest.mark.parametrize(("power_kw", "band"), [("50", 0), ("50.5", 1), ("200", 1), ("601", 3)])
def test_a_power_lies_in_one_band(power_kw: str, band: int) -> None:
    part = Part(period=YEAR, tariff=homes.tariff(*tariffs.BODEN_2024[:4]), metered=None)
    (line,) = rate(homes.home(part, power_kw=Decimal(power_kw))).lines

    assert isinstance(line, Charge)
    assert (line.offset, line.price) == (tariffs.BODEN_2024[band].offset, tariffs.BODEN_2024[band].price)


@pytest.mark.parametrize(
    ("power_kw", "why"), [(None, "power is not known"), (Decimal(4), "No band of power")]
)
def test_who_has_no_power_or_no_band_does_not_go_free(power_kw: Decimal | None, why: str) -> None:
    part = Part(period=YEAR, tariff=homes.tariff(*tariffs.BODEN_2024[:4]), metered=None)

    with pytest.raises(MissingFactError, match=why):
        rate(homes.home(part, power_kw=power_kw))


def test_heat_and_water_are_charged_by_the_months_of_their_price() -> None:
    winter = homes.metered(10_000_000, volume_l=200_000)
    months = (
        InMonths(months=tariffs.WINTER, metered=winter),
        InMonths(months=tariffs.SUMMER, metered=homes.metered(2_000_000)),
    )
    part = Part(period=YEAR, tariff=homes.tariff(*tariffs.BODEN_2024[4:]), metered=None, in_months=months)

    assert [line.net_minor for line in rate(homes.home(part)).lines] == [411_000, 42_200, 77_600]
    with pytest.raises(NoReadingsError, match="No register is known for the months"):
        rate(homes.home(replace(part, in_months=())))


def test_a_price_with_tax_in_it_is_what_is_paid() -> None:
    bill = rate(homes.home(homes.part(of=homes.tariff(*tariffs.EKSJO), energy_wh=15_000_000)))

    assert (bill.net_minor, bill.tax_minor, bill.total_minor) == (1_051_200, 262_800, 1_314_000)


@pytest.mark.parametrize(
    ("cooling_c", "counts", "degrees"),
    [
        (41, "edge", 0),
        (42, "edge", 1),
        (38, "edge", -1),
        (41, "whole", 0),
        (42, "whole", 2),
        (38, "whole", -2),
    ],
)
def test_a_neutral_band_forgives_its_degrees_or_only_hides_them(
    cooling_c: int, counts: str, degrees: int
) -> None:
    terms = replace(tariffs.TARNBY, counts=DeadBand(counts))

    assert beyond(terms, Fraction(cooling_c) - 40) == degrees


@pytest.mark.parametrize(("volume_l", "net_minor"), [(54_450, []), (49_500, [-2_835]), (60_500, [2_835])])
def test_cooling_beyond_the_band_is_rewarded_and_below_it_charged(
    volume_l: int, net_minor: list[int]
) -> None:
    # Tårnby: 9 GJ in 54.45 m³ × 242 are 40 °C; in 49.5 m³ 44 °C and in 60.5 m³ 36 °C, three past the band.
    heat = homes.metered(2_500_000, volume_l=volume_l)
    cooling = homes.priced(ComponentKind.COOLING, "1.05", unit=Unit.GJ, incentive=tariffs.TARNBY)
    lines = rate(homes.home(Part(period=homes.SEASON, tariff=homes.tariff(cooling), metered=heat))).lines

    assert [line.net_minor for line in lines] == net_minor


def test_the_return_expected_follows_the_supply() -> None:
    curve = tariffs.LOJT_RETURN.curve
    assert [on_curve(curve, Decimal(supply)) for supply in (50, 55, 60, 65, 80)] == [40, 40, 35, 30, 30]


def test_a_warm_return_costs_percent_of_the_heat() -> None:
    # Løjt: 60 °C supply expects 35 °C; 41 °C are six too warm, three of them free, 2 % each.
    surcharge = homes.priced(ComponentKind.RETURN, "2", unit=Unit.PERCENT, incentive=tariffs.LOJT_RETURN)
    part = homes.part(of=homes.tariff(homes.energy("0.16"), surcharge))
    warm = replace(part, temperatures=Temperatures(supply_c=Decimal(60), return_c=Decimal(41)))
    line = rate(homes.home(warm)).lines[-1]

    assert (line.net_minor, line.formula) == (4_800, "800 CNY × 2 % × 3 °C = 48.00 CNY")
    with pytest.raises(MissingFactError, match="Nobody knows how warm"):
        rate(homes.home(part))


def test_a_short_stay_has_no_yearly_cooling() -> None:
    cooling = homes.priced(ComponentKind.COOLING, "4.74", unit=Unit.MWH, incentive=tariffs.HOFOR_COOLING)
    heat = homes.metered(1_000_000, volume_l=100_000)
    short, long = (
        rate(homes.home(Part(period=period, tariff=homes.tariff(cooling), metered=heat)))
        for period in (homes.SEASON, YEAR)
    )

    assert (len(short.lines), len(long.lines)) == (0, 1)


def test_a_price_follows_its_indices_and_the_trace_shows_them() -> None:
    # Marktoberdorf: A0 × (0.1 L/L0 + 0.5 G/G0 + 0.3 H/H0 + 0.1 Hel/Hel0).
    terms = [("L", "0.1", "110"), ("G", "0.5", "120"), ("H", "0.3", "90"), ("Hel", "0.1", "100")]
    index = Index(
        base_price=Decimal(80),
        digits=2,
        terms=tuple(
            IndexTerm(name=n, weight=Decimal(w), base=Decimal(100), value=Decimal(v)) for n, w, v in terms
        ),
    )
    assert resolved(index) == Decimal("86.40")
    heat = replace(homes.energy("86.40", unit=Unit.MWH), index=index)
    line = rate(homes.home(homes.part(of=homes.tariff(heat)))).lines[0]
    trace = json.loads(json.dumps(to_json(line)))

    assert holds(trace, net_minor=43_200, tax_minor=0)
    trace["index"]["terms"][0]["value"] = "111"
    assert not holds(trace, net_minor=43_200, tax_minor=0)


def test_suspended_days_pay_the_standby_fee_and_nothing_else_by_time() -> None:
    standby = homes.priced(
        ComponentKind.STANDBY,
        "24",
        unit=Unit.M2,
        per=Per.SEASON,
        factor=Decimal("0.3"),
        during=During.SUSPENDED,
    )
    meter_rent = replace(homes.fixed("12", per=Per.SEASON), during=During.ALWAYS)
    part = homes.part(of=homes.tariff(homes.area("24"), standby, meter_rent))
    lines = rate(homes.home(part, suspended=(JANUARY,))).lines

    assert [line.formula for line in lines] == [
        "100 m² × 24 CNY/m² × (47 d / 120 d + 42 d / 120 d) = 1780.00 CNY",
        "100 m² × 0.3 × 24 CNY/m² × 31 d / 120 d = 186.00 CNY",
        "12 CNY × 120 d / 120 d = 12.00 CNY",
    ]


def test_days_without_heat_come_back_by_their_ratio() -> None:
    refund = homes.priced(ComponentKind.OUTAGE, "24", unit=Unit.M2, per=Per.SEASON)
    cold = Period(date(2026, 1, 1), date(2026, 1, 5))
    part = homes.part(of=homes.tariff(homes.area("24"), refund))
    lines = rate(homes.home(part, failures=(Failure(period=cold, ratio=Decimal("0.5")),))).lines

    assert lines[-1].formula == "−100 m² × 24 CNY/m² × 4 d / 120 d × 0.5 = -40.00 CNY"


def test_the_minimum_is_a_line_of_what_is_missing() -> None:
    least = homes.priced(ComponentKind.MINIMUM, "100", unit=Unit.HOME, per=Per.SEASON, tax_rate="0.09")
    tariff = homes.tariff(homes.energy("0.16", tax_rate="0.09"), least)
    bills = [rate(homes.home(homes.part(of=tariff, energy_wh=kwh * 1_000))) for kwh in (0, 500, 1_000)]

    assert [[line.net_minor for line in bill.lines] for bill in bills] == [
        [0, 10_000],
        [8_000, 2_000],
        [16_000],
    ]
    assert bills[1].lines[-1].formula == "100.00 CNY − 80.00 CNY = 20.00 CNY"


@given(wh, st.integers(1, 119), st.sampled_from(TaxBasis), st.sampled_from(["0", "0.09", "0.25"]))
def test_every_line_is_addressed_and_computes_again(
    energy_wh: int, cut: int, basis: TaxBasis, tax_rate: str
) -> None:
    least = homes.priced(ComponentKind.MINIMUM, "3", unit=Unit.M2, per=Per.SEASON, tax_rate=tax_rate)
    prices = (
        homes.area("12", tax_rate=tax_rate),
        homes.energy("0.16", tax_rate=tax_rate),
        homes.cap("24"),
        least,
    )
    tariff = homes.tariff(*(replace(price, tax_basis=basis) for price in prices))
    middle = homes.SEASON.start + timedelta(days=cut)
    home = homes.home(
        homes.part(of=tariff, period=Period(homes.SEASON.start, middle), energy_wh=energy_wh),
        homes.part(of=tariff, period=Period(middle, end_of(homes.SEASON)), energy_wh=energy_wh),
    )
    bill = rate(home)

    assert rate(home) == bill
    for line in bill.lines:
        named = line.last if isinstance(line, Adjustment) else line
        assert (named.component_id in range(1, 6), named.tariff_id) == (True, 7)
        assert holds(
            json.loads(json.dumps(to_json(line))), net_minor=line.net_minor, tax_minor=line.tax_minor
        )
        assert from_json(to_json(line)) == line
        assert amounts(to_json(line)) == (line.net_minor, line.tax_minor)
    # The cap's own basis: each half of it is rounded once.
    due = bill.net_minor if basis is TaxBasis.NET else bill.total_minor
    assert due <= 240_000 + 1


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.sampled_from(Settlement), st.sampled_from(Surplus))
def test_a_settlement_loses_no_fen(charged: int, paid: int, rule: Settlement, surplus: Surplus) -> None:
    done = settle(charged_minor=charged, paid_minor=paid, rule=rule, surplus=surplus)

    assert done.due_minor == paid + done.to_pay_minor - done.refund_minor - done.carried_minor
    assert done.due_minor <= charged
    assert not (rule is Settlement.LOWER and done.to_pay_minor)


def test_an_incentive_without_its_terms_is_named() -> None:
    bare = homes.priced(ComponentKind.COOLING, "1", unit=Unit.GJ)
    with pytest.raises(MissingFactError, match="does not say how its degrees are counted"):
        rate(homes.home(homes.part(of=homes.tariff(bare))))
    unread = homes.priced(ComponentKind.COOLING, "1", unit=Unit.GJ, incentive=Incentive())
    with pytest.raises(MissingFactError, match="how much water ran"):
        rate(homes.home(homes.part(of=homes.tariff(unread))))


def _blocks(*, edge_of: EdgeOf = EdgeOf.HOME, edge_per: Per = Per.QUANTITY) -> list[Component]:
    """The first 2,000 kWh at 0.10, up to 3,000 at 0.20, the rest at 0.30: or so much a m² or a season."""
    edges = [("0", "2000", "0.10"), ("2000", "3000", "0.20"), ("3000", None, "0.30")]
    if edge_of is EdgeOf.M2:
        edges = [("0", "20", "0.10"), ("20", "30", "0.20"), ("30", None, "0.30")]
    return [
        replace(
            homes.energy(price),
            above=Decimal(low),
            up_to=None if high is None else Decimal(high),
            banding=Banding.SLICE,
            edge_of=edge_of,
            edge_per=edge_per,
        )
        for low, high, price in edges
    ]


@pytest.mark.parametrize(
    ("kwh", "edge_of", "amounts"),
    [
        (1_500, EdgeOf.HOME, [15_000]),
        (2_000, EdgeOf.HOME, [20_000]),
        (2_500, EdgeOf.HOME, [20_000, 10_000]),
        (5_000, EdgeOf.HOME, [20_000, 20_000, 60_000]),
        # 100 m² at 20 and 30 kWh/m²: the same edges.
        (5_000, EdgeOf.M2, [20_000, 20_000, 60_000]),
    ],
)
def test_each_block_of_the_heat_has_its_price(kwh: int, edge_of: EdgeOf, amounts: list[int]) -> None:
    tariff = homes.tariff(*_blocks(edge_of=edge_of))
    lines = rate(homes.home(homes.part(of=tariff, energy_wh=kwh * 1_000))).lines

    assert [line.net_minor for line in lines] == amounts
    for line in lines:
        assert holds(json.loads(json.dumps(to_json(line))), net_minor=line.net_minor, tax_minor=0)


def test_the_edges_of_a_season_are_shared_out_by_days() -> None:
    # 31 of 120 days: the first block ends at 516.666… kWh, the second at 775.
    tariff = homes.tariff(*_blocks(edge_per=Per.SEASON))
    january = homes.part(of=tariff, period=JANUARY, energy_wh=1_000_000)
    lines = rate(homes.home(january)).lines

    assert [line.formula for line in lines] == [
        "516.666667 kWh × 0.1 CNY/kWh = 51.67 CNY",
        "258.333333 kWh × 0.2 CNY/kWh = 51.67 CNY",
        "225 kWh × 0.3 CNY/kWh = 67.50 CNY",
    ]


@given(kwh=st.integers(0, 20_000))
def test_blocks_of_one_price_are_that_price(kwh: int) -> None:
    blocks = [replace(block, price=Decimal("0.25")) for block in _blocks()]
    parts = [
        homes.part(of=homes.tariff(*of), energy_wh=kwh * 1_000) for of in (blocks, [homes.energy("0.25")])
    ]
    in_blocks, whole = (rate(homes.home(part)).total_minor for part in parts)

    assert in_blocks == whole


@pytest.mark.parametrize(("value", "price"), [("50", "70.00"), ("100", "80.00"), ("200", "95.00")])
def test_an_index_stays_within_its_floor_and_ceiling(value: str, price: str) -> None:
    gas = IndexTerm(name="gas", weight=Decimal("0.5"), base=Decimal(100), value=Decimal(value))
    stays = IndexTerm(name="stays", weight=Decimal("0.5"), base=Decimal(1), value=Decimal(1))
    limits = {"floor": Decimal(70), "ceiling": Decimal(95)}
    index = Index(base_price=Decimal(80), digits=2, terms=(gas, stays), **limits)

    assert resolved(index) == Decimal(price)
    assert index_from(json.loads(json.dumps(index_json(index)))) == index


def test_a_cap_is_compared_within_its_own_tax_basis() -> None:
    # From February the prices have the tax in them. January: 400.00 of 300.00 before tax; February: below.
    net = homes.tariff(homes.energy("0.40", tax_rate="0.09"), homes.cap("12", tax_rate="0.09"))
    gross = homes.tariff(
        *(replace(component, tax_basis=TaxBasis.GROSS) for component in net.components), name="gross"
    )
    february = Period(date(2026, 2, 1), date(2026, 3, 1))
    parts = [
        homes.part(of=net, period=JANUARY, energy_wh=1_000_000),
        homes.part(of=gross, period=february, energy_wh=100_000),
    ]
    lines = rate(homes.home(*parts)).lines

    # 100 m² × 12 × 31 / 120 = 310.00 before tax; the 40.00 of February leave it alone.
    assert [(line.tax_basis, line.rounded_minor) for line in lines] == [
        (TaxBasis.NET, 40_000),
        (TaxBasis.GROSS, 4_000),
        (TaxBasis.NET, -9_000),
    ]


def test_an_area_that_was_corrected_counts_from_its_day() -> None:
    february = Period(date(2026, 2, 1), date(2026, 3, 1))
    before = homes.part(of=homes.tariff(homes.area("12")), period=JANUARY)
    after = replace(before, period=february, floor_area_m2=Decimal(90))

    assert [line.formula for line in rate(homes.home(before, after)).lines] == [
        "100 m² × 12 CNY/m² × 31 d / 120 d = 310.00 CNY",
        "90 m² × 12 CNY/m² × 28 d / 120 d = 252.00 CNY",
    ]
