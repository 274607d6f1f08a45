"""Refunds: at once, pending until the bank has answered, failed even after they seemed done."""

from __future__ import annotations

from http import HTTPStatus

from billing.fakestripe import movements
from billing.fakestripe.book import Book, Json
from billing.fakestripe.events import emit
from billing.fakestripe.refusals import StripeRefusalError


def refund(book: Book, params: Json, *, slowly: bool = False) -> Json:
    """Give back a charge or a part of it; ``slowly`` leaves the refund pending until :func:`settle_refund`.

    Raises:
        StripeRefusalError: neither charge nor intent is named, nothing was paid, it is disputed, or more
            is asked for than is left.
    """
    charge = _refundable_charge(book, params)
    amount = _amount(charge, params)
    given = movements.refund(
        book, charge, amount_minor=amount, reason=params.get("reason"), metadata=params.get("metadata", {})
    )
    # Pending or not, nobody else may give this part back meanwhile.
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    book.add(given)
    if slowly:
        given.update(status="pending", pending_reason="processing")
    else:
        _take(book, given)
    emit(book, "refund.created", given)
    emit(book, "charge.refunded", charge)
    return given


def settle_refund(book: Book, given: Json, *, succeeded: bool) -> Json:
    """End a pending refund, or let one fail that had succeeded: the customer's bank may send it back.

    Raises:
        StripeRefusalError: it has failed already, or would succeed twice.
    """
    if given["status"] == "failed" or (succeeded and given["status"] == "succeeded"):
        raise StripeRefusalError(f"Refund {given['id']} is {given['status']} already.")
    if succeeded:
        given["pending_reason"] = None
        _take(book, given)
        emit(book, "refund.updated", given)
        return given
    if given["status"] == "succeeded":
        back = movements.balance_transaction(book, given, amount_minor=given["amount"], kind="refund_failure")
        given["failure_balance_transaction"] = book.add(back)["id"]
    given.update(status="failed", failure_reason="expired_or_canceled_card", pending_reason=None)
    charge = book.get("charge", given["charge"])
    charge["amount_refunded"] -= given["amount"]
    charge["refunded"] = False
    emit(book, "refund.updated", given)
    emit(book, "refund.failed", given)
    return given


def _take(book: Book, given: Json) -> None:
    balance = movements.balance_transaction(book, given, amount_minor=-given["amount"], kind="refund")
    given.update(status="succeeded", balance_transaction=book.add(balance)["id"])


def _amount(charge: Json, params: Json) -> int:
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["refunded"]:
        message = f"Charge {charge['id']} has already been refunded."
        raise StripeRefusalError(message, code="charge_already_refunded")
    if charge["disputed"]:
        message = f"Charge {charge['id']} has been charged back; cannot issue a refund."
        raise StripeRefusalError(message, code="charge_disputed")
    amount: int = params.get("amount", left)
    if amount < 1:
        raise StripeRefusalError("Invalid positive integer", code="parameter_invalid_integer", param="amount")
    if amount > left:
        message = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        raise StripeRefusalError(message, param="amount")
    return amount


def _refundable_charge(book: Book, params: Json) -> Json:
    if "charge" in params:
        charge = book.get("charge", params["charge"])
    elif "payment_intent" in params:
        intent = book.get("payment_intent", params["payment_intent"])
        charge = book.get("charge", intent["latest_charge"] or "")
    else:
        message = "One of the following params should be provided for this request: payment_intent or charge."
        raise StripeRefusalError(message, code="parameter_missing", param="charge")
    if not charge["paid"]:
        message = f"Charge {charge['id']} does not have a successful charge to refund."
        raise StripeRefusalError(message, status=HTTPStatus.BAD_REQUEST, code="charge_not_paid")
    return charge
