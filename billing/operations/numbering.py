"""Gapless numbers: given in the transaction that uses them, or not given at all."""

from __future__ import annotations

from typing import Final

from django.db import connection

from accounts.scope import current_utility_id

INVOICES: Final = "invoice"
_TAKE: Final = """
    INSERT INTO billing_numbersequence (utility_id, series, year, last_number) VALUES (%s, %s, %s, %s)
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
    return [f"{year}-{number:06d}" for number in range(last - count + 1, last + 1)]
