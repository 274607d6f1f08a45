from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from control.models import EnergyFactor, RolloutStage


@admin.register(RolloutStage)
class RolloutStageAdmin(ModelAdmin):
    """Which station is steered from when, and which ones it is compared with."""

    list_display = ("substation", "starts_on", "baseline_from", "switched_at")
    list_select_related = ("substation",)
    autocomplete_fields = ("substation",)
    search_fields = ("substation__name",)
    readonly_fields = ("switched_at",)


@admin.register(EnergyFactor)
class EnergyFactorAdmin(ModelAdmin):
    """What a unit of heat or electricity stands for, and who says so."""

    list_display = ("kind", "value", "starts_on", "ends_on", "source")
    list_filter = ("kind",)
    ordering = ("kind", "-starts_on")
