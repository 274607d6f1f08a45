from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from billing.models import DegreeDays, FuelMix, Letterhead


@admin.register(Letterhead)
class LetterheadAdmin(ModelAdmin):
    """Who sells, as printed on every document from now on."""

    list_display = ("legal_name", "city", "country_code", "bank_account")


@admin.register(FuelMix)
class FuelMixAdmin(ModelAdmin):
    """What the heat is made of."""

    list_display = ("starts_on", "ends_on", "co2_g_per_kwh", "renewable_pct", "source")
    ordering = ("-starts_on",)


@admin.register(DegreeDays)
class DegreeDaysAdmin(ModelAdmin):
    """How cold the months were."""

    list_display = ("month", "kelvin_days")
    ordering = ("-month",)
