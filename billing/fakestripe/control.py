"""`/_test/*`: what a test in another process orders of the fake. JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from billing.fakestripe.book import Book, Json
from billing.fakestripe.checkout import expire_due
from billing.fakestripe.disputes import close_dispute, dispute
from billing.fakestripe.faults import Faults, UnknownFaultError
from billing.fakestripe.idempotency import Answer
from billing.fakestripe.money import PAYS, CardDeclinedError, pay, settle
from billing.fakestripe.payouts import fail_payout, pay_out
from billing.fakestripe.refunds import settle_refund
from billing.fakestripe.refusals import StripeRefusalError
from billing.fakestripe.saved import save_card, settle_saved


class Control:
    """The orders a test can give; the caller holds the book's lock."""

    def __init__(self, book: Book, faults: Faults) -> None:
        """Know what to act on."""
        self.book = book
        self.faults = faults

    def obey(self, name: str, order: Json) -> Answer:
        """Carry out the order ``name``; 404 where there is no such order, 400 where it makes no sense."""
        action = ORDERS.get(name)
        if action is None:
            return Answer(HTTPStatus.NOT_FOUND, {"error": f"No such order; these are: {', '.join(ORDERS)}."})
        try:
            return Answer(HTTPStatus.OK, action(self, order))
        except (StripeRefusalError, UnknownFaultError, CardDeclinedError) as error:
            return Answer(HTTPStatus.BAD_REQUEST, {"error": str(error) or repr(error)})
        except KeyError as error:
            return Answer(HTTPStatus.BAD_REQUEST, {"error": f"The order lacks {error}."})

    def state(self, _order: Json) -> Json:
        """`state`: how many objects of each kind exist, and how many deliveries wait."""
        return {"objects": self.book.count(), "waiting": len(self.book.outbox)}

    def answers(self, order: Json) -> Json:
        """`answers {"next": ["lost", "crash", "limit", "fine"]}`: the fate of the next writing requests."""
        self.faults.order_answers(order["next"])
        return {"ordered": self.faults.answers}

    def webhooks(self, order: Json) -> Json:
        """`webhooks {"next": ["drop", "duplicate", "delay:2"], "hold": true}`; releasing may reverse."""
        self.faults.order_deliveries(order.get("next", []))
        self.faults.hold_webhooks = order.get("hold", self.faults.hold_webhooks)
        if order.get("reverse"):
            self.book.outbox.reverse()
        return {"ordered": self.faults.deliveries, "waiting": len(self.book.outbox)}

    def pay(self, order: Json) -> Json:
        """`pay {"session", "method", "card", "slowly"}`: as the customer would on the page."""
        return pay(
            self.book,
            self.book.get("checkout.session", order["session"]),
            method=order.get("method", "card"),
            card_number=order.get("card", PAYS),
            slowly=order.get("slowly", False),
        )

    def settle(self, order: Json) -> Json:
        """`settle {"session", "succeeded"}`: end a slow payment."""
        session = self.book.get("checkout.session", order["session"])
        return settle(self.book, session, succeeded=order["succeeded"])

    def slow(self, order: Json) -> Json:
        """`slow {"payments": 1, "refunds": 1, "charges": 1}`: the next of each end only when settled."""
        self.faults.slow_payments = order.get("payments", self.faults.slow_payments)
        self.book.slow |= {name: order[name] for name in ("refunds", "charges") if name in order}
        return {"slow_payments": self.faults.slow_payments, **self.book.slow}

    def save_card(self, order: Json) -> Json:
        """`save_card {"session", "card"}`: as the customer would on a setup page."""
        session = self.book.get("checkout.session", order["session"])
        return save_card(self.book, session, card_number=order.get("card", PAYS))

    def settle_charge(self, order: Json) -> Json:
        """`settle_charge {"payment_intent", "succeeded"}`: end a slow charge of a saved card."""
        intent = self.book.get("payment_intent", order["payment_intent"])
        return settle_saved(self.book, intent, succeeded=order["succeeded"])

    def settle_refund(self, order: Json) -> Json:
        """`settle_refund {"refund", "succeeded"}`: end a pending refund, or undo a finished one."""
        given = self.book.get("refund", order["refund"])
        return settle_refund(self.book, given, succeeded=order["succeeded"])

    def dispute(self, order: Json) -> Json:
        """`dispute {"charge", "reason", "inquiry"}`: the cardholder objects."""
        charge = self.book.get("charge", order["charge"])
        reason = order.get("reason", "fraudulent")
        return dispute(self.book, charge, reason=reason, inquiry=order.get("inquiry", False))

    def close_dispute(self, order: Json) -> Json:
        """`close_dispute {"dispute", "won"}`: the bank decides."""
        return close_dispute(self.book, self.book.get("dispute", order["dispute"]), won=order["won"])

    def pay_out(self, order: Json) -> Json:
        """`pay_out {"currency"}`: send the balance to the merchant's bank."""
        return pay_out(self.book, currency=order["currency"])

    def fail_payout(self, order: Json) -> Json:
        """`fail_payout {"payout", "cancelled"}`: the merchant's bank sends it back, or it is cancelled."""
        given = self.book.get("payout", order["payout"])
        return fail_payout(self.book, given, cancelled=order.get("cancelled", False))

    def clock(self, order: Json) -> Json:
        """`clock {"advance_s": 3600}`: move the fake's clock on and let sessions expire."""
        self.book.clock_offset_s += order["advance_s"]
        return {"now": self.book.now(), "expired": expire_due(self.book)}


ORDERS: Final[dict[str, Callable[[Control, Json], Json]]] = {
    "state": Control.state,
    "answers": Control.answers,
    "webhooks": Control.webhooks,
    "pay": Control.pay,
    "settle": Control.settle,
    "slow": Control.slow,
    "save_card": Control.save_card,
    "settle_charge": Control.settle_charge,
    "settle_refund": Control.settle_refund,
    "dispute": Control.dispute,
    "close_dispute": Control.close_dispute,
    "pay_out": Control.pay_out,
    "fail_payout": Control.fail_payout,
    "clock": Control.clock,
}
