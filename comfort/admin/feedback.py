from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from accounts.admin.rights import ReadOnly
from comfort.models import Feedback


@admin.register(Feedback)
class FeedbackAdmin(ReadOnly, ModelAdmin):
    """What residents said, beside what was measured."""

    list_display = (
        "given_at",
        "household",
        "sensation",
        "room_temperature_c",
        "outdoor_c",
        "supply_c",
        "comment",
    )
    list_filter = ("sensation", "given_at", "household__building__substation")
    list_select_related = ("household__building",)
    search_fields = ("comment", "household__customer_number", "household__label")
    ordering = ("-given_at", "-pk")
    exclude = ("key",)
