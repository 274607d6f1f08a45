"""Which days of which homes bills stand for."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from accounts.period import Period
from billing.models import Invoice


def billed_periods(household_ids: Collection[int]) -> list[tuple[int, Period[date]]]:
    """The local days every bill, correction and draft of these homes covers; a home comes once a document."""
    rows = Invoice.objects.filter(household__in=household_ids).order_by("pk")
    columns = rows.values_list("household", "period_start", "period_end")
    return [(household_id, Period(start, end)) for household_id, start, end in columns]
