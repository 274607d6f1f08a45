"""The facts of many bills in a handful of statements, whatever the number of homes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Protocol

from accounts.enums import MINOR_DIGITS, Currency
from accounts.models import Contract, Utility
from accounts.period import Period
from billing.enums import InvoiceKind, SkipReason, TariffState
from billing.facts import Home, InMonths, Metered, Part, Tariff, Temperatures
from billing.models import HeatingSeason, Invoice, TariffVersion
from billing.months import cut_at, in_months
from billing.queries.heat import Heat
from billing.queries.particulars import Particulars, particulars, value_on
from billing.queries.tariffs import tax_rates, taxed_tariffs
from billing.terms import ComponentKind


class HeatSource(Protocol):
    """What each home used in the stretches that were asked for; `Heat` is what was measured."""

    def fault(self, household_id: int, days: Period[date]) -> str:
        """Why the home's heat of these days is not known; empty where it is."""

    def metered(self, household_id: int, stretches: Sequence[Period[date]]) -> Metered:
        """The registers of all stretches."""

    def temperatures(self, household_id: int, days: Period[date]) -> Temperatures | None:
        """The mean temperatures of the home's water."""


class HeatOf(Protocol):
    """Fetches a source of heat for the homes wanted for each stretch."""

    def __call__(
        self, wanted: Mapping[Period[date], Collection[int]], *, utility: Utility, wants_water: bool
    ) -> HeatSource:
        """Fetch it."""


# Prices that ask for the water that ran, or how warm it did.
WATERY: Final = {ComponentKind.FLOW, ComponentKind.COOLING, ComponentKind.RETURN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A contract that got no bill, and why; ``detail`` is a sentence for the clerk."""

    contract_id: int
    household_id: int
    reason: SkipReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Billable:
    """A contract whose facts for its days of the period are complete."""

    contract: Contract
    period: Period[date]
    home: Home


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """A contract's days, cut where its tariff changes."""

    contract: Contract
    period: Period[date]
    parts: tuple[tuple[Period[date], Tariff], ...]

    @property
    def metered_periods(self) -> list[Period[date]]:
        """Every stretch whose registers are needed: a part, or its days in the months of a price."""
        return [
            stretch
            for days, tariff in self.parts
            for months in tariff.schedules
            for stretch in in_months(days, months)
        ]


def contracts_in(period: Period[date]) -> list[int]:
    """Contracts of the utility in scope that hold on some day of ``period``, by customer number."""
    rows = Contract.objects.filter(starts_on__lt=period.end).exclude(ends_on__lte=period.start)
    return list(rows.order_by("household__customer_number", "starts_on").values_list("pk", flat=True))


def gather(
    *,
    contracts: Sequence[Contract],
    period: Period[date],
    utility: Utility,
    instead: TariffVersion | None = None,
    heat_of: HeatOf = Heat,
) -> tuple[list[Billable], list[Skipped]]:
    """The facts of each contract's days in ``period``, and the contracts that lack some.

    Contracts come with household; one statement each for versions, components, seasons, and one
    for the registers of each distinct stretch of days (usually one; two where a tariff changes).
    ``instead`` is a version that counts on all days in place of those in force for its class, ``heat_of``
    tells the heat where it is not only what was measured.
    """
    seasons = tuple(season.period for season in HeatingSeason.objects.order_by("starts_on"))
    tariffs = _tariffs(period)
    if instead is not None:
        everywhere = taxed_tariffs(instead, tax_rates(), within=period, valid=period)
        tariffs[instead.plan.customer_class] = everywhere
    skipped: list[Skipped] = []
    planned: list[_Planned] = []
    kinds = {c.kind for versions in tariffs.values() for version in versions for c in version.components}
    known = particulars(contracts, period, utility=utility, wants_overdue=bool(kinds & {ComponentKind.LATE}))
    for contract in contracts:
        plan = _plan(contract, period, tariffs[contract.customer_class], known)
        if plan is None:
            skipped.append(_skip(contract, SkipReason.NO_TARIFF, f"{period.start} to {period.end}"))
        else:
            planned.append(plan)
    # Only now: homes without a tariff need no registers.
    heat = heat_of(_wanted(planned), utility=utility, wants_water=bool(kinds & WATERY))
    billable: list[Billable] = []
    for plan in planned:
        faults = (heat.fault(plan.contract.household_id, days) for days in plan.metered_periods)
        fault = next(filter(None, faults), "")
        if fault:
            skipped.append(_skip(plan.contract, SkipReason.NO_READINGS, fault))
            continue
        home = _home(plan, heat, known, utility=utility, seasons=seasons)
        billable.append(Billable(contract=plan.contract, period=plan.period, home=home))
    return billable, skipped


def billed_already(
    *, contracts: Collection[Contract], period: Period[date], kind: InvoiceKind = InvoiceKind.PERIOD
) -> dict[int, list[Invoice]]:
    """Invoices of ``kind`` in force, and drafts, of these contracts that share days with ``period``.

    Their rows are locked, and read again after the wait: a draft somebody issued meanwhile is seen
    as issued. Needs a transaction.
    """
    rows = Invoice.objects.filter(
        contract__any_of=[contract.pk for contract in contracts],
        kind=kind,
        cancelled_at__isnull=True,
        period_start__lt=period.end,
        period_end__gt=period.start,
    )
    found: dict[int, list[Invoice]] = defaultdict(list)
    for invoice in rows.select_for_update().order_by("pk"):
        found[invoice.contract_id].append(invoice)
    return found


def _skip(contract: Contract, reason: SkipReason, detail: str) -> Skipped:
    return Skipped(contract_id=contract.pk, household_id=contract.household_id, reason=reason, detail=detail)


def _tariffs(period: Period[date]) -> dict[str, list[Tariff]]:
    """Active versions that meet ``period`` by customer class, oldest first."""
    rows = TariffVersion.objects.filter(state=TariffState.ACTIVE, starts_on__lt=period.end)
    rows = rows.exclude(ends_on__lte=period.start).order_by("starts_on")
    tariffs: dict[str, list[Tariff]] = defaultdict(list)
    rates = tax_rates()
    for row in rows.select_related("plan").prefetch_related("components"):
        tariffs[row.plan.customer_class] += taxed_tariffs(row, rates, within=period)
    return tariffs


def _plan(
    contract: Contract, period: Period[date], tariffs: Sequence[Tariff], known: Particulars
) -> _Planned | None:
    """The contract's days cut by tariff, area and power; None where some day has no tariff."""
    days = contract.period & period
    if days is None:
        return None
    parts = tuple((shared, tariff) for tariff in tariffs if (shared := tariff.valid & days) is not None)
    # Versions never overlap, so the parts cover the days exactly when each begins where the last ended.
    starts = [shared.start for shared, _tariff in parts]
    ends = [shared.end for shared, _tariff in parts]
    if [*starts, days.end] != [days.start, *ends]:
        return None
    changes = known.changes(contract.household_id, days)
    cut = tuple((piece, tariff) for shared, tariff in parts for piece in cut_at(shared, changes))
    return _Planned(contract=contract, period=days, parts=cut)


def _wanted(planned: Sequence[_Planned]) -> dict[Period[date], set[int]]:
    """The homes whose heat each stretch of days needs."""
    homes: dict[Period[date], set[int]] = defaultdict(set)
    for plan in planned:
        for days in plan.metered_periods:
            homes[days].add(plan.contract.household_id)
    return homes


def _home(
    plan: _Planned,
    heat: HeatSource,
    known: Particulars,
    *,
    utility: Utility,
    seasons: tuple[Period[date], ...],
) -> Home:
    household, contract = plan.contract.household, plan.contract.pk
    areas, powers = known.areas.get(household.pk, ()), known.powers.get(household.pk, ())
    changes = known.changes(household.pk, plan.period)
    first = plan.period.start
    parts = []
    for days, tariff in plan.parts:
        part = _part(household.pk, days, tariff, heat)
        if changes:
            part = replace(
                part,
                floor_area_m2=value_on(days.start, areas) or household.floor_area_m2,
                power_kw=value_on(days.start, powers),
            )
        parts.append(part)
    return Home(
        currency=utility.currency,
        minor_digits=MINOR_DIGITS[Currency(utility.currency)],
        floor_area_m2=value_on(first, areas) or household.floor_area_m2,
        seasons=seasons,
        parts=tuple(parts),
        # With changes within the bill, each part says its own, or that nobody knows.
        power_kw=None if changes else value_on(first, powers),
        suspended=tuple(known.suspended.get(contract, ())),
        failures=tuple(known.failures.get(household.pk, ())),
        overdue=tuple(known.overdue.get(contract, ())),
    )


def _part(household_id: int, days: Period[date], tariff: Tariff, heat: HeatSource) -> Part:
    wanted = tariff.schedules
    return Part(
        period=days,
        tariff=tariff,
        metered=heat.metered(household_id, [days]) if () in wanted else None,
        in_months=tuple(
            InMonths(months=months, metered=heat.metered(household_id, stretches) if stretches else None)
            for months in sorted(wanted - {()})
            for stretches in [in_months(days, months)]
        ),
        temperatures=heat.temperatures(household_id, days),
    )
