"""Background work: what each task does when a worker runs it, and that every scheduled one exists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.utils import timezone

from accounts.models import User
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, WebhookEvent
from billing.operations.webhooks import receive_event
from billing.payments.provider import InboundEvent
from billing.payments.stripe_gateway import StripeGateway
from billing.tasks import process_event_task, reconcile_attempts_task, sweep_events_task
from config.celery import app
from tests.billing.paying import owed_minor, pay, start


@pytest.fixture
def queue() -> Iterator[redis.Redis]:
    """Valkey, its queue of tasks empty before and after."""
    with redis.Redis.from_url(settings.VALKEY_URL) as valkey:
        valkey.delete(settings.CELERY_TASK_DEFAULT_QUEUE)
        yield valkey
        valkey.delete(settings.CELERY_TASK_DEFAULT_QUEUE)


def _event(event_id: str, subject_id: str, *, minutes_ago: int) -> WebhookEvent:
    inbound = InboundEvent(
        event_id=event_id, type="checkout.session.completed", subject_id=subject_id, raw="{}"
    )
    at = timezone.now() - timedelta(minutes=minutes_ago)
    return receive_event(provider="stripe", event=inbound, at=at)


def test_every_scheduled_task_exists() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert scheduled - set(app.tasks) == set()


def test_what_comes_every_minute_does_not_pile_up_in_the_queue() -> None:
    often = [entry for entry in settings.CELERY_BEAT_SCHEDULE.values() if entry["schedule"] in (20, 60)]

    assert often
    assert [entry.get("options") for entry in often] == [{"expires": entry["schedule"]} for entry in often]


def test_a_worker_processes_the_event_it_is_woken_for(
    bill: Invoice, payer: User, gateway: StripeGateway, online: FakeStripe
) -> None:
    attempt = start(bill, payer, gateway).attempt
    pay(online, attempt)

    process_event_task(_event("evt_1", attempt.provider_session_id or "", minutes_ago=0).pk)

    assert owed_minor(bill) == 0


@pytest.mark.usefixtures("db")
def test_the_sweep_wakes_a_worker_for_each_event_whose_task_was_lost(queue: redis.Redis) -> None:
    for n, minutes_ago in enumerate((0, 2, 3)):
        _event(f"evt_{n}", "cs_test_x", minutes_ago=minutes_ago)

    sweep_events_task()

    assert queue.llen(settings.CELERY_TASK_DEFAULT_QUEUE) == 2


def test_a_payment_without_any_webhook_arrives_by_the_clock(
    bill: Invoice, payer: User, gateway: StripeGateway, online: FakeStripe
) -> None:
    pay(online, start(bill, payer, gateway, at=timezone.now() - timedelta(minutes=11)).attempt)

    reconcile_attempts_task()

    assert owed_minor(bill) == 0
