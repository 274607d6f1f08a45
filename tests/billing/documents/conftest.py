"""A bill with everything the law asks for around it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Utility
from billing.models import DegreeDays, FuelMix, Invoice, Letterhead
from metering.operations.consumption import cut_consumption
from tests.billing.factories import REGISTERS, a_bill, a_meter, a_tariff
from tests.factories import a_contract, a_household

# 1,200 kWh in January 2025, and the meter went on from there.
BEFORE = {date(2025, 1, 1): 500_000, date(2025, 2, 1): 1_700_000, date(2025, 11, 15): 1_800_000}


def a_letterhead() -> Letterhead:
    """A seller with all particulars."""
    return Letterhead.objects.create(
        legal_name="Bodens Energi AB",
        street="Garnisonsgatan 1",
        postcode="961 62",
        city="Boden",
        country_code="SE",
        tax_number="SE556200907001",
        bank_account="SE4550000000058398257466",
        complaints="kundtjanst@boden.example, then the National Board for Consumer Disputes",
        advice="Bleed your radiators each autumn.",
        taxes="Value added tax is 25 %; there is no other levy on heat.",
    )


@pytest.fixture
def lawful(scoped: Utility) -> Invoice:
    """January 2026 of a home whose January 2025 is known too, with letterhead, fuels and weather."""
    del scoped
    a_letterhead()
    FuelMix.objects.create(
        starts_on=date(2025, 1, 1),
        ends_on=date(2026, 1, 1),
        carriers={"Wood chips": "71.5", "Waste heat": "28.5"},
        co2_g_per_kwh=Decimal("21.3"),
        renewable_pct=Decimal("98.0"),
        source="Annual report 2025",
    )
    for month, cold in ((date(2025, 1, 1), 600), (date(2026, 1, 1), 500)):
        DegreeDays.objects.create(month=month, kelvin_days=cold)
    a_tariff()
    contract = a_contract(household=a_household(floor_area_m2=Decimal(100)), starts_on=date(2025, 1, 1))
    a_meter(contract=contract, registers_wh={**REGISTERS, **BEFORE})
    cut_consumption(at=timezone.now())
    return Invoice.objects.get(pk=a_bill(contract=contract))
