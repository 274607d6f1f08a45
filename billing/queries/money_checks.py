"""Where ledger, provider and documents do not agree; each computed from rows of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from accounts.scope import current_utility_id
from billing.enums import MoneyFindingKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What the ledger says of something, and what the other side does."""

    kind: MoneyFindingKind
    subject: str
    ours_minor: int
    theirs_minor: int
    currency: str


# What each payment, with its refunds and disputes, put on clearing, beside what moved at the provider.
# News of the last minutes may still be on its way, on either side.
_PAYMENTS: Final = """
    WITH names AS (
        SELECT 'payment-' || id AS name, id AS attempt FROM billing_paymentattempt
            WHERE utility_id = %(utility)s
        UNION ALL
        SELECT 'refund-' || id, attempt_id FROM billing_refund WHERE utility_id = %(utility)s
        UNION ALL
        SELECT 'dispute-' || provider_dispute_id, attempt_id FROM billing_dispute
            WHERE utility_id = %(utility)s
    ), ours AS (
        SELECT names.attempt, sum(posting.amount_minor) AS minor, max(entry.at) AS at
        FROM billing_journalentry entry
        JOIN names ON names.name = split_part(entry.key, ':', 1)
        JOIN billing_posting posting ON posting.entry_id = entry.id
        JOIN billing_ledgeraccount account
            ON account.id = posting.account_id AND account.code = 'provider_clearing'
        WHERE entry.utility_id = %(utility)s GROUP BY names.attempt
    ), theirs AS (
        SELECT movement.attempt_id AS attempt, sum(movement.amount_minor) AS minor,
            max(movement.created_at) AS at
        FROM billing_providermovement movement
        JOIN billing_paymentattempt attempt ON attempt.id = movement.attempt_id
        WHERE attempt.utility_id = %(utility)s GROUP BY movement.attempt_id
    )
    SELECT coalesce(ours.attempt, theirs.attempt)::text, coalesce(ours.minor, 0)::bigint,
        coalesce(theirs.minor, 0)::bigint, attempt.currency,
        coalesce(ours.minor, 0) <> coalesce(theirs.minor, 0)
            AND greatest(ours.at, theirs.at) < %(settled)s AS differs
    FROM ours FULL JOIN theirs ON theirs.attempt = ours.attempt
    JOIN billing_paymentattempt attempt ON attempt.id = coalesce(ours.attempt, theirs.attempt)
"""
_DOCUMENTS: Final = """
    SELECT invoice.number, coalesce(-sum(posting.amount_minor), 0)::bigint,
        invoice.total_minor, invoice.currency,
        coalesce(-sum(posting.amount_minor), 0) <> invoice.total_minor AS differs
    FROM billing_invoice invoice
    LEFT JOIN billing_journalentry entry
        ON entry.utility_id = invoice.utility_id AND entry.key = 'invoice:' || invoice.id
    LEFT JOIN (
        billing_posting posting JOIN billing_ledgeraccount account
            ON account.id = posting.account_id AND account.code IN ('revenue', 'tax', 'prepaid')
    ) ON posting.entry_id = entry.id
    WHERE invoice.utility_id = %(utility)s AND invoice.state = 'issued' GROUP BY invoice.id
"""
# The account as a whole: what stands on clearing is what the provider still holds for this utility.
_CLEARING: Final = """
    SELECT ours.currency, ours.minor::bigint, (
        coalesce(held.minor, 0) - coalesce(sent.minor, 0) - coalesce(borne.minor, 0)
    )::bigint
    FROM (
        SELECT account.currency, sum(posting.amount_minor) AS minor
        FROM billing_posting posting JOIN billing_ledgeraccount account ON account.id = posting.account_id
        WHERE account.utility_id = %(utility)s AND account.code = 'provider_clearing'
        GROUP BY account.currency
    ) ours
    LEFT JOIN (
        SELECT movement.currency, sum(movement.amount_minor - movement.fee_minor) AS minor
        FROM billing_providermovement movement
        JOIN billing_paymentattempt attempt ON attempt.id = movement.attempt_id
        WHERE attempt.utility_id = %(utility)s GROUP BY movement.currency
    ) held ON held.currency = ours.currency
    LEFT JOIN (
        SELECT payout.currency, sum(share.net_minor) AS minor
        FROM billing_payoutshare share JOIN billing_payout payout ON payout.id = share.payout_id
        WHERE share.utility_id = %(utility)s AND payout.failed_at IS NULL GROUP BY payout.currency
    ) sent ON sent.currency = ours.currency
    LEFT JOIN (
        -- Fees of the account as a whole have no payment; each utility bears its part with the payout.
        SELECT account.currency, sum(posting.amount_minor) AS minor
        FROM billing_journalentry entry JOIN billing_posting posting ON posting.entry_id = entry.id
        JOIN billing_ledgeraccount account
            ON account.id = posting.account_id AND account.code = 'provider_fees'
        WHERE entry.utility_id = %(utility)s AND starts_with(entry.key, 'account-fee-')
        GROUP BY account.currency
    ) borne ON borne.currency = ours.currency
"""


def compare_payments(*, settled: datetime) -> tuple[int, list[Difference]]:
    """How many payments moved money on either side, and those that differ without news since ``settled``."""
    return _compare(_PAYMENTS, MoneyFindingKind.PAYMENT, settled=settled)


def compare_documents() -> tuple[int, list[Difference]]:
    """How many issued documents there are, and those whose entry says something else."""
    return _compare(_DOCUMENTS, MoneyFindingKind.DOCUMENT, settled=None)


def compare_clearing() -> list[Difference]:
    """The clearing account as a whole, where it is not what the provider holds."""
    with connection.cursor() as cursor:
        cursor.execute(_CLEARING, {"utility": current_utility_id()})
        return [
            Difference(
                kind=MoneyFindingKind.CLEARING,
                subject="provider_clearing",
                ours_minor=ours,
                theirs_minor=theirs,
                currency=currency,
            )
            for currency, ours, theirs in cursor.fetchall()
            if ours != theirs
        ]


def _compare(
    statement: str, kind: MoneyFindingKind, *, settled: datetime | None
) -> tuple[int, list[Difference]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"utility": current_utility_id(), "settled": settled})
        rows = cursor.fetchall()
    return len(rows), [
        Difference(kind=kind, subject=subject, ours_minor=ours, theirs_minor=theirs, currency=currency)
        for subject, ours, theirs, currency, differs in rows
        if differs
    ]
