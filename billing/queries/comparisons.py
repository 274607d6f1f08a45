"""What a bill compares its heat with: the year before, the weather of both, and homes alike."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection

from accounts.models import Utility
from accounts.period import Period, days, end_of, instants
from accounts.scope import current_utility_id
from billing.enums import BILLS
from billing.formulas import Json
from billing.models import DegreeDays, Invoice
from billing.months import calendar
from billing.neighbours import LEAST_HOMES, STEP_WH_M2
from billing.queries.heat import Heat
from metering.enums import Resolution
from metering.queries.consumption import consumption

MONTHS_SHOWN: Final = 12
# What homes of the same class used a m² on bills of the same days; the heat of a line once, however priced.
_ALIKE: Final = """
    SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY energy_wh / area_m2) FROM (
        SELECT (document.snapshot #>> '{home,floor_area_m2}')::numeric AS area_m2, sum(energy_wh) AS energy_wh
        FROM billing_invoice document CROSS JOIN LATERAL (
            SELECT DISTINCT ON (period_start) (trace #>> '{metered,energy_wh}')::numeric AS energy_wh
            FROM billing_invoiceline line
            WHERE line.invoice_id = document.id AND line.kind = 'energy' ORDER BY period_start, position
        ) heat
        WHERE document.utility_id = %s AND document.state = 'issued' AND document.cancelled_at IS NULL
            AND document.kind = %s AND document.period_start = %s AND document.period_end = %s
            AND document.snapshot #>> '{customer,class}' = %s
        GROUP BY document.id
    ) homes
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month's heat and that of the same month a year before, in Wh; None where nobody measured it."""

    first: date
    energy_wh: int | None
    before_wh: int | None


def comparisons(invoice: Invoice) -> Json:
    """What is known now, as JSON: it is kept with the printed document, which never changes again.

    Keys are absent where nothing is known; energies are in Wh, degree days in K·d. Of the home only the
    contract's own days are looked at: what the tenant before used is nobody's business.
    """
    if invoice.kind not in BILLS:
        return {}
    utility = Utility.objects.get(pk=current_utility_id())
    now, before = invoice.period, year_before(invoice.period)
    periods = {"energy_wh": now, "before_wh": before}
    heat = Heat({days_: {invoice.household_id} for days_ in periods.values()}, utility=utility)
    found: Json = {}
    for name, period in periods.items():
        is_own = invoice.contract.period & period == period
        if is_own and not heat.fault(invoice.household_id, period):
            found[name] = heat.metered(invoice.household_id, [period]).energy_wh
    cold = {name: degree_days(period) for name, period in (("cold_kd", now), ("before_cold_kd", before))}
    found |= {name: str(value) for name, value in cold.items() if value is not None}
    found["months"] = [
        {"month": each.first.isoformat(), "energy_wh": each.energy_wh, "before_wh": each.before_wh}
        for each in _months(invoice, utility)
    ]
    return found | _alike(invoice)


def degree_days(period: Period[date]) -> Decimal | None:
    """The cold of these days, months shared out by days; None where a month of them is not entered."""
    known = {row.month: row.kelvin_days for row in DegreeDays.objects.filter(month__lt=end_of(period))}
    total = Decimal(0)
    for month in calendar(period, months=1):
        shared = month & period
        if month.start not in known or shared is None:
            return None
        total += known[month.start] * days(shared) / days(month)
    return round(total, 1)


def year_before(period: Period[date]) -> Period[date]:
    """The same days of the year before."""
    return Period(_same_day(period.start), _same_day(end_of(period)))


def _same_day(day: date) -> date:
    """The day a year before; the 28th for a 29th of February."""
    last = monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))


def _months(invoice: Invoice, utility: Utility) -> Iterator[Month]:
    """The twelve months up to the bill's last, each beside the one a year before."""
    last = (end_of(invoice.period) - timedelta(days=1)).replace(day=1)
    firsts = [_back(last, n) for n in range(2 * MONTHS_SHOWN - 1, -1, -1)]
    span = instants(Period(firsts[0], _back(last, -1)), utility.zone)
    series = consumption(invoice.household_id, span, Resolution.MONTH)
    own = invoice.contract.period
    used = {
        utility.local_date(start): int(energy_wh)
        for start, energy_wh in zip(series.starts, series.energy_wh, strict=True)
        if utility.local_date(start) in own
    }
    for first in firsts[MONTHS_SHOWN:]:
        yield Month(first=first, energy_wh=used.get(first), before_wh=used.get(_same_day(first)))


def _back(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def _alike(invoice: Invoice) -> Json:
    values: list[Any] = [
        current_utility_id(),
        invoice.kind,
        invoice.period_start,
        invoice.period_end,
        invoice.contract.customer_class,
    ]
    with connection.cursor() as cursor:
        cursor.execute(_ALIKE, values)
        homes, median = cursor.fetchone()
    if homes < LEAST_HOMES or median is None:
        return {}
    # No mean and nothing finer: asked again after one more bill, it would tell what that home used.
    return {"alike_homes": homes, "alike_wh_m2": round(median / STEP_WH_M2) * STEP_WH_M2}
