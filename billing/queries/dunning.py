"""Who is to be reminded, what rests, and who pays for a home."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.enums import SEES_MONEY, MembershipRole
from accounts.models import Contract, Membership
from accounts.period import on_day
from billing.enums import ACTIVE_ATTEMPTS, LIVE_REFUNDS, AttemptState, DisputeState, MandateState
from billing.models import (
    Dispute,
    Instalment,
    PaymentAttempt,
    PaymentMandate,
    PaymentPlan,
    PaymentRules,
    Refund,
)
from billing.queries.invoices import overdue

if TYPE_CHECKING:  # the stubs are no part of a running service
    from billing.queries.invoices import Owing


def payment_rules() -> PaymentRules:
    """The utility's limits; the usual ones where it has set none."""
    return PaymentRules.objects.first() or PaymentRules()


def plans_in_force() -> QuerySet[PaymentPlan]:
    """Plans that are neither fulfilled nor broken."""
    return PaymentPlan.objects.filter(broken_at__isnull=True, fulfilled_at__isnull=True)


def to_be_reminded(*, on: date, after_days: int) -> QuerySet[Owing]:
    """Bills overdue by so many days, but for those whose money is on its way, disputed or agreed in parts."""
    late = overdue(on=on - timedelta(days=after_days - 1)).select_related("utility", "contract")
    attempts = PaymentAttempt.objects.filter(invoice=OuterRef("pk"), state=AttemptState.PROCESSING)
    open_states = [DisputeState.INQUIRY, DisputeState.OPEN]
    disputes = Dispute.objects.filter(attempt__invoice=OuterRef("pk"), state__in=open_states)
    plans = plans_in_force().filter(invoice=OuterRef("pk"))
    return late.filter(~Exists(attempts), ~Exists(disputes), ~Exists(plans))


def to_be_charged(*, on: date, tries: int, last_before: datetime) -> QuerySet[Owing]:
    """Bills due by ``on`` whose payer lets a card be charged, and that nothing speaks against.

    Not those with a payment under way, a dispute or a plan, nor those whose card was turned down ``tries``
    times or after ``last_before``. Nor those owed again because the bank or we gave the money back: whoever
    got it back did not ask for the card to be charged once more.
    """
    due = overdue(on=on + timedelta(days=1)).filter(
        Exists(leave_to_charge(on=on).filter(contract=OuterRef("contract")))
    )
    of_bill = PaymentAttempt.objects.filter(invoice=OuterRef("pk"))
    count = (
        of_bill.filter(mandate__isnull=False).order_by().values("invoice").annotate(n=Count("pk")).values("n")
    )
    speaks_against = Q(state__in=[DisputeState.INQUIRY, DisputeState.OPEN]) | Q(reopened_minor__gt=0)
    return due.annotate(tried=Coalesce(Subquery(count), 0)).filter(
        ~Exists(of_bill.filter(state__in=ACTIVE_ATTEMPTS)),
        ~Exists(of_bill.filter(mandate__isnull=False, created_at__gt=last_before)),
        ~Exists(Dispute.objects.filter(speaks_against, attempt__invoice=OuterRef("pk"))),
        ~Exists(Refund.objects.filter(attempt__invoice=OuterRef("pk"), state__in=LIVE_REFUNDS)),
        ~Exists(plans_in_force().filter(invoice=OuterRef("pk"))),
        tried__lt=tries,
    )


def leave_to_charge(*, on: date) -> QuerySet[PaymentMandate]:
    """Mandates in force whose giver still has to do with the home's money on the local day ``on``."""
    # Accounts know nothing of mandates, so one outlives its giver's membership; it is no leave any more.
    concerned = Membership.objects.filter(
        on_day(on), user=OuterRef("agreed_by"), household=OuterRef("contract__household"), role__in=SEES_MONEY
    )
    return PaymentMandate.objects.filter(Exists(concerned), state=MandateState.ACTIVE)


def mandate_of(contract_id: int) -> PaymentMandate | None:
    """The leave in force to charge a card for this contract's bills."""
    return PaymentMandate.objects.filter(contract=contract_id, state=MandateState.ACTIVE).first()


def pending_mandate_of(contract_id: int, session_id: str) -> PaymentMandate | None:
    """A leave whose card is being saved on the provider's page ``session_id``."""
    rows = PaymentMandate.objects.filter(contract=contract_id, state=MandateState.PENDING)
    return rows.filter(provider_session_id=session_id).first()


def instalments_of(invoice_id: int) -> Sequence[Instalment]:
    """The parts of the plan in force for a bill, none where there is none."""
    return list(Instalment.objects.filter(plan__in=plans_in_force().filter(invoice=invoice_id)))


def payers_of(contract: Contract, *, at: datetime) -> list[str]:
    """E-mail addresses of a contract's payers: the home's owners now, or on its last day if it has ended.

    Whoever came after a contract's end is another customer and learns nothing of it.
    """
    day = contract.utility.local_date(at)
    if contract.ends_on is not None:
        day = min(day, contract.ends_on - timedelta(days=1))
    rows = Membership.objects.filter(on_day(day), household=contract.household_id, role=MembershipRole.OWNER)
    emails = rows.exclude(user__email="").order_by("user__email").values_list("user__email", flat=True)
    return list(emails.distinct())
