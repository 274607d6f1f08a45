"""Payouts: what stands on the account's balance goes to the merchant's bank, transaction by transaction."""

from __future__ import annotations

from collections.abc import Iterator

from billing.fakestripe import movements
from billing.fakestripe.book import Book, Json
from billing.fakestripe.events import emit
from billing.fakestripe.refusals import StripeRefusalError


def pay_out(book: Book, *, currency: str) -> Json:
    """Send all that is not paid out yet in one automatic payout.

    Raises:
        StripeRefusalError: nothing is left, or less than nothing.
    """
    waiting = [row for row in book.newest_first("balance_transaction") if _waits(book, row, currency)]
    amount = sum(row["net"] for row in waiting)
    if amount < 1:
        raise StripeRefusalError(f"There is nothing to pay out in {currency}.")
    given = book.add(movements.payout(book, amount_minor=amount, currency=currency))
    moved = book.add(movements.balance_transaction(book, given, amount_minor=-amount, kind="payout"))
    given["balance_transaction"] = moved["id"]
    for row in [*waiting, moved]:
        row["status"] = "available"
        # Stripe shows this link only as a filter of the list.
        book.hidden[row["id"]] = {"payout": given["id"]}
    emit(book, "payout.created", given)
    given["status"] = "paid"
    emit(book, "payout.paid", given)
    emit(book, "payout.reconciliation_completed", given)
    return given


def fail_payout(book: Book, given: Json, *, cancelled: bool = False) -> Json:
    """The bank sends a payout back, or it is cancelled: its money stands on the balance again, as a line.

    Raises:
        StripeRefusalError: it has failed already.
    """
    if given["status"] != "paid":
        raise StripeRefusalError(f"Payout {given['id']} is {given['status']}.")
    back = movements.balance_transaction(
        book, given, amount_minor=given["amount"], kind=f"payout_{'cancel' if cancelled else 'failure'}"
    )
    given["failure_balance_transaction"] = book.add(back)["id"]
    if cancelled:
        given["status"] = "canceled"
    else:
        given.update(status="failed", failure_code="account_closed")
    emit(book, f"payout.{given['status']}", given)
    return given


def of_payout(book: Book, payout_id: str | None) -> Iterator[Json]:
    """Balance transactions, newest first: all of them, or those of one payout."""
    rows = book.newest_first("balance_transaction")
    if payout_id is None:
        return rows
    return (row for row in rows if book.hidden.get(row["id"], {}).get("payout") == payout_id)


def _waits(book: Book, row: Json, currency: str) -> bool:
    return bool(row["currency"] == currency and row["id"] not in book.hidden)
