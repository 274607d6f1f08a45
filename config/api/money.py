"""Money on the wire: decimal strings with their currency, never floats."""

from __future__ import annotations

from decimal import Decimal
from typing import TypedDict

from rest_framework import serializers


class Money(TypedDict):
    """An amount as people write it."""

    amount: str
    currency: str


def money(minor: int, currency: str, *, digits: int = 2) -> Money:
    """``minor`` units (fen, cent, öre) as a decimal string: 12345 is "123.45"."""
    return Money(amount=str(Decimal(minor).scaleb(-digits)), currency=currency)


class MoneySerializer(serializers.Serializer[Money]):
    """The schema of :class:`Money`."""

    amount = serializers.CharField(help_text="A decimal string, such as 123.45.")
    currency = serializers.CharField(help_text="ISO 4217, such as CNY.")
