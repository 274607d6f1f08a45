"""Pages of rows that nobody makes, edits or deletes by hand."""

from __future__ import annotations

from django.db.models import Model
from django.http import HttpRequest


class ReadOnly:
    """What a page to look at refuses."""

    def has_add_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """Residents and processes make these rows."""
        return False

    def has_change_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """They are what happened."""
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        """As above."""
        return False
