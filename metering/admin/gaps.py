from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from accounts.admin.rights import ReadOnly
from metering.models import ReadingGap


@admin.register(ReadingGap)
class ReadingGapAdmin(ReadOnly, ModelAdmin):
    """What meters must have said and nobody heard; found and asked for every hour by the worker."""

    list_display = ("device", "starts_at", "ends_at", "kind", "missing", "state", "tries", "asked_at")
    list_filter = ("state", "kind")
    list_select_related = ("device",)
    search_fields = ("device__serial", "device__identity")
    ordering = ("-starts_at",)
