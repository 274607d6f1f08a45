from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.enums import CustomerClass
from accounts.period import DatedModel, ends_after_start, no_overlap
from accounts.scope import TenantModel
from billing.enums import (
    BANDINGS,
    COMPONENT_KINDS,
    DURINGS,
    EDGES_OF,
    PERS,
    ROUNDINGS,
    SETTLEMENTS,
    SURPLUSES,
    TAX_BASES,
    UNITS,
    TariffState,
)
from billing.terms import (
    BY_AREA,
    ENERGY_UNITS,
    INCENTIVES,
    TIMED,
    Banding,
    During,
    EdgeOf,
    Per,
    Rounding,
    Settlement,
    Surplus,
    TaxBasis,
)


def _values(members: Iterable[StrEnum]) -> list[str]:
    """Plain strings, so that migrations need nothing of this app."""
    return [member.value for member in members]


class HeatingSeason(TenantModel, DatedModel):
    """The days on which a utility heats; decreed each year, so rows and not a rule."""

    class Meta(TenantModel.Meta):
        verbose_name = _("heating season")
        verbose_name_plural = _("heating seasons")
        constraints = [
            ends_after_start("billing_season_ends_after_start", kind=DatedModel),
            models.CheckConstraint(
                name="billing_season_has_an_end",
                condition=Q(ends_on__isnull=False),
                violation_error_message=_("A season needs its end: prices are shared out over its days."),
            ),
            no_overlap("billing_season_no_overlap", "utility", kind=DatedModel),
        ]

    def __str__(self) -> str:
        """Its first day and the day after its last."""
        return f"{self.starts_on} - {self.ends_on}"


class TariffPlan(TenantModel):
    """The tariff of one class of customers, through all its versions."""

    name = models.CharField(_("name"), max_length=120)
    customer_class = models.CharField(_("class"), max_length=16, choices=CustomerClass.choices)

    class Meta(TenantModel.Meta):
        verbose_name = _("tariff plan")
        verbose_name_plural = _("tariff plans")
        constraints = [
            models.UniqueConstraint(
                fields=["utility", "customer_class"], name="billing_plan_one_for_each_class"
            )
        ]

    def __str__(self) -> str:
        """The plan's name."""
        return self.name


class TariffVersion(TenantModel, DatedModel):
    """The prices of a plan for some days. Active versions never overlap and never change."""

    plan = models.ForeignKey(TariffPlan, on_delete=models.PROTECT, related_name="versions")
    state = models.CharField(
        _("state"), max_length=8, choices=TariffState.choices, default=TariffState.DRAFT, editable=False
    )
    # The words printed on the bill: the decree or price list this version comes from.
    text = models.TextField(_("tariff text"), blank=True)
    payment_days = models.PositiveSmallIntegerField(_("days to pay"), default=30)
    rounding = models.CharField(
        _("rounding"), max_length=12, choices=ROUNDINGS, default=Rounding.HALF_UP.value
    )
    settlement = models.CharField(
        _("settlement"), max_length=12, choices=SETTLEMENTS, default=Settlement.METERED.value
    )
    surplus = models.CharField(_("surplus"), max_length=12, choices=SURPLUSES, default=Surplus.REFUND.value)

    class Meta(TenantModel.Meta):
        verbose_name = _("tariff version")
        verbose_name_plural = _("tariff versions")
        constraints = [
            ends_after_start("billing_version_ends_after_start", kind=DatedModel),
            no_overlap(
                "billing_version_no_overlap",
                "plan",
                kind=DatedModel,
                condition=Q(state=TariffState.ACTIVE),
            ),
            models.CheckConstraint(
                name="billing_version_known_rounding", condition=Q(rounding__in=_values(Rounding))
            ),
            models.CheckConstraint(
                name="billing_version_known_settlement",
                condition=Q(settlement__in=_values(Settlement), surplus__in=_values(Surplus)),
            ),
        ]

    def __str__(self) -> str:
        """The plan and since when."""
        return f"{self.plan}, {self.starts_on}"

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """As ever, but with the state: the overlap's condition asks for it, and no form carries it."""
        super().validate_constraints(exclude=set(exclude or ()) - {"state"})


class TaxCategory(TenantModel):
    """A kind of supply that is taxed alike; its rate is a matter of dates."""

    name = models.CharField(_("name"), max_length=120)

    class Meta(TenantModel.Meta):
        verbose_name = _("tax category")
        verbose_name_plural = _("tax categories")
        constraints = [
            models.UniqueConstraint(fields=["utility", "name"], name="billing_taxcategory_unique_name")
        ]

    def __str__(self) -> str:
        """The category's name."""
        return self.name


class TaxRate(TenantModel, DatedModel):
    """A category's rate on some days; a bill across a change of it has lines before and after."""

    category = models.ForeignKey(TaxCategory, on_delete=models.PROTECT, related_name="rates")
    rate = models.DecimalField(_("rate"), max_digits=5, decimal_places=4)

    class Meta(TenantModel.Meta):
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        constraints = [
            ends_after_start("billing_taxrate_ends_after_start", kind=DatedModel),
            no_overlap("billing_taxrate_no_overlap", "category", kind=DatedModel),
            models.CheckConstraint(name="billing_taxrate_in_range", condition=Q(rate__gte=0, rate__lt=1)),
        ]

    def __str__(self) -> str:
        """The rate and since when."""
        return f"{self.rate:%}, {self.starts_on}"


class TariffComponent(TenantModel):
    """One price of a version: one authoritative unit, one time basis, one tax rate and basis."""

    version = models.ForeignKey(TariffVersion, on_delete=models.CASCADE, related_name="components")
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=COMPONENT_KINDS)
    unit = models.CharField(_("unit"), max_length=4, choices=UNITS)
    per = models.CharField(_("per"), max_length=8, choices=PERS)
    # In major units of the currency, in the tax basis.
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=6)
    tax_rate = models.DecimalField(_("tax rate"), max_digits=5, decimal_places=4, default=0)
    # Where it is given, the rate of the day is the category's and the one above is for who reads the tariff.
    tax_category = models.ForeignKey(
        TaxCategory,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("tax category"),
    )
    tax_basis = models.CharField(_("tax basis"), max_length=8, choices=TAX_BASES, default=TaxBasis.NET.value)
    offset = models.DecimalField(_("offset"), max_digits=14, decimal_places=6, default=0)
    factor = models.DecimalField(_("factor"), max_digits=9, decimal_places=6, default=1)
    # A band: quantities above this and up to that; nothing else is charged by this component.
    above = models.DecimalField(_("above"), max_digits=12, decimal_places=3, default=0)
    up_to = models.DecimalField(_("up to"), max_digits=12, decimal_places=3, null=True, blank=True)
    banding = models.CharField(_("band"), max_length=8, choices=BANDINGS, default=Banding.CHOOSE.value)
    # The edges of a slice are so many units each home or m², for the bill or for a season, year or month.
    edge_of = models.CharField(_("edges of"), max_length=8, choices=EDGES_OF, default=EdgeOf.HOME.value)
    edge_per = models.CharField(_("edges per"), max_length=8, choices=PERS, default=Per.QUANTITY.value)
    months = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("months"),
        default=list,
        blank=True,
        help_text=_("1 to 12, separated by commas; empty for the whole year"),
    )
    during = models.CharField(_("during"), max_length=12, choices=DURINGS, default=During.HEATED.value)
    # The forms of billing.formulas; a line's trace has the same.
    incentive = models.JSONField(_("counting of degrees"), null=True, blank=True)
    index = models.JSONField(_("index formula"), null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("tariff component")
        verbose_name_plural = _("tariff components")
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="billing_component_position"),
            models.CheckConstraint(
                name="billing_component_price_and_tax_in_range",
                condition=Q(price__gte=0, tax_rate__gte=0, tax_rate__lt=1),
            ),
            models.CheckConstraint(
                name="billing_component_unit_fits_kind",
                condition=(
                    Q(kind="energy", unit__in=_values(ENERGY_UNITS), per="quantity")
                    | Q(kind="flow", unit="m3", per="quantity")
                    | Q(kind__in=_values(INCENTIVES), unit__in=[*_values(ENERGY_UNITS), "%"], per="quantity")
                    | Q(kind__in=_values(BY_AREA), unit="m2", per__in=_values(TIMED))
                    | Q(kind="fixed", unit="home", per__in=_values(TIMED))
                    | Q(kind="power", unit="kW", per__in=_values(TIMED))
                    | Q(kind="minimum", unit__in=["home", "m2", "kW"], per__in=_values(TIMED))
                    | Q(kind="late", unit="sum", per="day")
                ),
                violation_error_message=_(
                    "Metered heat is priced per kWh, MWh or GJ; water per m³; power per kW and a time; area "
                    "and cap per m² and a time; a standing charge per home and a time."
                ),
            ),
            models.CheckConstraint(
                name="billing_component_known_basis",
                condition=Q(tax_basis__in=_values(TaxBasis), during__in=_values(During)),
            ),
            models.CheckConstraint(
                name="billing_component_band_in_order",
                condition=Q(offset__gte=0, factor__gt=0, above__gte=0)
                & (Q(up_to__isnull=True) | Q(up_to__gt=models.F("above"))),
                violation_error_message=_("A band ends above its beginning; a factor is above zero."),
            ),
            models.CheckConstraint(
                name="billing_component_band_of_power_or_area",
                condition=Q(above=0, up_to__isnull=True)
                | Q(unit__in=["kW", "m2"])
                | Q(banding="slice", kind__in=["energy", "flow"]),
                violation_error_message=_(
                    "Only prices per kW and per m² have bands; heat and water have slices."
                ),
            ),
            models.CheckConstraint(
                name="billing_component_known_banding",
                condition=Q(
                    banding__in=_values(Banding), edge_of__in=_values(EdgeOf), edge_per__in=_values(Per)
                )
                & (Q(banding="slice") | Q(edge_of="home", edge_per="quantity")),
                violation_error_message=_("Only the edges of a slice count by m² or time."),
            ),
            models.CheckConstraint(
                name="billing_component_standby_while_suspended",
                condition=~Q(kind="standby") | Q(during="suspended"),
                violation_error_message=_("A standby fee is charged only while heating is suspended."),
            ),
            models.CheckConstraint(
                name="billing_component_months_of_a_year",
                condition=Q(months__contained_by=list(range(1, 13)))
                & (Q(months=[]) | Q(per__in=["quantity", "month", "day"])),
                violation_error_message=_("Months are 1 to 12, and no part of a price per season or year."),
            ),
            models.CheckConstraint(
                name="billing_component_degrees_where_counted",
                condition=Q(kind__in=_values(INCENTIVES), incentive__isnull=False)
                | (~Q(kind__in=_values(INCENTIVES)) & Q(incentive__isnull=True)),
                violation_error_message=_("A bonus says how its degrees are counted, and nothing else does."),
            ),
        ]

    def __str__(self) -> str:
        """The component's name."""
        return self.name
