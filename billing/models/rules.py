from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.scope import TenantModel


class PaymentRules(TenantModel):
    """What a utility decided about money: limits for its clerks and its customers."""

    refund_alone_up_to_minor = models.BigIntegerField(
        _("refund without a second person, up to"), default=50_000, help_text=_("In the smallest coin.")
    )
    plan_instalments_resident = models.PositiveSmallIntegerField(
        _("instalments a resident may choose"), default=6
    )
    plan_instalments_clerk = models.PositiveSmallIntegerField(_("instalments a clerk may agree"), default=12)
    plan_least_minor = models.BigIntegerField(_("least instalment"), default=10_000)
    plan_grace_days = models.PositiveSmallIntegerField(_("days an instalment may be late"), default=5)

    class Meta(TenantModel.Meta):
        verbose_name = _("payment rules")
        verbose_name_plural = _("payment rules")
        constraints = [
            models.UniqueConstraint(fields=["utility"], name="billing_rules_one_a_utility"),
            models.CheckConstraint(
                name="billing_rules_make_sense",
                condition=Q(refund_alone_up_to_minor__gte=0, plan_least_minor__gt=0)
                & Q(plan_instalments_resident__gte=2)
                & Q(plan_instalments_clerk__gte=models.F("plan_instalments_resident")),
            ),
        ]

    def __str__(self) -> str:
        """What they are."""
        return str(_("payment rules"))
