"""What the domain asks of a payment provider, in the domain's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Final, Protocol

# Under a key an order is carried out once; the provider forgets keys after a day, and we an hour before.
KEYS_HOLD_FOR: Final = timedelta(hours=23)


class CheckoutStatus(Enum):
    """How a checkout stands at the provider."""

    OPEN = "open"  # its page may still be paid
    PROCESSING = "processing"  # confirmed; the bank takes its time
    PAID = "paid"  # the money is the merchant's
    FAILED = "failed"  # the bank said no after all; this page takes no further try
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutOrder:
    """A hosted page to be opened. Equal orders under one key open one page, however often they are sent."""

    key: str
    attempt_id: str
    amount_minor: int
    currency: str
    title: str
    reference: str  # the invoice's number, for the merchant's own search
    locale: str
    success_url: str  # may contain {CHECKOUT_SESSION_ID}
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """What the provider says of a page just now; ``attempt_id`` is what the order named, or ""."""

    session_id: str
    status: CheckoutStatus
    url: str
    amount_minor: int
    currency: str
    attempt_id: str
    payment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEvent:
    """An event's envelope.

    ``subject_id`` is the checkout, payment, refund, dispute or payout it is about, as the provider calls
    it; for anything else the payment behind it, or "".
    """

    event_id: str
    type: str
    subject_id: str
    raw: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupOrder:
    """A page where a card is saved for later."""

    key: str
    mandate_id: str
    currency: str
    locale: str
    success_url: str  # may contain {CHECKOUT_SESSION_ID}
    cancel_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupTold:
    """How such a page stands; ``method_id`` is "" until a card is saved, ``mandate_id`` our name for it."""

    session_id: str
    mandate_id: str
    url: str
    customer_id: str
    method_id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOrder:
    """A saved card to be charged; equal orders under one key charge once."""

    key: str
    attempt_id: str
    amount_minor: int
    currency: str
    title: str
    customer_id: str
    method_id: str


class RefundStatus(Enum):
    """How a refund stands at the provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class DisputeStatus(Enum):
    """How a dispute stands at the provider."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"  # an inquiry that came to nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """A part of a payment to be given back; equal orders under one key give back once."""

    key: str
    refund_id: str
    payment_id: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTold:
    """A refund as the provider tells it; ``refund_id`` is our name for it, "" where somebody else made it."""

    provider_refund_id: str
    status: RefundStatus
    amount_minor: int
    currency: str
    payment_id: str
    attempt_id: str
    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeTold:
    """A dispute as the provider tells it; ``withdrawn_minor`` is what the bank holds of it now."""

    dispute_id: str
    status: DisputeStatus
    amount_minor: int
    withdrawn_minor: int
    currency: str
    reason: str
    payment_id: str
    attempt_id: str
    opened_at: datetime
    answer_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementTold:
    """One line of the provider's account, fee apart; ``payment_id`` is "" where it is about no payment."""

    movement_id: str
    kind: str
    source_id: str
    payment_id: str
    amount_minor: int
    fee_minor: int
    currency: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutTold:
    """Money sent to the bank; ``has_failed`` where the bank sent it back."""

    payout_id: str
    amount_minor: int
    currency: str
    arrives_on: date
    has_failed: bool


class ProviderError(Exception):
    """The provider did not do what it was asked."""


class ProviderUnavailableError(ProviderError):
    """No answer, or "try again": whether it acted is unknown, so ask again with the same key."""


class ProviderRefusedError(ProviderError):
    """A final no: asking the same again gives the same answer."""


class PaymentProvider(Protocol):
    """Whoever hosts the checkout page.

    Every method raises ProviderUnavailableError or ProviderRefusedError.
    """

    name: str

    def start(self, order: CheckoutOrder) -> Checkout:
        """Open a page for the order, or return the one this key has opened before."""
        ...

    def fetch(self, session_id: str) -> Checkout:
        """How the page stands now."""
        ...

    def expire(self, session_id: str) -> Checkout:
        """Close the page if nobody has paid it yet, and say how it stands then."""
        ...

    def start_setup(self, order: SetupOrder) -> SetupTold:
        """Open a page where a card is saved."""
        ...

    def fetch_setup(self, session_id: str) -> SetupTold:
        """How that page stands now."""
        ...

    def charge(self, order: ChargeOrder) -> Checkout:
        """Charge a saved card; a card that is turned down is an answer. Its payment stands for the page."""
        ...

    def find_charge(self, order: ChargeOrder) -> Checkout | None:
        """The charge made for this order, however long ago; None where there is none."""
        ...

    def forget_method(self, method_id: str) -> None:
        """Let go of a saved card."""
        ...

    def refund(self, order: RefundOrder) -> RefundTold:
        """Give money back, or say what became of it under this key before."""
        ...

    def find_refund(self, order: RefundOrder) -> RefundTold | None:
        """The refund made for this order, however long ago; None where there is none."""
        ...

    def fetch_refund(self, provider_refund_id: str) -> RefundTold:
        """How a refund stands now."""
        ...

    def fetch_dispute(self, dispute_id: str) -> DisputeTold:
        """How a dispute stands now."""
        ...

    def fetch_payout(self, payout_id: str) -> PayoutTold:
        """How a payout stands now."""
        ...

    def movements_of(self, payout_id: str) -> list[str]:
        """Names of the movements a payout sent to the bank."""
        ...

    def movements_after(self, movement_id: str) -> list[MovementTold]:
        """What moved since, oldest first, a page at most; from the beginning where the name is ""."""
        ...

    def events_after(self, event_id: str) -> list[InboundEvent]:
        """What happened since, oldest first, a page at most; from the beginning where the name is ""."""
        ...
