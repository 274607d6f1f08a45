"""Background work; every task makes one domain call and may run twice."""

from __future__ import annotations

import logging

from celery import shared_task
from django.utils import timezone

from accounts.models import Utility
from accounts.rounds import each_utility
from accounts.scope import utility_scope
from billing.operations.autopay import charge_due, resend_charges
from billing.operations.bill_notices import tell_of_bills
from billing.operations.document_checks import check_documents
from billing.operations.dunning import remind
from billing.operations.letters import send_letters
from billing.operations.money_checks import check_money
from billing.operations.plans import review_plans
from billing.operations.reconcile import (
    fill_gaps,
    reconcile_account,
    reconcile_attempts,
    reconcile_refunds,
)
from billing.operations.similar import publish_similar_homes
from billing.operations.webhooks import process_event
from billing.payments.configured import configured_provider
from billing.queries.payments import events_left_behind
from config.api.outbox import wake_worker

logger = logging.getLogger(__name__)


@shared_task(name="billing.process_event")
def process_event_task(event_id: int) -> None:
    """Process one event of the inbox."""
    process_event(event_id=event_id, provider=configured_provider(), at=timezone.now())


@shared_task(name="billing.sweep_events")
def sweep_events_task() -> None:
    """Wake a worker for every event whose own task was lost; each is processed for itself."""
    for event_id in events_left_behind(at=timezone.now()).values_list("pk", flat=True):
        wake_worker("billing.process_event", event_id)


@shared_task(name="billing.reconcile_attempts")
def reconcile_attempts_task() -> None:
    """Look up the payments without news."""
    done = reconcile_attempts(provider=configured_provider(), at=timezone.now())
    if done.looked_at:
        logger.info("payments without news: %s looked up, %s moved on", done.looked_at, done.moved)


@shared_task(name="billing.check_documents")
def check_documents_task() -> None:
    """Rate all issued bills anew and recompute all proofs, utility after utility; the desk shows the rest."""
    for utility in Utility.objects.order_by("pk"):
        with utility_scope(utility):
            check = check_documents(clock=timezone.now)
            found = check.findings.count()
        if found:
            logger.warning("%s: %s of %s documents need a look", utility.slug, found, check.proofs)


@shared_task(name="billing.check_money")
def check_money_task() -> None:
    """Compare ledger, provider and documents of every utility; what differs is an error in the log too."""
    for utility in Utility.objects.order_by("pk"):
        with utility_scope(utility):
            check = check_money(at=timezone.now())
            found = check.findings.count()
        if found:
            logger.error("%s: %s findings about money need a look at the desk", utility.slug, found)


@shared_task(name="billing.fill_gaps")
def fill_gaps_task() -> None:
    """Take over the events that no webhook brought."""
    new = fill_gaps(provider=configured_provider(), at=timezone.now())
    if new:
        logger.warning("%s payment events came by no webhook", new)


@shared_task(name="billing.reconcile_refunds")
def reconcile_refunds_task() -> None:
    """Send the refunds that were agreed, look up those under way."""
    reconcile_refunds(provider=configured_provider(), at=timezone.now())


@shared_task(name="billing.reconcile_account")
def reconcile_account_task() -> None:
    """Read the provider's account, and post the payouts that waited for it."""
    reconcile_account(provider=configured_provider(), at=timezone.now())


@shared_task(name="billing.remind")
def remind_task() -> None:
    """End plans that are paid or broken, then write the reminders that are due, utility after utility."""
    for utility in Utility.objects.order_by("pk"):
        with utility_scope(utility):
            review_plans(at=timezone.now())
            remind(at=timezone.now())


@shared_task(name="billing.send_letters")
def send_letters_task() -> None:
    """E-mail the letters that were written."""
    for utility in Utility.objects.order_by("pk"):
        with utility_scope(utility):
            send_letters(at=timezone.now())


@shared_task(name="billing.charge_due")
def charge_due_task() -> None:
    """Ask again for charges without an answer, then charge the saved cards whose bills are due."""
    resend_charges(provider=configured_provider(), at=timezone.now())
    for utility in Utility.objects.order_by("pk"):
        with utility_scope(utility):
            charge_due(provider=configured_provider(), at=timezone.now())


@shared_task(name="billing.publish_similar_homes")
def publish_similar_homes_task() -> None:
    """Compare the heat of homes alike in the months that are over, utility after utility."""
    each_utility(lambda _utility: publish_similar_homes(at=timezone.now()))


@shared_task(name="billing.tell_of_bills")
def tell_of_bills_task() -> None:
    """Tell of new bills, utility after utility."""
    each_utility(lambda _utility: tell_of_bills(at=timezone.now()))
