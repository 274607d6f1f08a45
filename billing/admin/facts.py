"""What bills have to know of homes, entered by clerks; the history of each page says who did it."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline

from billing.models import BilledArea, ServiceFailure, SubscribedPower, Suspension, TaxCategory, TaxRate


class _OfHomeAdmin(ModelAdmin):
    """A dated fact of one home."""

    list_select_related = ("household__building",)
    search_fields = ("household__customer_number", "household__label", "household__building__name")
    autocomplete_fields = ("household",)
    ordering = ("-starts_on",)


@admin.register(SubscribedPower)
class SubscribedPowerAdmin(_OfHomeAdmin):
    """The power a home's fee is charged by."""

    list_display = ("household", "power_kw", "source", "starts_on", "ends_on")
    list_filter = ("source",)


@admin.register(BilledArea)
class BilledAreaAdmin(_OfHomeAdmin):
    """Areas that were corrected, and rooms higher than the tariff's."""

    list_display = ("household", "floor_area_m2", "factor", "starts_on", "ends_on")


@admin.register(ServiceFailure)
class ServiceFailureAdmin(_OfHomeAdmin):
    """Days whose fee comes back."""

    list_display = ("household", "cause", "ratio", "starts_on", "ends_on")
    list_filter = ("cause",)


@admin.register(Suspension)
class SuspensionAdmin(ModelAdmin):
    """Days without heat by agreement."""

    list_display = ("contract", "starts_on", "ends_on", "agreed_on")
    list_select_related = ("contract__household__building",)
    search_fields = ("contract__customer_name", "contract__household__customer_number")
    autocomplete_fields = ("contract",)
    ordering = ("-starts_on",)


class RateInline(TabularInline):
    """The category's rates."""

    model = TaxRate
    fields = ("starts_on", "ends_on", "rate")
    extra = 0
    verbose_name = _("rate")


@admin.register(TaxCategory)
class TaxCategoryAdmin(ModelAdmin):
    """Supplies taxed alike, with their rates by date."""

    list_display = ("name",)
    search_fields = ("name",)
    inlines = (RateInline,)
