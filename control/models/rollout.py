from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Substation
from accounts.period import DatedModel, ends_after_start, no_overlap
from accounts.scope import TenantModel
from control.enums import FactorKind


class RolloutStage(TenantModel):
    """When a station is to be steered; a station without a day is left as it is, to be compared with."""

    substation = models.OneToOneField(Substation, on_delete=models.CASCADE, related_name="rollout")
    starts_on = models.DateField(
        _("steered from"), null=True, blank=True, help_text=_("Empty: a station to compare with.")
    )
    # The first day of heat that the saving is measured against.
    baseline_from = models.DateField(_("baseline from"))
    switched_at = models.DateTimeField(_("switched"), null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("roll-out")
        verbose_name_plural = _("roll-out")
        constraints = [
            models.CheckConstraint(
                name="control_rollout_baseline_comes_first",
                condition=Q(starts_on__isnull=True) | Q(starts_on__gt=models.F("baseline_from")),
                violation_error_message=_("The baseline begins before the station is steered."),
            ),
            models.CheckConstraint(
                name="control_rollout_only_steered_ones_switch",
                condition=Q(switched_at__isnull=True) | Q(starts_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        """The station and its day."""
        return f"{self.substation}: {self.starts_on or '-'}"


class EnergyFactor(TenantModel, DatedModel):
    """What a unit of energy stands for, from when to when, and who says so."""

    kind = models.CharField(_("factor"), max_length=16, choices=FactorKind.choices)
    value = models.DecimalField(_("value"), max_digits=12, decimal_places=6)
    source = models.CharField(_("source"), max_length=300)

    class Meta(TenantModel.Meta):
        verbose_name = _("energy factor")
        verbose_name_plural = _("energy factors")
        constraints = [
            ends_after_start("control_factor_ends_after_start", kind=DatedModel),
            no_overlap("control_factor_no_overlap", "utility", "kind", kind=DatedModel),
            models.CheckConstraint(
                name="control_factor_is_sourced", condition=Q(value__gt=0) & ~Q(source="")
            ),
        ]

    def __str__(self) -> str:
        """The figure with its unit."""
        return f"{self.value.normalize():f} {self.get_kind_display()}"
