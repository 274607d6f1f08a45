"""Pages of rows that nobody makes, edits or deletes by hand."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from accounts.enums import MINOR_DIGITS, Currency
from billing.rating.lines import amount


class _ReadOnly:
    """What both kinds of page refuse."""

    # Operations make these rows, triggers refuse to change them: a button would only lead to an error.

    def has_add_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(_ReadOnly, ModelAdmin):
    """A list and a page to look at."""


class ReadOnlyInline(_ReadOnly, TabularInline):
    """Rows to look at beneath another."""

    extra = 0
    show_change_link = False

    def get_extra(self, _request: HttpRequest, _obj: Model | None = None, **_options: Any) -> int:  # noqa: ANN401 - Django's signature
        return 0


def money_text(minor: int, currency: str) -> str:
    """Minor units as people write them, with their currency."""
    return amount(minor, currency, MINOR_DIGITS[Currency(currency)])
