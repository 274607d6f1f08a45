from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from comfort.models import Room


@admin.register(Room)
class RoomAdmin(ModelAdmin):
    """The rooms of the homes and the sensors in them."""

    list_display = ("name", "household", "sensor", "position")
    list_select_related = ("household__building", "sensor")
    search_fields = ("name", "household__customer_number", "household__label", "sensor__serial")
    autocomplete_fields = ("household", "sensor")
    ordering = ("household", "position", "pk")
