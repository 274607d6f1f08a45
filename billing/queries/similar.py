"""A home's heat beside that of homes alike, in the cold of each month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from accounts.enums import CustomerClass
from accounts.period import Period, instants
from accounts.queries.access import Access
from billing.models import DegreeDays, SimilarGroup
from billing.months import calendar
from billing.neighbours import Traits
from billing.queries.invoices import contract_of
from metering.enums import Resolution
from metering.queries.consumption import consumption

MONTHS: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCompared:
    """One month; None is what nobody measured or may tell."""

    month: date
    kelvin_days: Decimal | None
    own_wh_m2: int | None
    alike: SimilarGroup | None

    def in_cold(self, wh_m2: int | None) -> float | None:
        """Heat a m² and degree day, in Wh; the same home in the same way uses the same in every month."""
        if wh_m2 is None or not self.kelvin_days:
            return None
        return wh_m2 / float(self.kelvin_days)

    @property
    def difference(self) -> float | None:
        """The own heat less that of the middle home alike, as a part of the latter."""
        if self.own_wh_m2 is None or self.alike is None or not self.alike.median_wh_m2:
            return None
        return self.own_wh_m2 / self.alike.median_wh_m2 - 1


def similar_homes(access: Access, *, today: date) -> list[MonthCompared]:
    """The months before this one, oldest first. Months before the person came have no own figure."""
    this = today.replace(day=1)
    first = (this - timedelta(days=31 * MONTHS - 15)).replace(day=1)
    months = [month.start for month in calendar(Period(first, this), months=1)]
    own = _own(access, Period(months[0], this))
    alike = _alike(access, months, on=today)
    cold = dict(DegreeDays.objects.filter(month__in=months).values_list("month", "kelvin_days"))
    return [
        MonthCompared(
            month=month, kelvin_days=cold.get(month), own_wh_m2=own.get(month), alike=alike.get(month)
        )
        for month in months
    ]


def _own(access: Access, span: Period[date]) -> dict[date, int]:
    shared = span & Period(access.since)
    if shared is None:
        return {}
    home, utility = access.household, access.utility
    series = consumption(home.pk, instants(shared, utility.zone), Resolution.MONTH, within=access.time)
    rows = zip(series.starts, series.energy_wh.tolist(), strict=True)
    used = {utility.local_date(start): round(wh / home.floor_area_m2) for start, wh in rows}
    # The month in which somebody came is no whole one.
    return {month: wh_m2 for month, wh_m2 in used.items() if month.day == 1}


def _alike(access: Access, months: list[date], *, on: date) -> dict[date, SimilarGroup]:
    home, contract = access.household, contract_of(access, on=on)
    traits = Traits(
        customer_class=CustomerClass.RESIDENTIAL if contract is None else contract.customer_class,
        floor_area_m2=home.floor_area_m2,
        storey=home.storey,
        storeys=home.building.storeys,
    )
    rows = SimilarGroup.objects.filter(month__month__in=months, key__in=traits.keys).select_related("month")
    finest_last = sorted(rows, key=lambda row: traits.keys.index(row.key), reverse=True)
    return {row.month.month: row for row in finest_last}
