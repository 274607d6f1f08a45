"""What a draft of a tariff would have cost real homes on past days, beside what was in force then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from typing import Final

from accounts.models import Contract, Utility
from accounts.period import Period
from accounts.scope import current_utility_id
from billing.models import HeatingSeason, TariffVersion
from billing.queries.facts import gather
from billing.rating.alike import Outcome, rate_all

BATCH: Final = 500
# More homes than these are sampled evenly: the picture stays the same, and a clerk waits for seconds.
MOST: Final = 2_000
# The edges of the classes of change, in percent.
EDGES: Final = (-50, -20, -10, -5, 0, 5, 10, 20, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One home's bill by the tariff of then and by the draft."""

    contract_id: int
    customer_number: str
    before_minor: int
    after_minor: int

    @property
    def change_minor(self) -> int:
        return self.after_minor - self.before_minor

    @property
    def percent(self) -> float:
        """The change in percent of what it was; a bill of nothing changes by nothing in percent."""
        return 100 * self.change_minor / self.before_minor if self.before_minor else 0.0


@dataclass(slots=True, kw_only=True)
class Preview:
    """The homes that could be rated both ways; ``contracts`` are all of the class, ``asked`` the sample."""

    period: Period[date]
    currency: str
    contracts: int
    asked: int
    changes: list[Change] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def before_minor(self) -> int:
        return sum(change.before_minor for change in self.changes)

    @property
    def after_minor(self) -> int:
        return sum(change.after_minor for change in self.changes)

    @property
    def by_change(self) -> list[Change]:
        """The homes, who saves most first."""
        return sorted(self.changes, key=lambda change: (change.change_minor, change.customer_number))

    @property
    def classes(self) -> list[tuple[str, int]]:
        """How many homes change by how many percent: the class's name and the count, lowest first."""
        bounds = [None, *EDGES, None]
        names = [
            f"< {high} %" if low is None else f"≥ {low} %" if high is None else f"{low} … {high} %"
            for low, high in pairwise(bounds)
        ]
        counts = Counter(sum(change.percent >= edge for edge in EDGES) for change in self.changes)
        return [(name, counts[n]) for n, name in enumerate(names)]


def last_season(*, before: date) -> Period[date] | None:
    """The newest heating season of the utility in scope that was over on ``before``."""
    row = HeatingSeason.objects.filter(ends_on__lte=before).order_by("-ends_on").first()
    return None if row is None else row.period


def preview_version(*, version: TariffVersion, period: Period[date]) -> Preview:
    """Rate the homes of the version's class for ``period`` as it was, and as the draft would have it.

    The homes' days, registers and facts are those of then; the draft counts as in force on all of them.
    Nothing is written or locked.
    """
    utility = Utility.objects.get(pk=current_utility_id())
    rows = Contract.objects.filter(
        customer_class=version.plan.customer_class, starts_on__lt=period.end
    ).exclude(ends_on__lte=period.start)
    ids = list(rows.order_by("household__customer_number").values_list("pk", flat=True))
    step = -(-len(ids) // MOST) or 1
    asked = ids[::step]
    preview = Preview(period=period, currency=utility.currency, contracts=len(ids), asked=len(asked))
    for start in range(0, len(asked), BATCH):
        batch = Contract.objects.filter(pk__in=asked[start : start + BATCH]).select_related("household")
        _compare(preview, list(batch), version, utility=utility)
    return preview


def _compare(
    preview: Preview, contracts: Sequence[Contract], version: TariffVersion, *, utility: Utility
) -> None:
    before = _totals(contracts, preview, None, utility=utility)
    after = _totals(contracts, preview, version, utility=utility)
    preview.changes += [
        Change(
            contract_id=contract.pk,
            customer_number=contract.household.customer_number,
            before_minor=before[contract.pk],
            after_minor=after[contract.pk],
        )
        for contract in contracts
        if contract.pk in before and contract.pk in after
    ]


def _totals(
    contracts: Sequence[Contract], preview: Preview, instead: TariffVersion | None, *, utility: Utility
) -> dict[int, int]:
    billable, skipped = gather(contracts=contracts, period=preview.period, utility=utility, instead=instead)
    preview.faults.update(str(one.reason.label) for one in skipped)
    outcomes = rate_all([facts.home for facts in billable])
    totals = {
        facts.contract.pk: _total(outcome)
        for facts, outcome in zip(billable, outcomes, strict=True)
        if isinstance(outcome, list)
    }
    preview.faults.update(str(outcome) for outcome in outcomes if not isinstance(outcome, list))
    return totals


def _total(outcome: Outcome) -> int:
    return sum(line.net_minor + line.tax_minor for line in outcome) if isinstance(outcome, list) else 0
