"""What a provider sends by itself: verified against the shared secrets, then read just as far as needed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import stripe

from billing.payments.provider import InboundEvent

# What is looked up by its own name.
SUBJECTS: Final = frozenset({"checkout.session", "payment_intent", "refund", "dispute", "payout"})


class UntrustedEventError(ValueError):
    """The signature is missing, stale or not ours; nothing of the body may be believed."""


class MalformedEventError(ValueError):
    """The signature is right, and the body is no event."""


def verified(body: bytes, *, signature: str, secrets: Sequence[str]) -> InboundEvent:
    """Read an event that any of the secrets signs; there are two while a secret is rotated.

    Raises:
        UntrustedEventError: none of the secrets made this signature for this body in the last minutes.
        MalformedEventError: it is signed, and no event.
    """
    if not any(_signs(secret, body, signature) for secret in secrets if secret):
        raise UntrustedEventError("The signature fits none of the webhook secrets.")
    raw = body.decode()
    try:
        return envelope(json.loads(raw), raw=raw)
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise MalformedEventError(f"The body is no event: {error!r}") from error


def envelope(event: Mapping[str, Any], *, raw: str) -> InboundEvent:
    """What an event says it is about; sent to us or found in the provider's list, it is read alike."""
    thing = event["data"]["object"]
    # A charge names its payment.
    subject_id = thing["id"] if thing["object"] in SUBJECTS else thing.get("payment_intent")
    return InboundEvent(
        event_id=str(event["id"]), type=str(event["type"]), subject_id=str(subject_id or ""), raw=raw
    )


def _signs(secret: str, body: bytes, signature: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True
