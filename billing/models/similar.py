from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel


class SimilarMonth(TenantModel):
    """A month whose heat was compared among homes, once and for all: late readings change no group."""

    month = models.DateField(_("month"))
    homes = models.PositiveIntegerField(_("homes counted"))
    published_at = models.DateTimeField(_("published"))

    class Meta(TenantModel.Meta):
        verbose_name = _("month of similar homes")
        verbose_name_plural = _("months of similar homes")
        constraints = [
            models.UniqueConstraint(fields=["utility", "month"], name="billing_similarmonth_once"),
            models.CheckConstraint(name="billing_similarmonth_first_day", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        """The month."""
        return f"{self.month:%Y-%m}"


class SimilarGroup(TenantModel):
    """What homes alike used in a month, a m²; the database keeps no group of fewer than eleven."""

    month = models.ForeignKey(SimilarMonth, on_delete=models.CASCADE, related_name="groups")
    # As `billing.neighbours` names groups: class, size and floor, or the first of these alone.
    key = models.CharField(max_length=40)
    homes = models.PositiveIntegerField(_("homes"))
    lower_wh_m2 = models.PositiveIntegerField(_("lower quarter, Wh/m²"))
    median_wh_m2 = models.PositiveIntegerField(_("median, Wh/m²"))
    upper_wh_m2 = models.PositiveIntegerField(_("upper quarter, Wh/m²"))

    class Meta(TenantModel.Meta):
        verbose_name = _("group of similar homes")
        verbose_name_plural = _("groups of similar homes")
        constraints = [
            models.UniqueConstraint(fields=["month", "key"], name="billing_similargroup_once"),
            models.CheckConstraint(name="billing_similargroup_tells_of_nobody", condition=Q(homes__gt=10)),
            models.CheckConstraint(
                name="billing_similargroup_in_order",
                condition=Q(lower_wh_m2__lte=F("median_wh_m2"), upper_wh_m2__gte=F("median_wh_m2")),
            ),
        ]

    def __str__(self) -> str:
        """Who is in it."""
        return self.key
