"""Payment plans: an overdue bill in instalments, agreed within limits, broken by one that comes too late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User, Utility
from accounts.scope import current_utility_id
from billing.enums import LetterKind, Standing
from billing.models import Instalment, Invoice, PaymentPlan
from billing.operations.attempts import lock_invoice
from billing.operations.credit import lock_contracts
from billing.operations.letters import NewLetter, write_letter
from billing.queries.balance import open_minor, standing
from billing.queries.dunning import payment_rules, plans_in_force
from billing.rating.money import split

# About a month between instalments; a plain number of days needs no rule for the 31st.
EVERY = timedelta(days=30)
SOONEST = timedelta(days=1)
LATEST = timedelta(days=31)


class PlanError(ValueError):
    """Why a plan cannot be agreed, in the reader's language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """Who wants to pay which bill in how many parts from which day on; clerks may agree to more."""

    invoice: Invoice
    instalments: int
    first_on: date
    by: User
    by_clerk: bool = False


@transaction.atomic
def agree_plan(*, request: PlanRequest, at: datetime) -> PaymentPlan:
    """Agree to instalments of what is owed on an overdue bill now; while they are kept, reminders rest.

    Raises:
        PlanError: the bill is not overdue or has a plan; a resident broke an earlier one; the instalments are
            too many, small, early or late.
    """
    lock_contracts([request.invoice.contract_id])
    invoice = lock_invoice(request.invoice.pk)
    today = Utility.objects.get(pk=current_utility_id()).local_date(at)
    owed_minor = open_minor([invoice.pk])[invoice.pk]
    _require_sense(request, invoice, owed_minor=owed_minor, today=today)
    plan = PaymentPlan.objects.create(
        invoice=invoice,
        agreed_minor=owed_minor,
        currency=invoice.currency,
        agreed_at=at,
        agreed_by=request.by,
    )
    Instalment.objects.bulk_create(
        Instalment(plan=plan, position=n, due_on=request.first_on + EVERY * (n - 1), amount_minor=minor)
        for n, minor in enumerate(split(owed_minor, [1] * request.instalments), start=1)
    )
    write_letter(letter=_letter(plan, LetterKind.PLAN, f"plan:{plan.pk}"), at=at)
    return plan


@transaction.atomic
def review_plans(*, at: datetime) -> int:
    """End the plans that are paid, and those of which an instalment is too late; how many those were."""
    utility = Utility.objects.get(pk=current_utility_id())
    grace = timedelta(days=payment_rules().plan_grace_days)
    today = utility.local_date(at)
    plans = list(
        plans_in_force()
        .select_for_update(of=("self",))
        .select_related("invoice")
        .prefetch_related("instalments")
        .order_by("pk")
    )
    owed = open_minor([plan.invoice_id for plan in plans])
    ended = 0
    for plan in plans:
        left_minor = max(0, owed[plan.invoice_id])
        late_minor = sum(part.amount_minor for part in plan.instalments.all() if part.due_on + grace < today)
        if left_minor == 0:
            plan.fulfilled_at = at
        elif plan.agreed_minor - left_minor < late_minor:
            plan.broken_at = at
            write_letter(letter=_letter(plan, LetterKind.BROKEN, f"plan:{plan.pk}:broken"), at=at)
        else:
            continue
        plan.save(update_fields=["fulfilled_at", "broken_at"])
        ended += 1
    return ended


def _require_sense(request: PlanRequest, invoice: Invoice, *, owed_minor: int, today: date) -> None:
    rules = payment_rules()
    most = rules.plan_instalments_clerk if request.by_clerk else rules.plan_instalments_resident
    if standing(invoice, owed_minor=owed_minor, on=today) != Standing.OVERDUE:
        raise PlanError(_("Only a bill that is past due is paid in instalments."))
    if plans_in_force().filter(invoice=invoice).exists():
        raise PlanError(_("This bill is paid in instalments already."))
    if not request.by_clerk and PaymentPlan.objects.filter(invoice=invoice, broken_at__isnull=False).exists():
        raise PlanError(_("The instalments agreed for this bill were not kept; please speak to us."))
    if not 2 <= request.instalments <= most:  # noqa: PLR2004 - one instalment is a payment
        raise PlanError(_("Choose between 2 and %(most)s instalments.") % {"most": most})
    if owed_minor // request.instalments < rules.plan_least_minor:
        raise PlanError(_("The instalments would be too small; choose fewer."))
    if not today + SOONEST <= request.first_on <= today + LATEST:
        raise PlanError(_("The first instalment is due within a month, from tomorrow on."))


def _letter(plan: PaymentPlan, kind: LetterKind, key: str) -> NewLetter:
    return NewLetter(key=key, kind=kind, invoice=plan.invoice, owed_minor=plan.agreed_minor)
