"""Ledger = fake Stripe = invoices: each computed from its own rows, never one from another."""

from __future__ import annotations

from collections import Counter
from typing import Final

from django.db import connection
from django.db.models import Count, Sum

from accounts.scope import across_utilities
from billing.enums import AccountCode, AttemptState, BankLineState, EntryKind, EventState, RefundState
from billing.models import (
    BankLine,
    BankMatch,
    Dispute,
    Invoice,
    JournalEntry,
    PaymentAttempt,
    Payout,
    Posting,
    Refund,
    WebhookEvent,
)
from billing.operations.clearing import unmatched
from tests.billing.storm.promises import promise_faults
from tests.billing.storm.world import World

# The customer's side of the books; what it sums to is what the customer owes in all.
CUSTOMERS: Final = (
    AccountCode.RECEIVABLE,
    AccountCode.CUSTOMER_CREDIT,
    AccountCode.REFUNDS_DUE,
    AccountCode.DISPUTED,
)


def faults(world: World) -> list[str]:
    """Everything that does not agree, in sentences; nothing where all is well."""
    with across_utilities("a storm is checked"):
        return [
            *_books(),
            *_account(world),
            *_payments(world),
            *_refunds(world),
            *_disputes(world),
            *promise_faults(world),
            *_customers(world),
            *_numbers(),
            *_inbox(),
        ]


def _books() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entry_id, sum(amount_minor) FROM billing_posting "
            "GROUP BY entry_id HAVING sum(amount_minor) <> 0"
        )
        return [f"entry {entry} sums to {minor}" for entry, minor in cursor.fetchall()]


def _account(world: World) -> list[str]:
    """Clearing, fees and payouts against the provider's account."""
    rows = list(world.fake.book.newest_first("balance_transaction"))
    payouts = [row for row in world.fake.book.newest_first("payout") if row["status"] == "paid"]
    transfers = sum(minor for _utility, _content, minor in world.transfers.values())
    outside = sum(world.outside_minor.values()) + transfers
    waiting = BankLine.objects.filter(state=BankLineState.OPEN)
    unknown = waiting.aggregate(minor=Sum("amount_minor"))["minor"] or 0
    return [
        *_differ("clearing", _balance(AccountCode.PROVIDER_CLEARING), sum(row["net"] for row in rows)),
        *_differ("fees", _balance(AccountCode.PROVIDER_FEES), sum(row["fee"] for row in rows)),
        *_differ("bank", _balance(AccountCode.BANK), sum(row["amount"] for row in payouts) + outside),
        *_differ("suspense", _balance(AccountCode.SUSPENSE), -unknown),
        *_differ("transfers", BankLine.objects.count(), len(world.transfers)),
        *_differ("unmatched movements", unmatched().count(), 0),
        *_differ("payouts that wait", Payout.objects.filter(posted_at__isnull=True).count(), 0),
    ]


def _payments(world: World) -> list[str]:
    """Every paid page is one payment, one posting, of the amount asked for."""
    pages = [row for row in world.fake.book.newest_first("checkout.session") if row["mode"] == "payment"]
    sessions = Counter(row["metadata"]["attempt"] for row in pages)
    paid = {
        row["metadata"]["attempt"]: row["amount_total"] for row in pages if row["payment_status"] == "paid"
    }
    # A saved card is charged without a page; one attempt's intents are never two.
    intents = list(world.fake.book.newest_first("payment_intent"))
    asked = Counter(row["metadata"]["attempt"] for row in intents)
    paid |= {
        row["metadata"]["attempt"]: row["amount_received"]
        for row in intents
        if row["customer"] is not None and row["status"] == "succeeded"
    }
    charges = Counter(row["payment_intent"] for row in world.fake.book.newest_first("charge") if row["paid"])
    ours = {
        str(pk): minor
        for pk, minor in PaymentAttempt.objects.filter(state=AttemptState.PAID).values_list(
            "pk", "amount_minor"
        )
    }
    entries = JournalEntry.objects.filter(kind=EntryKind.PAYMENT, key__startswith="payment-")
    posted = Posting.objects.filter(entry__in=entries, account__code=AccountCode.PROVIDER_CLEARING)
    booked = {
        key.removeprefix("payment-"): minor for key, minor in posted.values_list("entry__key", "amount_minor")
    }
    return [
        *[f"attempt {name} has {count} pages" for name, count in sessions.items() if count > 1],
        *[f"attempt {name} has {count} intents" for name, count in asked.items() if count > 1],
        *[f"payment {name} was charged {count} times" for name, count in charges.items() if count > 1],
        *_differ("paid attempts", ours, paid),
        *_differ("posted payments", booked, paid),
    ]


def _refunds(world: World) -> list[str]:
    theirs = {row["id"]: (row["status"], row["amount"]) for row in world.fake.book.newest_first("refund")}
    sent = Refund.objects.filter(provider_refund_id__isnull=False)
    ours = {
        name: (state, minor)
        for name, state, minor in sent.values_list("provider_refund_id", "state", "amount_minor")
    }
    names = Counter(
        row["metadata"]["refund"] for row in world.fake.book.newest_first("refund") if row["metadata"]
    )
    over = Refund.objects.filter(state__in=[RefundState.PENDING, RefundState.SUCCEEDED])
    sums = over.values("attempt", "attempt__amount_minor").annotate(minor=Sum("amount_minor"))
    return [
        *_differ("refunds", ours, theirs),
        *[f"refund {name} was sent {count} times" for name, count in names.items() if count > 1],
        *[
            f"more than captured went back of {row}"
            for row in sums
            if row["minor"] > row["attempt__amount_minor"]
        ],
        *_differ("refunds never sent", Refund.objects.filter(state=RefundState.APPROVED).count(), 0),
    ]


def _disputes(world: World) -> list[str]:
    held = {
        row["id"]: -sum(moved["amount"] for moved in row["balance_transactions"])
        for row in world.fake.book.newest_first("dispute")
    }
    ours = dict(Dispute.objects.values_list("provider_dispute_id", "withdrawn_minor"))
    return _differ("disputes", ours, held)


def _customers(world: World) -> list[str]:
    """What each customer owes: bills less what the fake took and gave, against the ledger."""
    owed: Counter[int] = Counter()
    for contract_id, minor in Invoice.objects.exclude(number=None).values_list("contract", "total_minor"):
        owed[contract_id] += minor
    standing = BankMatch.objects.filter(undone_at=None)
    for contract_id, minor in standing.values_list("invoice__contract", "line__amount_minor"):
        owed[contract_id] -= minor
    for contract_id, minor in world.outside_minor.items():
        owed[contract_id] -= minor
    contract_of = {
        str(pk): contract_id
        for pk, contract_id in PaymentAttempt.objects.values_list("pk", "invoice__contract")
    }
    book = world.fake.book
    for intent in book.newest_first("payment_intent"):
        contract_id = contract_of[intent["metadata"]["attempt"]]
        owed[contract_id] -= intent["amount_received"]
    for row in book.newest_first("refund"):
        if row["status"] == "succeeded":
            owed[_contract(world, row, contract_of)] += row["amount"]
    for row in book.newest_first("dispute"):
        owed[_contract(world, row, contract_of)] -= sum(
            moved["amount"] for moved in row["balance_transactions"]
        )
    sums = Posting.objects.filter(account__code__in=CUSTOMERS).values("contract")
    ledger = dict(sums.annotate(minor=Sum("amount_minor")).values_list("contract", "minor"))
    return [
        *_differ("customers", {k: v for k, v in ledger.items() if v}, {k: v for k, v in owed.items() if v}),
        *_left_over(),
    ]


def _left_over() -> list[str]:
    """Nobody holds credit beside an open bill, and no bill is paid beyond its sum."""
    receivable = Posting.objects.filter(account__code=AccountCode.RECEIVABLE)
    open_bills = receivable.values("contract", "invoice").annotate(minor=Sum("amount_minor"))
    credit = Posting.objects.filter(account__code=AccountCode.CUSTOMER_CREDIT).values("contract")
    holding = {row["contract"] for row in credit.annotate(minor=Sum("amount_minor")) if row["minor"] < 0}
    return [
        *[f"bill {row} is overpaid" for row in open_bills if row["minor"] < 0],
        *[
            f"credit beside open bill {row}"
            for row in open_bills
            if row["minor"] > 0 and row["contract"] in holding
        ],
    ]


def _contract(world: World, row: dict[str, object], contract_of: dict[str, int]) -> int:
    intent = world.fake.book.objects[str(row["payment_intent"])]
    return contract_of[intent["metadata"]["attempt"]]


def _numbers() -> list[str]:
    rows = Invoice.objects.exclude(number=None).values_list("utility", "number")
    # By utility, series and year: "2026-000041", "C2026-000003".
    given: dict[tuple[int, str], list[int]] = {}
    for utility_id, number in rows:
        year, _dash, count = str(number).partition("-")
        given.setdefault((utility_id, year), []).append(int(count))
    return [
        f"numbers of {series} have gaps"
        for series, counts in given.items()
        if sorted(counts) != list(range(1, len(counts) + 1))
    ]


def _inbox() -> list[str]:
    rows = WebhookEvent.objects.filter(state__in=[EventState.RECEIVED, EventState.ATTENTION])
    groups = rows.values("state", "type", "error").annotate(count=Count("pk"))
    return [f"events left: {row}" for row in groups]


def _balance(account: AccountCode) -> int:
    return Posting.objects.filter(account__code=account).aggregate(minor=Sum("amount_minor"))["minor"] or 0


def _differ(what: str, ours: object, theirs: object) -> list[str]:
    if ours == theirs:
        return []
    if isinstance(ours, dict) and isinstance(theirs, dict):
        odd = [key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)][:5]
        return [f"{what}: {[(key, ours.get(key), theirs.get(key)) for key in odd]} (ours, theirs)"]
    return [f"{what}: ours {ours}, theirs {theirs}"]
