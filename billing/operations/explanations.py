"""A bill beside that of a year before, its difference split by cause; nothing is written down."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from django.db.models import Sum
from django.utils.translation import gettext as _

from accounts.models import Utility
from accounts.period import Period, days
from accounts.scope import current_utility_id
from billing.enums import FACTORS, InvoiceKind, SkipReason
from billing.facts import Home
from billing.models import Invoice
from billing.operations.rated import REASONS
from billing.queries.comparisons import degree_days, year_before
from billing.queries.corrections import bills_in_force, family
from billing.queries.facts import gather
from billing.queries.heat import Heat
from billing.rating.explained import Explained, explained
from billing.rating.mixed import Billed
from billing.terms import ComponentKind, Factor

# The parts in the order they are told.
ORDER: Final = (Factor.PRICE, Factor.WEATHER, Factor.BASE, Factor.BEHAVIOUR, Factor.CORRECTION)


class NotExplainedError(ValueError):
    """There is nothing to compare a bill with, or it cannot be rated; a sentence for who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two bills. Sums are of all its documents; unknown is None."""

    bill: Invoice
    billed: Billed

    @property
    def total_minor(self) -> int:
        return self.billed.charged_minor

    @property
    def kelvin_days(self) -> Decimal | None:
        return self.billed.kelvin_days

    @property
    def energy_wh(self) -> int | None:
        """The heat of all its days."""
        parts = [part.metered for part in self.billed.home.parts]
        known = [part.energy_wh for part in parts if part is not None]
        return sum(known) if len(known) == len(parts) else None

    @property
    def floor_area_m2(self) -> Decimal:
        """The area on its last day."""
        home = self.billed.home
        return home.area_in(home.parts[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One part of the difference, with what it is made of by kind of line."""

    factor: Factor
    minor: int
    kinds: tuple[tuple[ComponentKind, int], ...]

    @property
    def label(self) -> str:
        """Its name in the language in force."""
        return str(FACTORS[self.factor])


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Two bills and the parts of their difference, which sum to it."""

    now: Side
    before: Side
    split: Explained

    @property
    def difference_minor(self) -> int:
        return self.split.difference_minor

    @property
    def causes(self) -> list[Cause]:
        """All parts, those of nothing included."""
        return [
            Cause(
                factor=factor,
                minor=self.split.part_minor(factor),
                kinds=tuple(self.split.by_kind[factor].items()),
            )
            for factor in ORDER
        ]

    @property
    def knows_weather(self) -> bool:
        """Whether weather could be told from behaviour."""
        return bool(self.now.kelvin_days and self.before.kelvin_days)


def explain(invoice: Invoice) -> Explanation:
    """``invoice``, or the bill it corrects, with its corrections, beside the contract's bill a year before.

    Raises:
        NotExplainedError: there is no such bill, or one of the two cannot be rated from today's facts.
    """
    bill = invoice.corrects or invoice
    if bill.kind != InvoiceKind.PERIOD or bill.cancelled_at is not None:
        raise NotExplainedError(_("Only a bill for heat that stands is compared with the year before."))
    before = _bill_before(bill)
    if before is None:
        raise NotExplainedError(_("There is no bill of yours for the same days a year before."))
    utility = Utility.objects.get(pk=current_utility_id())
    sides = [Side(bill=each, billed=_billed(each, utility)) for each in (before, bill)]
    try:
        split = explained(sides[0].billed, sides[1].billed)
    except tuple(REASONS) as error:
        raise NotExplainedError(_cannot(bill, REASONS[type(error)])) from error
    return Explanation(before=sides[0], now=sides[1], split=split)


def _bill_before(bill: Invoice) -> Invoice | None:
    """The contract's bill that has most of the same days of the year before, and at least half of them."""
    wanted = year_before(bill.period)
    rows = bills_in_force().filter(
        contract=bill.contract_id,
        kind=InvoiceKind.PERIOD,
        period_start__lt=wanted.end,
        period_end__gt=wanted.start,
    )

    def shared(other: Invoice) -> int:
        both = other.period & wanted
        return 0 if both is None else days(both)

    nearest = max(rows.select_related("contract"), key=shared, default=None)
    if nearest is None:
        return None
    longer = max(days(wanted), days(nearest.period))
    return nearest if 2 * shared(nearest) >= longer else None


def _billed(bill: Invoice, utility: Utility) -> Billed:
    billable, skipped = gather(contracts=[bill.contract], period=bill.period, utility=utility)
    if skipped or [each.period for each in billable] != [bill.period]:
        reason = SkipReason(skipped[0].reason) if skipped else SkipReason.NOTHING_TO_CHARGE
        raise NotExplainedError(_cannot(bill, reason))
    charged = family(bill).aggregate(minor=Sum("total_minor"))["minor"]
    return Billed(
        home=_with_heat(billable[0].home, bill.household_id, utility),
        kelvin_days=degree_days(bill.period),
        charged_minor=charged,
    )


def _with_heat(home: Home, household_id: int, utility: Utility) -> Home:
    """The home with the heat of all its days: the other year's tariff may have a price for it."""
    missing: dict[Period[date], set[int]] = {
        part.period: {household_id} for part in home.parts if part.metered is None
    }
    heat = Heat(missing, utility=utility)
    parts = [
        part
        if part.metered is not None or heat.fault(household_id, part.period)
        else replace(part, metered=heat.metered(household_id, [part.period]))
        for part in home.parts
    ]
    return replace(home, parts=tuple(parts))


def _cannot(bill: Invoice, reason: SkipReason) -> str:
    return _("%(number)s cannot be computed again from what is known today: %(reason)s.") % {
        "number": bill.number,
        "reason": reason.label,
    }
