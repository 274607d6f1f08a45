from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import Emitter, Orientation
from accounts.scope import TenantModel


class HeatSource(TenantModel):
    """A plant or boiler house that feeds substations."""

    name = models.CharField(_("name"), max_length=120)

    class Meta(TenantModel.Meta):
        verbose_name = _("heat source")
        verbose_name_plural = _("heat sources")
        constraints = [
            models.UniqueConstraint(fields=["utility", "name"], name="accounts_heatsource_unique_name")
        ]

    def __str__(self) -> str:
        """The source's name."""
        return self.name


class Substation(TenantModel):
    """A heat-exchanger station: primary network on one side, buildings on the other."""

    source = models.ForeignKey(HeatSource, on_delete=models.PROTECT, related_name="substations")
    name = models.CharField(_("name"), max_length=120)
    emitter = models.CharField(_("emitter"), max_length=16, choices=Emitter.choices, default=Emitter.RADIATOR)
    latitude_deg = models.DecimalField(_("latitude"), max_digits=8, decimal_places=5)
    longitude_deg = models.DecimalField(_("longitude"), max_digits=8, decimal_places=5)

    class Meta(TenantModel.Meta):
        verbose_name = _("substation")
        verbose_name_plural = _("substations")
        constraints = [
            models.UniqueConstraint(fields=["utility", "name"], name="accounts_substation_unique_name"),
            models.CheckConstraint(
                name="accounts_substation_on_earth",
                condition=Q(
                    latitude_deg__gte=-90,
                    latitude_deg__lte=90,
                    longitude_deg__gte=-180,
                    longitude_deg__lte=180,
                ),
            ),
        ]

    def __str__(self) -> str:
        """The station's name."""
        return self.name


class Building(TenantModel):
    """A building on one substation's secondary network."""

    substation = models.ForeignKey(Substation, on_delete=models.PROTECT, related_name="buildings")
    name = models.CharField(_("name"), max_length=120)
    address = models.CharField(_("address"), max_length=240)
    storeys = models.PositiveSmallIntegerField(_("storeys"))

    class Meta(TenantModel.Meta):
        verbose_name = _("building")
        verbose_name_plural = _("buildings")
        constraints = [
            models.UniqueConstraint(fields=["utility", "name"], name="accounts_building_unique_name"),
            models.CheckConstraint(name="accounts_building_has_storeys", condition=Q(storeys__gte=1)),
        ]

    def __str__(self) -> str:
        """The building's name."""
        return self.name


class Household(TenantModel):
    """A home: the unit that is heated, metered, asked and billed."""

    building = models.ForeignKey(Building, on_delete=models.PROTECT, related_name="households")
    # What stands on the bill and on the customer's card.
    customer_number = models.CharField(_("customer number"), max_length=32)
    label = models.CharField(_("flat"), max_length=64)
    floor_area_m2 = models.DecimalField(_("floor area, m²"), max_digits=8, decimal_places=2)
    storey = models.SmallIntegerField(_("storey"))
    orientation = models.CharField(_("orientation"), max_length=8, choices=Orientation.choices)
    emitter = models.CharField(_("emitter"), max_length=16, choices=Emitter.choices, default=Emitter.RADIATOR)

    class Meta(TenantModel.Meta):
        verbose_name = _("household")
        verbose_name_plural = _("households")
        constraints = [
            models.UniqueConstraint(
                fields=["utility", "customer_number"], name="accounts_household_unique_customer_number"
            ),
            models.UniqueConstraint(fields=["building", "label"], name="accounts_household_unique_label"),
            models.CheckConstraint(name="accounts_household_has_area", condition=Q(floor_area_m2__gt=0)),
        ]

    def __str__(self) -> str:
        """The flat within its building."""
        return f"{self.building} {self.label}"
