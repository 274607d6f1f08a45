"""Gapless numbers: given in the transaction that uses them, or not given at all."""

from __future__ import annotations

from typing import Final

from django.db import connection

from accounts.scope import current_utility_id
from billing.models import NumberSequence

INVOICES: Final = "invoice"
# What stands before a number, so that one utility never gives two documents the same one.
PREFIXES: Final = {INVOICES: "", "advance": "A", "settlement": "S", "credit": "C", "debit": "D"}
_TAKE: Final = """
    INSERT INTO billing_numbersequence (utility_id, series, year, last_number, last_sha256)
    VALUES (%s, %s, %s, %s, '')
    ON CONFLICT ON CONSTRAINT billing_sequence_one_counter
    DO UPDATE SET last_number = billing_numbersequence.last_number + EXCLUDED.last_number
    RETURNING last_number
"""


class NumbersOutsideTransactionError(RuntimeError):
    """A number taken outside a transaction would be lost with whatever fails after it."""


def take_numbers(*, series: str, year: int, count: int) -> list[str]:
    """The next ``count`` numbers of the utility in scope, such as ``2026-000041``, in order.

    Until the surrounding transaction ends, the counter's row lock makes everyone else wait, so
    a rollback gives the numbers back before anybody can take later ones.

    Raises:
        NumbersOutsideTransactionError: no transaction is open.
    """
    if not connection.in_atomic_block:
        raise NumbersOutsideTransactionError(f"Numbers of {series} {year} were taken outside a transaction.")
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [current_utility_id(), series, year, count])
        last = cursor.fetchone()[0]
    return [f"{PREFIXES[series]}{year}-{number:06d}" for number in range(last - count + 1, last + 1)]


def last_digest(*, series: str, year: int) -> str:
    """The digest of the series' last document; empty where the next is its first.

    To be asked after `take_numbers`, whose lock keeps it true until the transaction ends.
    """
    return NumberSequence.objects.get(series=series, year=year).last_sha256


def keep_digest(*, series: str, year: int, sha256: str) -> None:
    """Leave the digest of the last document for the one that takes the next number."""
    NumberSequence.objects.filter(series=series, year=year).update(last_sha256=sha256)
