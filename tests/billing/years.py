"""A home of two winters: a tariff since the first, the registers of both Januaries, degree days of both."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from accounts.models import Contract
from accounts.period import Period
from billing.models import DegreeDays
from billing.operations.tariffs import activate_version, enter_season
from tests import factories
from tests.billing.factories import AFTER_JANUARY, JANUARY, SEASON, a_bill, a_meter, a_plan, a_version

JANUARY_BEFORE: Final = Period(date(2025, 1, 1), date(2025, 2, 1))
AFTER_JANUARY_BEFORE: Final = datetime(2025, 2, 1, 1, tzinfo=UTC)
FIRST: Final = Period(date(2024, 11, 15), date(2025, 3, 15))
# 1,000 kWh in the first January, 1,080 in the second.
REGISTERS: Final = {
    FIRST.start: 0,
    date(2025, 1, 1): 2_000_000,
    date(2025, 2, 1): 3_000_000,
    date(2026, 1, 1): 6_000_000,
    date(2026, 2, 1): 7_080_000,
}


def two_winters() -> Contract:
    """The home, not billed yet; the second January is colder by a fifth."""
    for season in (FIRST, SEASON):
        enter_season(starts_on=season.start, ends_on=date(season.start.year + 1, 3, 15))
    activate_version(version=a_version(plan=a_plan(), starts_on=FIRST.start))
    household = factories.a_household(floor_area_m2=Decimal(100))
    contract = factories.a_contract(household=household, starts_on=FIRST.start)
    a_meter(contract=contract, registers_wh=REGISTERS)
    for month, kelvin_days in ((JANUARY_BEFORE.start, 600), (JANUARY.start, 720)):
        DegreeDays.objects.create(month=month, kelvin_days=kelvin_days)
    return contract


def both_bills(contract: Contract) -> tuple[int, int]:
    """The bills of both Januaries, issued: before and now."""
    before = a_bill(contract=contract, period=JANUARY_BEFORE, at=AFTER_JANUARY_BEFORE)
    return before, a_bill(contract=contract, period=JANUARY, at=AFTER_JANUARY)
