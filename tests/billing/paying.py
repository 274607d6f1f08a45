"""What the tests of payments do again and again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from celery import Celery
from django.utils import timezone

from accounts.models import User
from billing.enums import AccountCode, EntryKind
from billing.fakestripe.book import Json
from billing.fakestripe.server import FakeStripe
from billing.models import Invoice, JournalEntry, LedgerAccount, PaymentAttempt, Posting, WebhookEvent
from billing.operations.attempts import settle
from billing.operations.ledger import Side, post_entry
from billing.operations.payments import PaymentRequest, StartedPayment, start_payment
from billing.operations.webhooks import receive_event
from billing.payments.provider import InboundEvent
from billing.payments.stripe_gateway import StripeGateway
from billing.queries.balance import open_minor, with_balance


def start(bill: Invoice, by: User, gateway: StripeGateway, *, at: datetime | None = None) -> StartedPayment:
    """Start a payment now; the fake lives by the wall's clock, so the tests of payments do."""
    request = PaymentRequest(invoice=bill, by=by, locale="zh-hans")
    return start_payment(request=request, provider=gateway, at=at or timezone.now())


def sessions(fake: FakeStripe) -> list[Json]:
    """The fake's checkout sessions, newest first."""
    return list(fake.book.newest_first("checkout.session"))


def pay(fake: FakeStripe, attempt: PaymentAttempt, **order: Any) -> None:  # noqa: ANN401 - JSON
    """Pay an attempt's page as its customer would."""
    fake.order("pay", session=attempt.provider_session_id, **order)


def deliver(fake: FakeStripe, kind: str) -> WebhookEvent:
    """Store the fake's latest event of a kind, as the webhook's address does."""
    event = next(event for event in fake.book.newest_first("event") if event["type"] == kind)
    thing = event["data"]["object"]
    inbound = InboundEvent(event_id=event["id"], type=kind, subject_id=thing["id"], raw="{}")
    return receive_event(provider="stripe", event=inbound, at=timezone.now())


def pay_at_the_counter(bill: Invoice, minor: int) -> None:
    """Money for a bill by another way than online."""
    post_entry(
        key=f"counter-{bill.pk}-{minor}",
        kind=EntryKind.PAYMENT,
        at=datetime(2026, 2, 5, tzinfo=UTC),
        currency=bill.currency,
        sides=[
            Side(account=AccountCode.BANK, amount_minor=minor),
            Side(
                account=AccountCode.RECEIVABLE,
                amount_minor=-minor,
                contract_id=bill.contract_id,
                invoice_id=bill.pk,
            ),
        ],
    )


def owed_minor(bill: Invoice) -> int:
    """What is still owed."""
    return open_minor([bill.pk])[bill.pk]


def online_postings() -> list[tuple[str, int]]:
    """What the online payments, and the credit they made, put on each account; first touched first."""
    entries = JournalEntry.objects.filter(key__startswith="payment-")
    sums: dict[str, int] = {}
    rows = Posting.objects.filter(entry__in=entries).order_by("pk")
    for code, minor in rows.values_list("account__code", "amount_minor"):
        sums[code] = sums.get(code, 0) + minor
    return [(code, minor) for code, minor in sums.items() if minor]


def paid_attempt(bill: Invoice, by: User, gateway: StripeGateway, fake: FakeStripe) -> PaymentAttempt:
    """The bill paid by card, and the news of it taken over."""
    attempt = start(bill, by, gateway).attempt
    pay(fake, attempt)
    settle(attempt=attempt, checkout=gateway.fetch(attempt.provider_session_id or ""), at=timezone.now())
    attempt.refresh_from_db()
    return attempt


def charge_of(fake: FakeStripe, attempt: PaymentAttempt) -> str:
    """The fake's name for a payment's charge."""
    return str(fake.book.objects[attempt.provider_payment_id]["latest_charge"])


def balances() -> dict[str, int]:
    """What stands on every account of the utility in scope that was ever used."""
    return {account.code: account.balance_minor for account in with_balance(LedgerAccount.objects.all())}


# A worker's queue at an address where nobody listens.
BROKER_DOWN = Celery("nobody", broker="redis://127.0.0.1:9/0", set_as_current=False)
