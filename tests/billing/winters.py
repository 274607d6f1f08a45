"""A home of 100 m² in its first season at New Year, and two earlier winters that are known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from accounts.models import Contract
from accounts.queries.access import Access, homes_of
from billing.models import DegreeDays
from billing.operations.forecasts import Forecast, forecast
from billing.operations.tariffs import NewComponent, activate_version, enter_season
from billing.terms import ComponentKind, Per, Unit
from tests import factories
from tests.billing.factories import AREA, ENERGY, SEASON, a_meter, a_plan, a_version

# In the morning of 1 January, read until its midnight: 47 of 120 days.
NOW = datetime(2026, 1, 1, 1, tzinfo=UTC)
CAP = NewComponent(
    name="Cap",
    kind=ComponentKind.CAP,
    unit=Unit.M2,
    per=Per.SEASON,
    price=Decimal(24),
    tax_rate=Decimal("0.09"),
)
# This season's November and December, and from January on two earlier winters.
COLD = {
    date(2025, 11, 1): 300,
    date(2025, 12, 1): 620,
    date(2025, 1, 1): 620,
    date(2025, 2, 1): 560,
    date(2025, 3, 1): 310,
    date(2024, 1, 1): 713,
    date(2024, 2, 1): 580,
    date(2024, 3, 1): 341,
}


def a_winter() -> Contract:
    """1,560 kWh in 160 + 620 degree days: 2 kWh each."""
    enter_season(starts_on=SEASON.start, ends_on=date(2026, 3, 15))
    activate_version(version=a_version(plan=a_plan(), components=(AREA, ENERGY, CAP)))
    household = factories.a_household(floor_area_m2=Decimal(100))
    contract = factories.a_contract(household=household)
    a_meter(contract=contract, registers_wh={SEASON.start: 0, date(2026, 1, 1): 1_560_000})
    for month, kelvin_days in COLD.items():
        DegreeDays.objects.create(month=month, kelvin_days=kelvin_days)
    return contract


def access(contract: Contract) -> Access:
    """Its owner's way in."""
    (way,) = homes_of(factories.a_resident(household=contract.household), at=NOW)
    return way


def forecast_of(contract: Contract) -> Forecast:
    """At New Year."""
    return forecast(access(contract), at=NOW)
