"""What a bill has to know of a home beside its contract and meters, each with the days it holds."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Contract, Household
from accounts.period import DatedModel, ends_after_start, no_overlap
from accounts.scope import TenantModel
from billing.enums import FailureCause, PowerSource


class SubscribedPower(TenantModel, DatedModel):
    """The power a home's fee is charged by, and where the figure comes from."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="subscribed_powers")
    power_kw = models.DecimalField(_("power, kW"), max_digits=10, decimal_places=3)
    source = models.CharField(
        _("source"), max_length=12, choices=PowerSource.choices, default=PowerSource.AGREED
    )
    note = models.CharField(_("note"), max_length=240, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("subscribed power")
        verbose_name_plural = _("subscribed powers")
        constraints = [
            ends_after_start("billing_power_ends_after_start", kind=DatedModel),
            no_overlap("billing_power_no_overlap", "household", kind=DatedModel),
            models.CheckConstraint(name="billing_power_above_zero", condition=Q(power_kw__gt=0)),
        ]

    def __str__(self) -> str:
        """The power and since when."""
        return f"{self.power_kw} kW, {self.starts_on}"


class BilledArea(TenantModel, DatedModel):
    """The floor area a home is billed by where it is not the household's: corrected, or high rooms.

    Billed is area × factor; a factor above one is that of rooms higher than the tariff's.
    """

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="billed_areas")
    floor_area_m2 = models.DecimalField(_("floor area, m²"), max_digits=8, decimal_places=2)
    factor = models.DecimalField(_("height factor"), max_digits=6, decimal_places=4, default=1)
    note = models.CharField(_("note"), max_length=240, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("billed area")
        verbose_name_plural = _("billed areas")
        constraints = [
            ends_after_start("billing_area_ends_after_start", kind=DatedModel),
            no_overlap("billing_area_no_overlap", "household", kind=DatedModel),
            models.CheckConstraint(
                name="billing_area_above_zero", condition=Q(floor_area_m2__gt=0, factor__gt=0)
            ),
        ]

    def __str__(self) -> str:
        """The area and since when."""
        return f"{self.floor_area_m2} m² × {self.factor}, {self.starts_on}"


class Suspension(TenantModel, DatedModel):
    """Days on which a customer has agreed to do without heat."""

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="suspensions")
    agreed_on = models.DateField(_("agreed"))
    note = models.CharField(_("note"), max_length=240, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        constraints = [
            ends_after_start("billing_suspension_ends_after_start", kind=DatedModel),
            no_overlap("billing_suspension_no_overlap", "contract", kind=DatedModel),
        ]

    def __str__(self) -> str:
        """Its first day."""
        return f"{self.contract}, {self.starts_on}"


class ServiceFailure(TenantModel, DatedModel):
    """Days on which heat was owed and not, or not fully, there; ``ratio`` of the fee comes back."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="service_failures")
    cause = models.CharField(_("cause"), max_length=12, choices=FailureCause.choices)
    ratio = models.DecimalField(_("part that comes back"), max_digits=5, decimal_places=4, default=1)
    # What was measured or reported; for a cold home the times under the minimum.
    evidence = models.JSONField(_("evidence"), default=dict, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = _("service failure")
        verbose_name_plural = _("service failures")
        constraints = [
            ends_after_start("billing_failure_ends_after_start", kind=DatedModel),
            # A day's heat comes back once.
            no_overlap("billing_failure_no_overlap", "household", kind=DatedModel),
            models.CheckConstraint(
                name="billing_failure_ratio_of_the_fee", condition=Q(ratio__gt=0, ratio__lte=1)
            ),
        ]

    def __str__(self) -> str:
        """What failed and since when."""
        return f"{self.get_cause_display()}, {self.starts_on}"
