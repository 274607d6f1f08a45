"""Money on the wire: decimal strings with their currency, never floats."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypedDict

from django.utils import formats
from rest_framework import serializers

# Currencies known by their sign; the others are written with their code.
SIGNS: Final = {"CNY": "¥", "EUR": "€"}


class Money(TypedDict):
    """An amount as people write it."""

    amount: str
    currency: str


def money(minor: int, currency: str, *, digits: int = 2) -> Money:
    """``minor`` units (fen, cent, öre) as a decimal string: 12345 is "123.45"."""
    return Money(amount=str(Decimal(minor).scaleb(-digits)), currency=currency)


def money_text(minor: int, currency: str, *, digits: int = 2) -> str:
    """``minor`` units as people write them in the language in force: ¥1,234.50 or 1,234.50 DKK."""
    amount = formats.number_format(Decimal(minor).scaleb(-digits), force_grouping=True)
    sign = SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{amount} {currency}"


class MoneySerializer(serializers.Serializer[Money]):
    """The schema of :class:`Money`."""

    amount = serializers.CharField(help_text="A decimal string, such as 123.45.")
    currency = serializers.CharField(help_text="ISO 4217, such as CNY.")
