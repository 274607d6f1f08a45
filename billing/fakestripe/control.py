"""`/_test/*`: what a test in another process orders of the fake. JSON in, JSON out."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from billing.fakestripe.book import Book, Json
from billing.fakestripe.checkout import expire_due
from billing.fakestripe.faults import Faults, UnknownFaultError
from billing.fakestripe.idempotency import Answer
from billing.fakestripe.money import CardDeclinedError, pay, settle
from billing.fakestripe.refusals import StripeRefusalError


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
        kinds: dict[str, int] = {}
        for thing in self.book.objects.values():
            kinds[thing["object"]] = kinds.get(thing["object"], 0) + 1
        return {"objects": kinds, "waiting": len(self.book.outbox)}

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
            card_number=order.get("card", "4242424242424242"),
            slowly=order.get("slowly", False),
        )

    def settle(self, order: Json) -> Json:
        """`settle {"session", "succeeded"}`: end a slow payment."""
        session = self.book.get("checkout.session", order["session"])
        return settle(self.book, session, succeeded=order["succeeded"])

    def slow(self, order: Json) -> Json:
        """`slow {"payments": 1}`: the next payments on the page stay unpaid until settled."""
        self.faults.slow_payments = order["payments"]
        return {"slow_payments": self.faults.slow_payments}

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
    "clock": Control.clock,
}
