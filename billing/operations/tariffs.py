"""Tariffs: written as drafts, put in force once, then only followed by the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import CustomerClass
from billing.enums import InvoiceState, TariffState
from billing.facts import Incentive, Index
from billing.formulas import incentive_json, index_json
from billing.models import HeatingSeason, Invoice, TariffComponent, TariffPlan, TariffVersion, TaxCategory
from billing.operations.sense import fault_in
from billing.queries.tariffs import tariff_of
from billing.terms import (
    Banding,
    ComponentKind,
    During,
    EdgeOf,
    Per,
    Rounding,
    Settlement,
    Surplus,
    TaxBasis,
    Unit,
)


class TariffRefusedError(ValueError):
    """A tariff version cannot be put in force; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComponent:
    """A price to be; ``price`` in major units, in the tax basis."""

    name: str
    kind: ComponentKind
    unit: Unit
    per: Per
    price: Decimal
    tax_rate: Decimal = Decimal(0)
    tax_category: TaxCategory | None = None
    tax_basis: TaxBasis = TaxBasis.NET
    offset: Decimal = Decimal(0)
    factor: Decimal = Decimal(1)
    above: Decimal = Decimal(0)
    up_to: Decimal | None = None
    banding: Banding = Banding.CHOOSE
    edge_of: EdgeOf = EdgeOf.HOME
    edge_per: Per = Per.QUANTITY
    months: tuple[int, ...] = ()
    during: During = During.HEATED
    incentive: Incentive | None = None
    index: Index | None = None


@transaction.atomic
def enter_season(*, starts_on: date, ends_on: date) -> HeatingSeason:
    """The days on which the utility in scope heats; ``ends_on`` is the first day without heat.

    Raises:
        IntegrityError: it overlaps another season.
    """
    return HeatingSeason.objects.create(starts_on=starts_on, ends_on=ends_on)


@transaction.atomic
def found_plan(*, name: str, customer_class: CustomerClass) -> TariffPlan:
    """The plan of a class of customers; it rates nothing until a version is active.

    Raises:
        IntegrityError: the class has one.
    """
    return TariffPlan.objects.create(name=name, customer_class=customer_class)


@transaction.atomic
def draft_version(  # noqa: PLR0913 - what a price list says of itself
    *,
    plan: TariffPlan,
    starts_on: date,
    components: Sequence[NewComponent],
    text: str = "",
    payment_days: int = 30,
    rounding: Rounding = Rounding.HALF_UP,
    settlement: Settlement = Settlement.METERED,
    surplus: Surplus = Surplus.REFUND,
) -> TariffVersion:
    """A version that may still be edited, its components in the order of the bill.

    Raises:
        IntegrityError: a component's unit or time does not fit its kind.
    """
    version = TariffVersion.objects.create(
        plan=plan,
        starts_on=starts_on,
        text=text,
        payment_days=payment_days,
        rounding=rounding.value,
        settlement=settlement.value,
        surplus=surplus.value,
    )
    rows = [component_row(component, position=n) for n, component in enumerate(components, start=1)]
    for row in rows:
        row.version = version
    TariffComponent.objects.bulk_create(rows)
    return version


def component_row(component: NewComponent, *, position: int) -> TariffComponent:
    """The row of a price, not yet stored and of no version."""
    return TariffComponent(
        position=position,
        name=component.name,
        kind=component.kind.value,
        unit=component.unit.value,
        per=component.per.value,
        price=component.price,
        tax_rate=component.tax_rate,
        tax_category=component.tax_category,
        tax_basis=component.tax_basis.value,
        offset=component.offset,
        factor=component.factor,
        above=component.above,
        up_to=component.up_to,
        banding=component.banding.value,
        edge_of=component.edge_of.value,
        edge_per=component.edge_per.value,
        months=sorted(component.months),
        during=component.during.value,
        incentive=component.incentive and incentive_json(component.incentive),
        index=component.index and index_json(component.index),
    )


@transaction.atomic
def activate_version(*, version: TariffVersion) -> TariffVersion:
    """Put a draft in force from its first day; an open version before it ends there. Again: a no-op.

    Raises:
        TariffRefusedError: its components make no sense together, it meets another version's days,
            or begins within days that are already billed.
    """
    return _activate(version, billed_days_too=False)


@transaction.atomic
def activate_backdated(*, version: TariffVersion) -> TariffVersion:
    """As `activate_version`, but also within days that are billed: their bills then differ from their replay.

    No bill changes by it; the corrections that are due are previewed and issued by a clerk.

    Raises:
        TariffRefusedError: its components make no sense together, or it meets another version's days.
    """
    return _activate(version, billed_days_too=True)


def _activate(version: TariffVersion, *, billed_days_too: bool) -> TariffVersion:
    # The plan's lock: two versions put in force at once would each see the other still a draft.
    TariffPlan.objects.select_for_update().get(pk=version.plan_id)
    row = TariffVersion.objects.select_related("plan").get(pk=version.pk)
    if row.state == TariffState.ACTIVE:
        return row
    _refuse_odd_components(row)
    _refuse_advance(row)
    if not billed_days_too:
        _refuse_billed_days(row)
    _make_room(row)
    row.state = TariffState.ACTIVE
    row.save(update_fields=["state"])
    return row


def _refuse_odd_components(version: TariffVersion) -> None:
    try:
        fault = fault_in(tariff_of(version))
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        # JSON typed in by hand: the formula of an index, or how degrees are counted.
        fault = _("has a formula that cannot be read: %(error)s") % {"error": error}
    if fault:
        raise TariffRefusedError(f"{version} {fault}.")


def _refuse_advance(version: TariffVersion) -> None:
    # The arithmetic is there, the documents are not: without them homes would be billed by another rule.
    has_advance = version.components.filter(kind=ComponentKind.ADVANCE.value).exists()
    if has_advance or version.settlement != Settlement.METERED.value:
        raise TariffRefusedError(
            _("%(version)s is paid in advance; bills in advance and season settlements cannot be issued yet.")
            % {"version": version}
        )


def _refuse_billed_days(version: TariffVersion) -> None:
    # Prices of billed days change only by a correction of those bills, never by a new version alone.
    billed = Invoice.objects.filter(
        state=InvoiceState.ISSUED,
        period_end__gt=version.starts_on,
        contract__customer_class=version.plan.customer_class,
    )
    last = billed.order_by("period_end").last()
    if last is not None:
        raise TariffRefusedError(
            _("%(version)s begins before %(day)s, up to which bills are issued.")
            % {"version": version, "day": last.period_end}
        )


def _make_room(version: TariffVersion) -> None:
    others = TariffVersion.objects.filter(plan=version.plan, state=TariffState.ACTIVE).exclude(pk=version.pk)
    open_before = others.filter(ends_on__isnull=True, starts_on__lt=version.starts_on)
    open_before.update(ends_on=version.starts_on)
    for other in others:
        if other.period.overlaps(version.period):
            raise TariffRefusedError(
                _("%(version)s meets days of %(other)s.") % {"version": version, "other": other}
            )
