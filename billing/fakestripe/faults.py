"""What tests may order to go wrong: the next answers and the next webhook deliveries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

# Answers: lost after the deed, a crash before it, too many requests, a slow one.
ANSWER_FAULTS: Final = frozenset({"fine", "lost", "crash", "limit"})
# Deliveries: never sent, sent twice, or as usual. (`delay:<seconds>` comes later than the next ones.)
DELIVERY_FAULTS: Final = frozenset({"fine", "drop", "duplicate"})


class UnknownFaultError(ValueError):
    """An order that names no fault."""


@dataclass(slots=True)
class Faults:
    """Orders for what comes next, each used once; the book's lock guards it."""

    answers: list[str] = field(default_factory=list)
    deliveries: list[str] = field(default_factory=list)
    # While held, no webhook leaves; they leave on release, reversed if so ordered.
    hold_webhooks: bool = False
    # The next payments on the hosted page stay unpaid until settled.
    slow_payments: int = 0

    def order_answers(self, orders: list[str]) -> None:
        """Order the fate of the next API requests that write.

        Raises:
            UnknownFaultError: an order is none of `ANSWER_FAULTS`.
        """
        _require_known(orders, ANSWER_FAULTS)
        self.answers.extend(orders)

    def order_deliveries(self, orders: list[str]) -> None:
        """Order the fate of the next webhook deliveries.

        Raises:
            UnknownFaultError: an order is none of `DELIVERY_FAULTS` and no `delay:<seconds>`.
        """
        _require_known([order for order in orders if not _is_delay(order)], DELIVERY_FAULTS)
        self.deliveries.extend(orders)

    def next_answer(self) -> str:
        """The fate of the request at hand."""
        return self.answers.pop(0) if self.answers else "fine"

    def next_delivery(self) -> tuple[str, float]:
        """The fate of the delivery at hand, and how many seconds it has to wait."""
        order = self.deliveries.pop(0) if self.deliveries else "fine"
        return ("delay", float(order.removeprefix("delay:"))) if _is_delay(order) else (order, 0.0)

    def take_slow_payment(self) -> bool:
        """Whether the payment at hand is to be a slow one."""
        slow = self.slow_payments > 0
        self.slow_payments -= slow
        return slow


def _is_delay(order: str) -> bool:
    return order.startswith("delay:") and order.removeprefix("delay:").replace(".", "", 1).isdecimal()


def _require_known(orders: list[str], known: frozenset[str]) -> None:
    for order in orders:
        if order not in known:
            raise UnknownFaultError(f"'{order}' is no fault; these are: {', '.join(sorted(known))}.")
