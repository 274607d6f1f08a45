"""Pages of rows that nobody makes, edits or deletes by hand."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.admin.rights import ReadOnly
from accounts.enums import MINOR_DIGITS, Currency
from billing.rating.lines import amount


class ReadOnlyAdmin(ReadOnly, ModelAdmin):
    """A list and a page to look at."""


class ReadOnlyInline(ReadOnly, TabularInline):
    """Rows to look at beneath another."""

    extra = 0
    show_change_link = False

    def get_extra(self, _request: HttpRequest, _obj: Model | None = None, **_options: Any) -> int:  # noqa: ANN401 - Django's signature
        return 0


def money_text(minor: int, currency: str) -> str:
    """Minor units as people write them, with their currency."""
    return amount(minor, currency, MINOR_DIGITS[Currency(currency)])
