"""A street of homes alike, read at both ends of a month."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import Contract
from accounts.period import Period, end_of
from billing.models import DegreeDays
from billing.operations.similar import publish_similar_homes
from metering.operations.consumption import cut_consumption, mark_everything
from tests import factories
from tests.billing.factories import JANUARY, a_meter


def a_street(homes: int, *, month: Period[date] = JANUARY) -> list[Contract]:
    """Homes of 70 m² on a middle floor that used 700 kWh, 707, 714 and so on: 10 kWh/m² and more."""
    contracts = []
    for n in range(homes):
        household = factories.a_household(floor_area_m2=Decimal(70), storey=3)
        contract = factories.a_contract(household=household, starts_on=month.start - timedelta(days=40))
        used = 700_000 + 7_000 * n
        registers = {month.start: 2_000_000, end_of(month): 2_000_000 + used}
        a_meter(contract=contract, registers_wh=registers)
        contracts.append(contract)
    return contracts


def last_month(now: datetime) -> Period[date]:
    """A month that is over and, whatever the day, for long enough to be compared."""
    first = now.date().replace(day=1) if now.day > 5 else (now.date() - timedelta(days=7)).replace(day=1)
    return Period((first - timedelta(days=1)).replace(day=1), first)


def compared(homes: int, *, now: datetime) -> list[Contract]:
    """The street of last month, compared, its heat cut and its cold known."""
    month = last_month(now)
    street = a_street(homes, month=month)
    publish_similar_homes(at=now)
    DegreeDays.objects.create(month=month.start, kelvin_days=500)
    mark_everything()
    cut_consumption(at=now)
    return street
