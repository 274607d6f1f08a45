"""What holds at every moment, even between a worker's death and the next sweep; asked of what is new only."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

from django.db import connection

from tests.billing.storm.world import World

_NEWEST: Final = "SELECT coalesce(max(id), 0) FROM billing_journalentry"
_UNBALANCED: Final = """
    SELECT format('entry %%s has %%s sides that sum to %%s',
        entry.id, count(posting.id), sum(posting.amount_minor))
    FROM billing_journalentry entry LEFT JOIN billing_posting posting ON posting.entry_id = entry.id
    WHERE entry.id > %(seen)s
    GROUP BY entry.id HAVING count(posting.id) < 2 OR sum(posting.amount_minor) <> 0
"""
# The customers whose money moved: nothing overpaid, and no credit beside what is open.
_CUSTOMERS: Final = """
    WITH moved AS (
        SELECT DISTINCT contract_id FROM billing_posting
        WHERE entry_id > %(seen)s AND contract_id IS NOT NULL
    ),
    stands AS (
        SELECT posting.contract_id, account.code, posting.invoice_id, sum(posting.amount_minor) AS minor
        FROM billing_posting posting
        JOIN moved USING (contract_id)
        JOIN billing_ledgeraccount account ON account.id = posting.account_id
        WHERE account.code IN ('receivable', 'customer_credit')
        GROUP BY posting.contract_id, account.code, posting.invoice_id
    )
    SELECT format('bill %%s is overpaid by %%s', invoice_id, -minor) FROM stands
    WHERE code = 'receivable' AND minor < 0
    UNION ALL
    SELECT format('customer %%s holds %%s beside open bill %%s',
        open.contract_id, -credit.minor, open.invoice_id)
    FROM stands open JOIN stands credit ON credit.contract_id = open.contract_id
    WHERE open.code = 'receivable' AND open.minor > 0 AND credit.code = 'customer_credit' AND credit.minor < 0
"""
_NUMBERS: Final = """
    SELECT format('%%s %%s: %%s numbers taken, %%s used',
        taken.series, taken.year, taken.last_number, count(invoice.id))
    FROM billing_numbersequence taken
    LEFT JOIN billing_invoice invoice ON invoice.utility_id = taken.utility_id AND invoice.number IS NOT NULL
        AND invoice.kind = CASE taken.series WHEN 'invoice' THEN 'period' ELSE taken.series END
        AND invoice.number LIKE '%%' || taken.year || '-%%'
    GROUP BY taken.id HAVING taken.last_number <> count(invoice.id)
"""
# What is paid is posted, in the same moment.
_PAID: Final = """
    SELECT format('payment %%s is paid and not posted', attempt.id) FROM billing_paymentattempt attempt
    WHERE attempt.state = 'paid' AND attempt.paid_at >= %(since)s AND NOT EXISTS (
        SELECT 1 FROM billing_journalentry entry
        WHERE entry.utility_id = attempt.utility_id AND entry.key = 'payment-' || attempt.id
    )
"""


def wounds(world: World) -> list[str]:
    """Everything that must never be, of what happened since the last look; in sentences."""
    asked: dict[str, int | datetime] = {"seen": world.seen_entry, "since": world.seen_at}
    found: list[str] = []
    with connection.cursor() as cursor:
        for statement in (_UNBALANCED, _CUSTOMERS, _NUMBERS, _PAID):
            cursor.execute(statement, asked)
            found += [str(sentence) for (sentence,) in cursor.fetchall()]
        cursor.execute(_NEWEST)
        (world.seen_entry,) = cursor.fetchone() or (0,)
    world.seen_at = world.at
    return [*found, *_twice(world)]


def _twice(world: World) -> list[str]:
    """Pages and charges of one name among the newest of the fake's."""
    kinds = {"checkout.session": "pages", "payment_intent": "intents", "charge": "charges"}
    names = {
        what: Counter(_name(row, kind) for row in world.things(kind) if kind != "charge" or row["paid"])
        for kind, what in kinds.items()
    }
    return [
        f"{name} has {count} {what}"
        for what, counts in names.items()
        for name, count in counts.items()
        if count > 1
    ]


def _name(row: dict[str, object], kind: str) -> str:
    if kind == "charge":
        return str(row["payment_intent"])
    metadata = row["metadata"]
    assert isinstance(metadata, dict)
    return str(metadata.get("attempt") or metadata.get("mandate") or row["id"])
