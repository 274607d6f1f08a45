from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Building, Household
from accounts.scope import TenantModel
from control.enums import Mode


class ValveControl(TenantModel):
    """How the valve before one building or one flat is balanced: mode, limits, what is known of it."""

    building = models.OneToOneField(
        Building,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="valve",
        verbose_name=_("building"),
    )
    household = models.OneToOneField(
        Household,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="valve",
        verbose_name=_("flat"),
    )
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices, default=Mode.SHADOW)
    # As somebody read it at take-over; from then on as the valve itself confirmed.
    position_pct = models.FloatField(_("position, %"), default=100.0)
    least_pct = models.FloatField(_("lowest position, %"), default=15.0)
    most_pct = models.FloatField(_("highest position, %"), default=100.0)
    rest = models.FloatField(
        _("resistance of the rest of the branch"),
        default=1.0,
        help_text=_("In that of the open valve; 1 where nobody knows. A wrong guess costs a step, no more."),
    )
    balanced_at = models.DateTimeField(_("last looked at"), null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = _("valve")
        verbose_name_plural = _("valves")
        constraints = [
            models.CheckConstraint(
                name="control_valve_one_place",
                condition=Q(building__isnull=False, household=None)
                | Q(building=None, household__isnull=False),
                violation_error_message=_("A valve sits before one building or before one flat."),
            ),
            models.CheckConstraint(name="control_valve_known_mode", condition=Q(mode__in=Mode.values)),
            models.CheckConstraint(
                name="control_valve_sane_limits",
                condition=Q(least_pct__gte=0, most_pct__lte=100, most_pct__gt=F("least_pct"))
                & Q(position_pct__gte=0, position_pct__lte=100),
                violation_error_message=_(
                    "The lowest position lies under the highest, all of them from 0 to 100."
                ),
            ),
            models.CheckConstraint(name="control_valve_sane_rest", condition=Q(rest__gt=0, rest__lte=10_000)),
        ]

    def __str__(self) -> str:
        """Where it sits."""
        return str(self.building or self.household)
