from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from accounts.models import Utility


@admin.register(Utility)
class UtilityAdmin(ModelAdmin):
    """The tenants; superusers add them."""

    list_display = ("name", "slug", "currency", "time_zone", "locale", "minimum_room_c")
    search_fields = ("name", "slug")
