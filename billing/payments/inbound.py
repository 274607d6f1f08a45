"""What a provider sends by itself: verified against the shared secrets, then read just as far as needed."""

from __future__ import annotations

import json
from collections.abc import Sequence

import stripe

from billing.payments.provider import InboundEvent


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
        event = json.loads(raw)
        thing = event["data"]["object"]
        is_itself = thing["object"] in {"checkout.session", "payment_intent"}
        # Charges, refunds and disputes name their payment.
        subject_id = thing["id"] if is_itself else thing.get("payment_intent")
        return InboundEvent(
            event_id=str(event["id"]),
            type=str(event["type"]),
            subject_id=str(subject_id or ""),
            raw=raw,
        )
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise MalformedEventError(f"The body is no event: {error!r}") from error


def _signs(secret: str, body: bytes, signature: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, stripe.Webhook.DEFAULT_TOLERANCE)
    except (stripe.SignatureVerificationError, UnicodeDecodeError):
        return False
    return True
