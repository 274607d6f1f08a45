"""Tariffs as their publishers print them, with the amounts they print: a worked bill for each."""

from datetime import date
from decimal import Decimal

import pytest

from accounts.period import Period
from billing.facts import Component
from billing.rating.bill import rate
from billing.terms import Per, Unit
from tests.billing.rating import homes

YEAR = Period(date(2024, 1, 1), date(2025, 1, 1))

ODSHERRED = (  # odsherredforsyning.dk, VAT included
    homes.fixed("2250"),
    homes.area("70", per=Per.YEAR),
    homes.energy("810", unit=Unit.MWH),
    homes.fixed("2500"),
)
TEKNISKA_MINI = (homes.fixed("4100"), homes.energy("0.716"))  # tekniskaverken.se, private customers 2024
EKSJO = (homes.energy("0.876"),)  # eksjoenergi.se 2020
LOJT = (  # lojtfjernvarme.dk 2024, priced per GJ, 25 % VAT on top
    homes.fixed("1000", tax_rate="0.25"),
    homes.area("9.00", per=Per.YEAR, tax_rate="0.25"),
    homes.energy("146.40", unit=Unit.GJ, tax_rate="0.25"),
)
HOFOR = (homes.energy("592.52", unit=Unit.MWH, tax_rate="0.25"),)  # hofor.dk 2024
TIANJIN = (homes.area("7.50", per=Per.YEAR), homes.energy("0.13"))  # decree 1092 of 2015


@pytest.mark.parametrize(
    ("components", "area_m2", "energy_wh", "total"),
    [
        (ODSHERRED, "130", 18_100_000, "28511.00"),
        (TEKNISKA_MINI, "100", 5_000_000, "7680.00"),
        (TEKNISKA_MINI, "100", 10_000_000, "11260.00"),
        (TEKNISKA_MINI, "100", 15_000_000, "14840.00"),
        (TEKNISKA_MINI, "100", 20_000_000, "18420.00"),
        (EKSJO, "100", 15_000_000, "13140.00"),
        (EKSJO, "100", 20_000_000, "17520.00"),
        (EKSJO, "100", 30_000_000, "26280.00"),
        (EKSJO, "100", 40_000_000, "35040.00"),
        # 1,250 + 100 m² at 11.25 + 9 GJ at 183.00, as printed with VAT.
        (LOJT, "100", 2_500_000, "4022.00"),
        # The publisher prints 740.64, from a base that was not rounded; 592.52 and 25 % are 740.65.
        (HOFOR, "100", 1_000_000, "740.65"),
        (TIANJIN, "100", 6_500_000, "1595.00"),
    ],
)
def test_a_years_heat_costs_what_the_publisher_says(
    components: tuple[Component, ...], area_m2: str, energy_wh: int, total: str
) -> None:
    year = homes.part(of=homes.tariff(*components), period=YEAR, energy_wh=energy_wh)
    bill = rate(homes.home(year, area_m2=area_m2, seasons=()))

    assert Decimal(bill.total_minor).scaleb(-2) == Decimal(total)
