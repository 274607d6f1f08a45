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
from billing.models import HeatingSeason, Invoice, TariffComponent, TariffPlan, TariffVersion
from billing.terms import ComponentKind, Per, Rounding, Unit


class TariffRefusedError(ValueError):
    """A tariff version cannot be put in force; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewComponent:
    """A price to be; ``price`` in major units before tax."""

    name: str
    kind: ComponentKind
    unit: Unit
    per: Per
    price: Decimal
    tax_rate: Decimal = Decimal(0)


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
def draft_version(
    *,
    plan: TariffPlan,
    starts_on: date,
    components: Sequence[NewComponent],
    text: str = "",
    payment_days: int = 30,
    rounding: Rounding = Rounding.HALF_UP,
) -> TariffVersion:
    """A version that may still be edited, its components in the order of the bill.

    Raises:
        IntegrityError: a component's unit or time does not fit its kind.
    """
    version = TariffVersion.objects.create(
        plan=plan, starts_on=starts_on, text=text, payment_days=payment_days, rounding=rounding.value
    )
    TariffComponent.objects.bulk_create(
        TariffComponent(
            version=version,
            position=position,
            name=component.name,
            kind=component.kind.value,
            unit=component.unit.value,
            per=component.per.value,
            price=component.price,
            tax_rate=component.tax_rate,
        )
        for position, component in enumerate(components, start=1)
    )
    return version


@transaction.atomic
def activate_version(*, version: TariffVersion) -> TariffVersion:
    """Put a draft in force from its first day; an open version before it ends there. Again: a no-op.

    Raises:
        TariffRefusedError: it charges nothing, has two caps, meets another version's days,
            or begins within days that are already billed.
    """
    # The plan's lock: two versions put in force at once would each see the other still a draft.
    TariffPlan.objects.select_for_update().get(pk=version.plan_id)
    row = TariffVersion.objects.select_related("plan").get(pk=version.pk)
    if row.state == TariffState.ACTIVE:
        return row
    _refuse_odd_components(row)
    _refuse_billed_days(row)
    _make_room(row)
    row.state = TariffState.ACTIVE
    row.save(update_fields=["state"])
    return row


def _refuse_odd_components(version: TariffVersion) -> None:
    kinds = list(version.components.values_list("kind", flat=True))
    if not any(kind != ComponentKind.CAP for kind in kinds):
        raise TariffRefusedError(_("%(version)s charges for nothing.") % {"version": version})
    if kinds.count(ComponentKind.CAP) > 1:
        raise TariffRefusedError(_("%(version)s has more than one cap.") % {"version": version})


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
