"""What residents promised and were asked for, told from rows and the fake's cards: part of the checker."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from django.db.models import Sum

from billing.enums import AccountCode, MandateState
from billing.models import Instalment, PaymentAttempt, PaymentMandate, PaymentPlan, Posting
from tests.billing.storm.world import World


def promise_faults(world: World) -> list[str]:
    """What does not agree of cards and instalments, in sentences."""
    return [*_cards(world), *_charges(world), *_plans(world)]


def _cards(world: World) -> list[str]:
    """Each saved card is a mandate that was agreed, and the newest of a home is the one in force, or none."""
    pages = [row for row in world.fake.book.newest_first("checkout.session") if row["mode"] == "setup"]
    saved = {row["metadata"]["mandate"] for row in pages if row["status"] == "complete"}
    agreed = {str(pk) for pk in PaymentMandate.objects.exclude(agreed_at=None).values_list("pk", flat=True)}
    in_force = Counter(
        PaymentMandate.objects.filter(state=MandateState.ACTIVE).values_list("contract", flat=True)
    )
    return [
        *([f"cards and mandates differ: {sorted(saved ^ agreed)[:5]}"] if saved != agreed else []),
        *[f"contract {contract} has {count} mandates" for contract, count in in_force.items() if count > 1],
    ]


def _charges(world: World) -> list[str]:
    """No card was charged without leave: every charge names an attempt under a mandate with that card."""
    methods = dict(
        PaymentAttempt.objects.filter(mandate__isnull=False).values_list("pk", "mandate__provider_method_id")
    )
    allowed = {str(pk): method for pk, method in methods.items()}
    charged = [row for row in world.fake.book.newest_first("payment_intent") if row["customer"] is not None]
    return [
        f"charge {row['id']} without leave"
        for row in charged
        if row["payment_method"] is not None
        and allowed.get(row["metadata"]["attempt"]) != row["payment_method"]
    ]


def _plans(world: World) -> list[str]:
    """Instalments sum to what was agreed; one in force is owed and kept."""
    parts = Instalment.objects.values("plan").annotate(minor=Sum("amount_minor"))
    sums = dict(parts.values_list("plan", "minor"))
    receivable = Posting.objects.filter(account__code=AccountCode.RECEIVABLE)
    owed = dict(
        receivable.values("invoice").annotate(minor=Sum("amount_minor")).values_list("invoice", "minor")
    )
    found = []
    for plan in PaymentPlan.objects.select_related("utility").prefetch_related("instalments"):
        if sums[plan.pk] != plan.agreed_minor:
            found.append(f"plan {plan.pk} sums to {sums[plan.pk]}, agreed were {plan.agreed_minor}")
        if plan.broken_at is not None or plan.fulfilled_at is not None:
            continue
        # The grace of the usual rules.
        today = plan.utility.local_date(world.at) - timedelta(days=5)
        late_minor = sum(part.amount_minor for part in plan.instalments.all() if part.due_on < today)
        left_minor = owed.get(plan.invoice_id, 0)
        if left_minor <= 0 or plan.agreed_minor - left_minor < late_minor:
            found.append(f"plan {plan.pk} is in force with {left_minor} owed and {late_minor} due long ago")
    return found
