from __future__ import annotations

from django.contrib import admin
from unfold.admin import ModelAdmin

from accounts.admin.people import ContractInline, MembershipInline
from accounts.models import Building, HeatSource, Household, Substation


@admin.register(HeatSource)
class HeatSourceAdmin(ModelAdmin):
    """Plants and boiler houses."""

    list_display = ("name",)
    search_fields = ("name",)


@admin.register(Substation)
class SubstationAdmin(ModelAdmin):
    """Heat-exchanger stations."""

    list_display = ("name", "source", "emitter")
    list_filter = ("emitter",)
    list_select_related = ("source",)
    search_fields = ("name",)


@admin.register(Building)
class BuildingAdmin(ModelAdmin):
    """Buildings on the secondary networks."""

    list_display = ("name", "address", "substation", "storeys")
    list_filter = ("substation",)
    list_select_related = ("substation",)
    search_fields = ("name", "address")


@admin.register(Household)
class HouseholdAdmin(ModelAdmin):
    """Homes, with who lives there and who pays."""

    list_display = ("customer_number", "label", "building", "floor_area_m2", "storey", "emitter")
    list_filter = ("building", "emitter", "orientation")
    list_select_related = ("building",)
    search_fields = ("customer_number", "label", "building__name", "building__address")
    autocomplete_fields = ("building",)
    inlines = (ContractInline, MembershipInline)
