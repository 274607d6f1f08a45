"""Homes by their bills and payments."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from billing.models import BankMatch, Invoice, PaymentAttempt
from billing.references import numbers_in

# How many digits of a bill's number stand behind its hyphen.
_COUNTED: Final = 6


def homes_billed_by(word: str) -> list[QuerySet[Any, Any]]:
    """The keys of homes with a bill that ``word`` is the number of, or a payment that it names."""
    found: list[QuerySet[Any, Any]] = [
        Invoice.objects.filter(number=word.upper()).values_list("household"),
        PaymentAttempt.objects.filter(provider_payment_id=word).values_list("invoice__household"),
        PaymentAttempt.objects.filter(provider_session_id=word).values_list("invoice__household"),
        BankMatch.objects.filter(line__line_id=word).values_list("invoice__household"),
    ]
    key = _uuid(word.removeprefix("payment-"))
    if key is not None:
        found.append(PaymentAttempt.objects.filter(pk=key).values_list("invoice__household"))
    return found


def homes_of_reference(text: str) -> QuerySet[Any, Any] | None:
    """The keys of homes whose bill a payment reference in ``text`` names; None where it has none."""
    numbers = [f"{body[:-_COUNTED]}-{body[-_COUNTED:]}" for body in numbers_in(text)]
    return Invoice.objects.filter(number__in=numbers).values_list("household") if numbers else None


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
