"""What the domain asks of a payment provider, in the domain's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


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

    ``subject_id`` is the checkout session or the payment it is about, "" where it is about neither.
    """

    event_id: str
    type: str
    subject_id: str
    raw: str


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
