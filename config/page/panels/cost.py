"""What the metered heat on the chart costs, rated as a bill would be; only where it is known exactly."""

from __future__ import annotations

from datetime import date

from accounts.models import Contract
from accounts.period import Period, on_day
from accounts.queries.access import Access
from billing.queries.facts import gather
from billing.rating.bill import rate
from billing.rating.charges import MissingFactError, RegisterRanBackwardsError
from billing.rating.lines import Charge
from billing.rating.shares import NoSeasonError
from billing.terms import ComponentKind


def heat_cost_minor(access: Access, days: Period[date]) -> int | None:
    """Metered heat of ``days`` with tax; None for who sees no money, and where no bill could be drawn up."""
    contract = Contract.objects.filter(on_day(days.start), household=access.household).first()
    if contract is None or not access.sees_money:
        return None
    billable, _skipped = gather(contracts=[contract], period=days, utility=access.utility)
    if [each.period for each in billable] != [days]:
        return None
    try:
        lines = rate(billable[0].home).lines
    except (MissingFactError, NoSeasonError, RegisterRanBackwardsError):
        return None
    heat = [line for line in lines if isinstance(line, Charge) and line.kind is ComponentKind.ENERGY]
    return sum(line.net_minor + line.tax_minor for line in heat) if heat else None
