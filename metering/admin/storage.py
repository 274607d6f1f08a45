"""How long a utility keeps what was measured."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from accounts.scope import utility_in_scope
from metering.models import StorageRules


@admin.register(StorageRules)
class StorageRulesAdmin(ModelAdmin):
    """One row, made once; emptied fields keep everything from then on."""

    list_display = ("__str__", "readings_days", "rooms_days", "telemetry_days", "compress_after_days")
    fields = ("readings_days", "rooms_days", "telemetry_days", "compress_after_days", "readings_kept_from")
    readonly_fields = ("readings_kept_from",)

    def has_add_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        allowed = bool(super().has_add_permission(request)) and utility_in_scope() is not None
        return allowed and not StorageRules.objects.exists()

    def has_delete_permission(self, _request: HttpRequest, _obj: Model | None = None) -> bool:
        # With the row would go since when readings are whole, and consumption cut out of pruned ones.
        return False
