"""A home's facts become a bill: worked bills, and the laws that hold for every bill."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.period import Period
from billing.facts import Home, Metered, MeterRun, Part
from billing.rating.bill import rate
from billing.rating.charges import NoReadingsError, RegisterRanBackwardsError
from billing.rating.lines import Adjustment, Charge
from billing.rating.money import round_minor
from billing.terms import Per, Rounding, Unit
from tests.billing.rating import homes

wh = st.integers(min_value=0, max_value=10**8)
prices = st.decimals(min_value=0, max_value=100, places=6)
rates = st.sampled_from(["0", "0.09", "0.25", "0.255"])


def _capped(energy_wh: int, *, energy_tax: str = "0") -> Home:
    capped = homes.tariff(homes.area("12"), homes.energy("0.16", tax_rate=energy_tax), homes.cap("24"))
    return homes.home(homes.part(of=capped, energy_wh=energy_wh))


def test_beijing_two_part_bill_of_a_season() -> None:
    bill = rate(homes.home())

    assert [line.net_minor for line in bill.lines] == [120_000, 80_000]
    assert [line.formula for line in bill.lines] == [
        "100 m² × 12 CNY/m² × 120 d / 120 d = 1200.00 CNY",
        "5000 kWh × 0.16 CNY/kWh = 800.00 CNY",
    ]
    assert (bill.net_minor, bill.tax_minor, bill.total_minor) == (200_000, 0, 200_000)


@pytest.mark.parametrize(
    ("energy_wh", "net_minor"),
    [(5_000_000, [120_000, 80_000]), (7_500_000, [120_000] * 2), (9_000_000, [120_000, 144_000, -24_000])],
)
def test_the_cap_is_a_negative_line_and_only_where_it_bites(energy_wh: int, net_minor: list[int]) -> None:
    bill = rate(_capped(energy_wh))

    assert [line.net_minor for line in bill.lines] == net_minor


def test_the_cap_says_what_it_takes_off() -> None:
    cap = rate(_capped(9_000_000)).lines[-1]

    assert isinstance(cap, Adjustment)
    assert cap.formula == "2400.00 CNY − 2640.00 CNY = -240.00 CNY"


def test_the_cap_takes_off_each_tax_rate_its_part() -> None:
    bill = rate(_capped(9_000_000, energy_tax="0.09"))
    caps = [line for line in bill.lines if isinstance(line, Adjustment)]

    assert [(cap.tax_rate, cap.net_minor, cap.tax_minor) for cap in caps] == [
        (Decimal(0), -10_909, 0),
        (Decimal("0.09"), -13_091, -1_178),
    ]
    assert bill.net_minor == 240_000
    assert caps[0].formula == ("(2400.00 CNY − 2640.00 CNY) × 1200.00 CNY / 2640.00 CNY = -109.09 CNY")


def test_a_price_per_gigajoule_and_one_per_kilowatt_hour_are_two_prices() -> None:
    # 23.4 GJ at Beijing's two published prices: they disagree, so a component carries exactly one.
    by_gj, by_kwh = (
        rate(homes.home(homes.part(of=homes.tariff(component), energy_wh=6_500_000))).net_minor
        for component in (homes.energy("44.45", unit=Unit.GJ), homes.energy("0.16"))
    )

    assert (by_gj, by_kwh) == (104_013, 104_000)


def test_tax_is_taken_line_by_line_from_what_was_rounded() -> None:
    three = homes.tariff(*[homes.fixed("0.05", tax_rate="0.09", per=Per.SEASON)] * 3)
    bill = rate(homes.home(homes.part(of=three)))

    # 0.45 fen of tax a line rounds to nothing three times; on the sum it would have been one.
    assert (bill.net_minor, bill.tax_minor) == (15, 0)


def test_half_a_fen_goes_as_the_tariff_says() -> None:
    # 0.02 kWh at 0.25 yuan are half a fen exactly.
    halves = [
        rate(homes.home(homes.part(of=homes.tariff(homes.energy("0.25"), rounding=mode), energy_wh=20)))
        for mode in (Rounding.HALF_UP, Rounding.HALF_EVEN)
    ]

    assert [bill.net_minor for bill in halves] == [1, 0]


def test_a_tariff_change_gives_lines_for_each_part_by_the_register_of_the_change() -> None:
    new_year = date(2026, 1, 1)
    dearer = homes.tariff(homes.area("24"), homes.energy("0.20"), name="2026")
    bill = rate(
        homes.home(
            homes.part(period=Period(homes.SEASON.start, new_year), energy_wh=2_000_000),
            homes.part(of=dearer, period=Period(new_year, date(2026, 3, 15)), energy_wh=3_000_000),
        )
    )

    assert [line.formula for line in bill.lines] == [
        "100 m² × 12 CNY/m² × 47 d / 120 d = 470.00 CNY",
        "2000 kWh × 0.16 CNY/kWh = 320.00 CNY",
        "100 m² × 24 CNY/m² × 73 d / 120 d = 1460.00 CNY",
        "3000 kWh × 0.2 CNY/kWh = 600.00 CNY",
    ]


def test_out_of_season_there_is_no_area_line_and_the_energy_line_stays() -> None:
    summer = Period(date(2026, 6, 1), date(2026, 7, 1))
    bill = rate(homes.home(homes.part(period=summer, energy_wh=0)))

    assert [line.formula for line in bill.lines] == ["0 kWh × 0.16 CNY/kWh = 0.00 CNY"]


def test_a_standing_charge_over_new_year_names_both_years() -> None:
    winter = Period(date(2027, 12, 1), date(2028, 2, 1))
    bill = rate(homes.home(homes.part(of=homes.tariff(homes.fixed("365")), period=winter)))

    assert bill.lines[0].formula == "365 CNY × (31 d / 365 d + 31 d / 366 d) = 61.92 CNY"


def test_two_meters_count_together() -> None:
    first, second = homes.metered(2_000_000), homes.metered(3_000_000, opening_wh=0)
    both = Metered(meters=first.meters + second.meters, quality="estimated")
    bill = rate(homes.home(Part(period=homes.SEASON, tariff=homes.BEIJING, metered=both)))

    assert bill.lines[1].formula == "5000 kWh × 0.16 CNY/kWh = 800.00 CNY"
    assert [line.quality for line in bill.lines if isinstance(line, Charge)] == ["", "estimated"]


def test_heat_that_nobody_metered_is_not_billed() -> None:
    unread = Part(period=homes.SEASON, tariff=homes.BEIJING, metered=None)

    with pytest.raises(NoReadingsError, match="No register is known for 2025-11-15 to 2026-03-15"):
        rate(homes.home(unread))


def test_a_tariff_by_area_alone_needs_no_reading() -> None:
    by_area = homes.tariff(homes.area("24"))
    bill = rate(homes.home(Part(period=homes.SEASON, tariff=by_area, metered=None)))

    assert bill.net_minor == 240_000


def test_a_register_that_ran_backwards_is_named_and_not_clamped() -> None:
    with pytest.raises(RegisterRanBackwardsError, match="Meter 41 stood at 1000000 Wh"):
        rate(homes.home(homes.part(energy_wh=-1)))


def test_one_meter_going_backwards_is_not_hidden_by_another() -> None:
    back, forth = homes.metered(-500), homes.metered(1_000)
    meters: tuple[MeterRun, ...] = back.meters + forth.meters
    both = Metered(meters=meters, quality="measured")

    with pytest.raises(RegisterRanBackwardsError):
        rate(homes.home(Part(period=homes.SEASON, tariff=homes.BEIJING, metered=both)))


@given(wh, prices, prices, rates)
def test_the_header_is_the_sum_of_the_lines(
    energy_wh: int, per_m2: Decimal, per_kwh: Decimal, tax_rate: str
) -> None:
    some = homes.tariff(
        homes.area(str(per_m2), tax_rate=tax_rate),
        homes.energy(str(per_kwh), tax_rate=tax_rate),
        homes.cap("24", tax_rate=tax_rate),
    )
    bill = rate(homes.home(homes.part(of=some, energy_wh=energy_wh)))

    assert bill.net_minor == sum(line.net_minor for line in bill.lines)
    assert bill.total_minor == sum(line.net_minor + line.tax_minor for line in bill.lines)


@given(wh, wh)
def test_more_heat_never_costs_less_and_never_more_than_the_cap(one_wh: int, other_wh: int) -> None:
    less, more = (rate(_capped(energy_wh)).net_minor for energy_wh in sorted([one_wh, other_wh]))

    assert less <= more <= 240_000


@given(wh, wh, st.integers(min_value=1, max_value=119))
def test_a_bill_cut_in_two_differs_only_by_its_own_roundings(first_wh: int, second_wh: int, cut: int) -> None:
    middle = homes.SEASON.start + timedelta(days=cut)
    assert homes.SEASON.end is not None
    whole = rate(homes.home(homes.part(energy_wh=first_wh + second_wh)))
    halves = rate(
        homes.home(
            homes.part(period=Period(homes.SEASON.start, middle), energy_wh=first_wh),
            homes.part(period=Period(middle, homes.SEASON.end), energy_wh=second_wh),
        )
    )
    charges = [line for line in halves.lines if isinstance(line, Charge)]

    assert sum((line.exact_minor for line in charges), Fraction()) == sum(
        (line.exact_minor for line in whole.lines if isinstance(line, Charge)), Fraction()
    )
    # Two components, each rounded twice instead of once: at most half a fen each time.
    assert abs(halves.net_minor - whole.net_minor) <= 2
    assert all(line.net_minor == round_minor(line.exact_minor, Rounding.HALF_UP) for line in charges)
