from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Substation
from accounts.scope import TenantModel
from control.enums import Mode


class SubstationControl(TenantModel):
    """How one station is steered: its mode, its curve by the design point, its limits."""

    substation = models.OneToOneField(Substation, on_delete=models.CASCADE, related_name="control")
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices, default=Mode.SHADOW)
    # The curve goes through the design point: this supply keeps the rooms at their target in that cold.
    design_outdoor_c = models.FloatField(_("design outdoors, °C"), default=-9.0)
    design_supply_c = models.FloatField(_("design supply, °C"), default=60.0)
    # What the coldest fifth of the rooms should have; policy, not physics.
    room_target_c = models.FloatField(_("room target, °C"), default=20.5)
    shift_k = models.FloatField(_("curve shift, K"), default=0.0)
    max_supply_c = models.FloatField(_("highest supply, °C"), default=75.0)
    min_supply_c = models.FloatField(_("lowest supply, °C"), default=25.0)
    comfort_min_k = models.FloatField(_("most that votes may cool, K"), default=-1.0)
    comfort_max_k = models.FloatField(_("most that votes may warm, K"), default=1.5)

    class Meta(TenantModel.Meta):
        verbose_name = _("substation control")
        verbose_name_plural = _("substation controls")
        constraints = [
            models.CheckConstraint(name="control_substation_known_mode", condition=Q(mode__in=Mode.values)),
            models.CheckConstraint(
                name="control_substation_curve_rises",
                condition=Q(room_target_c__gt=F("design_outdoor_c"), design_supply_c__gt=F("room_target_c")),
            ),
            models.CheckConstraint(
                name="control_substation_sane_limits",
                condition=Q(min_supply_c__gte=5, max_supply_c__lte=95, max_supply_c__gt=F("min_supply_c")),
            ),
            models.CheckConstraint(
                name="control_substation_votes_are_bounded",
                condition=Q(
                    comfort_min_k__gte=-3, comfort_min_k__lte=0, comfort_max_k__gte=0, comfort_max_k__lte=3
                ),
            ),
            models.CheckConstraint(
                name="control_substation_sane_room", condition=Q(room_target_c__gte=15, room_target_c__lte=25)
            ),
        ]

    def __str__(self) -> str:
        """The station's name and mode."""
        return f"{self.substation} ({self.get_mode_display()})"


class RegulatorState(TenantModel):
    """What the regulator remembers of one station from tick to tick; nothing here is policy."""

    substation = models.OneToOneField(Substation, on_delete=models.CASCADE, related_name="regulator_state")
    at = models.DateTimeField()
    supply_c = models.FloatField(null=True)
    comfort_k = models.FloatField(default=0.0)
    integral_k = models.FloatField(default=0.0)
    room_c = models.FloatField(null=True)
    allowance_k = models.FloatField(default=0.0)
    outdoor_c = models.FloatField(null=True)
    # The figures of `control.regulator.types.Learned`, in their order; empty before anything was learned.
    learned = ArrayField(models.FloatField(), default=list)
    # The newest vote that a target has answered.
    vote = models.BigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        verbose_name = _("regulator state")
        verbose_name_plural = _("regulator states")
        constraints = [
            models.CheckConstraint(
                name="control_state_integral_bounded", condition=Q(integral_k__gte=-8, integral_k__lte=8)
            ),
        ]

    def __str__(self) -> str:
        """The last setpoint."""
        return f"{self.supply_c} °C"
