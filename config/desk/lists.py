"""Where a model's list is, for those who may see it."""

from __future__ import annotations

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from accounts.admin.rights import is_superuser
from accounts.scope import utility_in_scope

# What can be shown with no utility chosen.
ABOVE_THE_WALL = frozenset({"accounts.Utility", "accounts.User"})


def list_address(model: str, request: HttpRequest) -> str | None:
    """The address of the list of ``app.Model``; None where the desk has none or this clerk may not see it."""
    if utility_in_scope() is None and model not in ABOVE_THE_WALL:
        return None
    rows = apps.get_model(model)
    if not admin.site.is_registered(rows) or not admin.site.get_model_admin(rows).has_view_permission(
        request
    ):
        return None
    return reverse(f"admin:{rows._meta.app_label}_{rows._meta.model_name}_changelist")


def sees_strangers(request: HttpRequest) -> bool:
    """Messages to no known utility are the superusers' business."""
    return is_superuser(request)
